"""The few functions of libraries that the sources of the AWS CLI need for their tables."""

from __future__ import annotations

import posixpath
import textwrap
from collections.abc import Callable, Mapping

from ingest.models.aws.errors import library_exception
from ingest.models.aws.files import ReleaseFiles
from ingest.models.aws.models import Shape
from ingest.models.aws.names import option_name
from ingest.models.aws.values import Builtin, Instance, Module, Native, Partial, Unknown, Value

Library = Callable[[str], Value | None]


def libraries(files: ReleaseFiles) -> dict[str, Library]:
    """Give the libraries that are known, by module: each says what a name in it is."""

    def renamed(args: list[Value], named: dict[str, Value]) -> Value:
        separator = args[1] if len(args) > 1 else named.get("sep", "_")
        return option_name(str(args[0]), files.names, str(separator))

    ordered = Builtin("OrderedDict", (dict,), _dictionary)
    known: dict[str, Mapping[str, Value]] = {
        "functools": {
            "partial": Native(
                "partial", lambda args, named: Partial(args[0], tuple(args[1:]), named)
            )
        },
        "copy": {
            "copy": Native("copy", lambda args, _: _copy(args[0])),
            "deepcopy": Native("deepcopy", lambda args, _: _deep_copy(args[0])),
        },
        "collections": {"OrderedDict": ordered},
        "textwrap": {"dedent": Native("dedent", _dedent)},
        "os": {"listdir": Native("listdir", _path(lambda path: [*files.entries(path)]))},
        "os.path": {
            "join": Native("join", _join),
            "dirname": Native("dirname", _path(posixpath.dirname)),
            "basename": Native("basename", _path(posixpath.basename)),
            "abspath": Native("abspath", _path(posixpath.normpath)),
            "splitext": Native("splitext", _path(posixpath.splitext)),
            "isdir": Native("isdir", _path(lambda path: bool(files.entries(path)))),
            "isfile": Native("isfile", _path(files.has)),
            "exists": Native(
                "exists", _path(lambda path: files.has(path) or bool(files.entries(path)))
            ),
        },
        "dataclasses": {"field": Native("field", lambda *_: None)},
        "botocore": {"xform_name": Native("xform_name", renamed)},
        # Releases that ran on Python 2 as well ask which one it is.
        "six": {"PY3": True, "PY2": False},
        "botocore.compat": {
            "six": Module("six", {"PY3": True, "PY2": False}),
            "OrderedDict": ordered,
            "copy_kwargs": Native("copy", _first_copy),
        },
        "botocore.model": {"Shape": Native("Shape", _shape)},
    }
    found: dict[str, Library] = {module: names.get for module, names in known.items()}
    found["botocore.exceptions"] = library_exception
    return found


def _dictionary(args: list[Value], named: dict[str, Value]) -> Value:
    made: dict[Value, Value] = {}
    for one in args[:1]:
        if isinstance(one, dict):
            made |= one
        elif isinstance(one, list | tuple):
            made |= {
                pair[0]: pair[1]
                for pair in one
                if isinstance(pair, list | tuple) and len(pair) == 2
            }
    for name, value in named.items():
        made[name] = value
    return made


def _copy(value: Value) -> Value:
    if isinstance(value, Instance):
        return Instance(value.cls, dict(value.attributes))
    if isinstance(value, list):
        return value[:]
    return dict(value) if isinstance(value, dict) else value


def _first_copy(args: list[Value], _: dict[str, Value]) -> Value:
    return _copy(args[0])


def _deep_copy(value: Value, depth: int = 0) -> Value:
    if depth > 20:
        return Unknown("deepcopy()")
    if isinstance(value, list):
        return [_deep_copy(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {key: _deep_copy(one, depth + 1) for key, one in value.items()}
    return value


def _dedent(args: list[Value], _: dict[str, Value]) -> Value:
    return textwrap.dedent(args[0]) if isinstance(args[0], str) else Unknown("dedent()")


def _join(args: list[Value], _: dict[str, Value]) -> Value:
    parts = [one for one in args if isinstance(one, str)]
    return posixpath.join(*parts) if parts and len(parts) == len(args) else Unknown("join()")


def _path(work: Callable[[str], Value]) -> Callable[[list[Value], dict[str, Value]], Value]:
    """Work on a path inside the release; no other is known."""

    def call(args: list[Value], _: dict[str, Value]) -> Value:
        return work(args[0]) if args and isinstance(args[0], str) else Unknown("a path")

    return call


def _shape(args: list[Value], named: dict[str, Value]) -> Value:
    name = args[0] if args else named.get("shape_name")
    data = args[1] if len(args) > 1 else named.get("shape_model")
    if not isinstance(data, dict):
        return Unknown("Shape()")
    return Shape(str(name), {str(key): value for key, value in data.items()}, {})
