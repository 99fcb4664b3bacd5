"""What spf13/pflag's word for a value says: ``--set stringArray``, ``| --label | list |``.

pflag prints the name of a flag's Go type, so that the type and whether it may be repeated can be
read off it. Other words (``--output format``) are names that authors chose, and say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from commands.model import Option, ValueType

_TYPES: Mapping[str, tuple[ValueType, bool]] = MappingProxyType(
    {
        "string": ("string", False),
        "bytes": ("size", False),
        "count": ("integer", True),
        "decimal": ("number", False),
        "duration": ("duration", False),
        "float": ("number", False),
        "float32": ("number", False),
        "float64": ("number", False),
        "int": ("integer", False),
        "int8": ("integer", False),
        "int16": ("integer", False),
        "int32": ("integer", False),
        "int64": ("integer", False),
        "uint": ("integer", False),
        "uint8": ("integer", False),
        "uint16": ("integer", False),
        "uint32": ("integer", False),
        "uint64": ("integer", False),
        "ints": ("list", True),
        "uints": ("list", True),
        "list": ("list", True),
        "filter": ("list", True),
        "strings": ("list", True),
        "stringArray": ("list", True),
        "stringSlice": ("list", True),
        "intSlice": ("list", True),
        "durationSlice": ("list", True),
        "ipSlice": ("list", True),
        "map": ("map", True),
        "stringToString": ("map", True),
        "stringToInt": ("map", True),
        "stringToInt64": ("map", True),
    }
)
"""Word → type, and whether the flag may be given again. pflag 1.0.6 ``Value.Type()``; ``list``,
``map``, ``filter``, ``bytes`` and ``decimal`` are docker's own."""


def typed(option: Option) -> Option:
    """``option`` with the type that its value's name stands for, where nothing else said it."""
    if option.metavar in ("true", "false") and option.arity in ("one", "optional"):
        # "-lock=false": a switch, shown with the value that is not its default.
        return replace(option, arity="none", metavar="", type="boolean")
    kind = _TYPES.get(option.metavar)
    if kind is None or option.arity == "none":
        return option
    return replace(option, type=option.type or kind[0], repeatable=option.repeatable or kind[1])
