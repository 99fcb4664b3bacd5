"""The exceptions that a source may raise and catch: Python's own, and those of its libraries."""

from __future__ import annotations

from ingest.models.aws.values import Class, Instance, Value, linearize


def _class(name: str, *bases: Class) -> Class:
    made = Class(name, name, {"__exception__": True})
    made.mro = linearize(made, bases)
    return made


_BASE = _class("BaseException")
_EXCEPTION = _class("Exception", _BASE)
_LOOKUP = _class("LookupError", _EXCEPTION)

EXCEPTIONS: dict[str, Class] = {
    "BaseException": _BASE,
    "Exception": _EXCEPTION,
    "LookupError": _LOOKUP,
    "KeyError": _class("KeyError", _LOOKUP),
    "IndexError": _class("IndexError", _LOOKUP),
    **{
        name: _class(name, _EXCEPTION)
        for name in (
            "AttributeError",
            "ImportError",
            "NameError",
            "NotImplementedError",
            "OSError",
            "RuntimeError",
            "StopIteration",
            "TypeError",
            "UnicodeError",
            "ValueError",
        )
    },
}
EXCEPTIONS["IOError"] = EXCEPTIONS["OSError"]
EXCEPTIONS["ModuleNotFoundError"] = EXCEPTIONS["ImportError"]


def library_exception(name: str) -> Class:
    """Give the exception of that name of a library: always the same class."""
    return EXCEPTIONS.setdefault(f"library.{name}", _class(name, _EXCEPTION))


def exception(name: str, text: str) -> Value:
    """Make one of Python's exceptions, or of a library's (``library.DataNotFoundError``)."""
    return Instance(EXCEPTIONS[name], {"args": (text,)})
