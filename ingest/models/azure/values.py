"""How many values an option of the Azure CLI takes, as its reference lets one tell.

The reference is made from the parser and doesn't say it. What it says leaves few doubts: a switch
has the default ``False`` and no choices, a list calls itself space-separated, an option of the
generated commands admits to its shorthand syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from commands.model import Arity

Parameter = Mapping[str, object]

_TRUTH = frozenset(("false, true", "0, 1, f, false, n, no, t, true, y, yes"))
"""What options accept that are true where no value follows."""

_LIST = re.compile(
    r"space[ -](?:separated|seperated|delimited)|separated by blanks|shorthand-syntax"
    r"|multiple values"
    r"|\[\w+\] ?\[\w+\] ?\.\.\.|\A(?:the |specify )?(?:a )?list of\b|can supply a list"
    r"|\bUsage:\s+--[\w-]+ \S*[=\]]",
    re.IGNORECASE,
)

_SWITCH = re.compile(
    r"(?:flag to|only permit|show next(?:marker)?|look into sub-directories)\b", re.IGNORECASE
)
_MAY_BE_EMPTY = re.compile(r"space-separated tags:.{0,60}\buse \"\" to clear", re.IGNORECASE)
"""``tags_type`` of azure.cli.core, the one list of its own that may have nothing behind it."""

_KNOWN: Mapping[str, Arity] = {
    # azure.cli.core: added to commands of every module.
    "--acquire-policy-token": "none",
    "--add": "many",
    "--set": "many",
    "--remove": "many",
    "--yes": "none",
    "--defer": "optional",
    "--system-assigned": "optional",
    "--mi-system-assigned": "optional",
    "--user-assigned": "any",
    "--mi-user-assigned": "any",
    "--ids": "many",
    # The options of `az … connection create`: lists of key=value, and of nothing at all.
    "--customized-keys": "any",
    "--connstr-props": "any",
    "--opt-out": "many",
    "--secret": "any",
    "--secret-auto": "any",
    "--service-principal": "any",
    "--system-identity": "any",
    "--user-identity": "any",
    "--user-account": "any",
    "--workload-identity": "any",
}
"""Options whose texts don't tell. Their declarations are in azure-cli's ``azure/cli/core`` and
``command_modules/serviceconnector/_params.py``, the same for each command that has them."""

WAIVER = "--ids"
"""Resource ids replace the names and groups that they hold: the parser of az asks for either."""

_SETTLED = frozenset(
    (
        "",
        "AuthType Arguments",
        "Global Policy Arguments",
        "Parameters.identity Arguments",
        "Resource Id Arguments",
    )
)
"""Groups of the options above: another of the same name is another option."""


_BARE = re.compile(r"(?<!\S)(?P<name>--?[A-Za-z][\w-]*)(?=\s*(?:\Z|[|;&>)])|[\s\\]+--?[A-Za-z])")
"""An option with another one, or nothing, behind it. A word with a dash is no value to argparse."""


def bare(examples: Iterable[str]) -> frozenset[str]:
    """Give the options that examples of a command give no value to."""
    return frozenset(match["name"] for line in examples for match in _BARE.finditer(line))


def arity(
    names: tuple[str, ...],
    parameter: Parameter,
    command: str,
    shown: AbstractSet[str] = frozenset(),
) -> Arity:
    """Tell how many values an option takes. ``shown``: options that examples give none to."""
    told = _told(names, parameter, command)
    if told in _WITHOUT and not shown.isdisjoint(names):
        return _WITHOUT[told]
    return told


_WITHOUT: Mapping[Arity, Arity] = {"one": "optional", "many": "any"}


def _told(names: tuple[str, ...], parameter: Parameter, command: str) -> Arity:
    accepted = str(parameter.get("acceptedValues", ""))
    text = f"{parameter.get('summary', '')} {parameter.get('description', '')}"
    for name in names:
        if (known := _KNOWN.get(name)) and _is_known(name, parameter, command):
            return known
    if accepted in _TRUTH:
        return "optional"
    if parameter.get("defaultValue") == "False" and not accepted:
        return "none"
    if accepted == "" and _SWITCH.match(text):
        return "none"
    if _MAY_BE_EMPTY.search(text) and "shorthand-syntax" not in text:
        return "any"
    return "many" if _LIST.search(text) else "one"


def _is_known(name: str, parameter: Parameter, command: str) -> bool:
    group = str(parameter.get("groupName", ""))
    if name in ("--add", "--set", "--remove"):
        return group == "Generic Update Arguments"
    if name in ("--secret", "--service-principal", "--customized-keys", "--opt-out"):
        return " connection " in f" {command} "
    return group in _SETTLED or name.endswith("-user-assigned") or name == "--user-assigned"
