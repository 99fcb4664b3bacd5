"""How botocore turns the names of its models into names of the command line.

``DescribeInstances`` becomes ``describe-instances``, ``ListWebACLs`` ``list-web-acls``. The rule is
botocore's ``xform_name``; the names it has no rule for stand in a table of every release, which
:func:`exceptions` reads out of that release's own source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

_FIRST = re.compile(r"(.)([A-Z][a-z]+)")
_LAST = re.compile(r"([a-z0-9])([A-Z])")
_PLURAL = re.compile(r"[A-Z]{2,}s$")
"""Of an acronym: ``ListWebACLs``, ``SomeCNAMEs``."""


def option_name(name: str, exceptions: Mapping[str, str], separator: str = "-") -> str:
    """Turn ``InstanceIds`` into ``instance-ids``. A name with a separator is left as it is."""
    if separator in name:
        return name
    known = exceptions.get(name)
    if known is not None:
        return known.replace("-", separator)
    if plural := _PLURAL.search(name):
        acronym = plural[0]
        name = f"{name[: -len(acronym)]}{separator}{acronym.lower()}"
    spaced = _FIRST.sub(rf"\1{separator}\2", name)
    return _LAST.sub(rf"\1{separator}\2", spaced).lower()


def exceptions(source: str) -> dict[str, str]:
    """Read the table of names without a rule out of ``botocore/__init__.py``.

    Empty where there is no such table. Raises SyntaxError, ValueError and RecursionError as
    :mod:`ast` does.
    """
    table = _literal(source, "_xform_cache")
    return {
        key[0]: str(word)
        for key, word in table.items()
        if isinstance(key, tuple) and len(key) == 2 and key[1] == "-"
    }


def aliases(source: str) -> dict[str, str]:
    """Read the names of services in events that stand for others out of ``botocore/utils.py``."""
    return {str(old): str(new) for old, new in _literal(source, "EVENT_ALIASES").items()}


def _literal(source: str, name: str) -> dict[object, object]:
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        ):
            table = ast.literal_eval(statement.value)
            return table if isinstance(table, dict) else {}
    return {}


def aliased(event: str, known: Mapping[str, str]) -> str:
    """Replace the first name in ``event`` that stands for another."""
    parts = event.split(".")
    for old, new in known.items():
        words = old.split(".")
        for place in range(len(parts)):
            if parts[place : place + len(words)] == words:
                return ".".join([*parts[:place], new, *parts[place + len(words) :]])
    return event
