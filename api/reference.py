"""Writes docs/reference.md out of the code: ``python -m api.reference > docs/reference.md``.

A test compares the two, and runs every example.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from api.cli import app
from api.cli.common import EXIT_STATUS
from api.examples import EXAMPLES
from api.http import create_app
from api.metrics import described as metrics
from api.problems import HTTP_CODES, PROBLEM
from api.serving import Serving
from api.settings import PREFIX, Settings
from corpora.errors import FlagstoneError
from retrieval.engine import Engine

ADDRESS = "http://127.0.0.1:8600"

MACHINE_DEFAULTS = {"data": "the user's data folder", "processes": "one per CPU"}
"""What a default is called that depends on the machine."""

HEAD = """\
# Reference

*Generated from the code; do not edit. Write it again with*
`python -m api.reference > docs/reference.md`.

- [Settings](#settings) · [Command line](#command-line) · [HTTP](#http) · [Types](#types) ·
  [Metrics](#metrics) ·
  [Errors](#errors)
"""

COMMANDS_HEAD = """\
## Command line

Answers go to standard output, everything else to standard error; without a terminal neither has
colours, and no line is wrapped. With `--json` standard output is one JSON document; an error is
`{"error": {"code": …, "detail": …, "hint": …}}`. `flagstone --verbose COMMAND` logs what is done.
"""

HTTP_HEAD = f"""\
## HTTP

`flagstone serve` listens on {ADDRESS}. Every route also stands under `/v1`.
`/openapi.json` has the whole contract for machines, `/docs` renders it. Bodies are
`application/json`.

As `format=markdown`, `/context` answers with the context alone, and these headers:
`X-Flagstone-Snapshot`, `X-Flagstone-Release` (`postgresql@13`), `X-Flagstone-Match` (`exact`,
`nearest_newer` …), `X-Flagstone-Abstained` (`true`, `false`) and, where there is more,
`X-Flagstone-Next-Cursor`.
"""

METRICS_HEAD = """\
## Metrics

`/metrics` has them in the form that Prometheus reads. With API keys it needs one of the scope
`admin`.
"""

ERRORS_HEAD = f"""\
## Errors

Over HTTP every error is `{PROBLEM}`: `code` stays as it is, `detail` says what
happened, `hint` what to do next; `available`, `suggestions` and `nearest` are there where they
help. The command line prints the same codes with `--json`.
"""


def reference() -> str:
    """The whole page."""
    schema = create_app(Serving(Path(), _never)).openapi()
    parts = [HEAD, *_settings(), COMMANDS_HEAD, *_commands(), *_exit_status(), HTTP_HEAD]
    parts += [
        *_routes(schema),
        "## Types\n",
        *_types(schema),
        METRICS_HEAD,
        *_metrics(),
        ERRORS_HEAD,
        *_errors(),
    ]
    return "\n".join(parts)


def curl(route: tuple[str, str]) -> str:
    """The example of a route, as a command line."""
    path, body = EXAMPLES[route]
    if body is None:
        return f"curl -s {shlex.quote(ADDRESS + path)}"
    sent = shlex.quote(json.dumps(body))
    return f"curl -s {ADDRESS}{path} -H 'Content-Type: application/json' \\\n  -d {sent}"


def _never(path: Path) -> Engine:
    raise NotImplementedError(f"The reference answers no questions of {path}.")


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "Environment variables, read when the command starts. Options of a command go first.\n"
    yield _head("variable", "default", "what")
    for name, field in Settings.model_fields.items():
        default = MACHINE_DEFAULTS.get(name) or _value(field.default)
        yield _row(f"`{PREFIX}{name.upper()}`", default, field.description or "")
    yield ""


def _commands() -> Iterator[str]:
    for name, command in commands():
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        usage = " ".join(_argument(one) for one in arguments)
        yield f"### `flagstone {name}{f' {usage}' if usage else ''}`\n"
        yield f"{command.help}\n"
        yield _head("argument or option", "default", "what")
        for one in command.params:
            spelled = _argument(one) if one in arguments else ", ".join(one.opts)
            default = "" if one.default in (None, False) else _value(one.default)
            yield _row(f"`{spelled}`", default, one.help or "")
        yield ""


def commands(group: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by what is typed for it: ``keys create``."""
    here: Any = group or typer.main.get_command(app)
    for name, command in here.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _argument(argument: Any) -> str:  # typer has no public type for it
    name = (
        argument.name.upper().removesuffix("S") if argument.nargs == -1 else argument.name.upper()
    )
    more = "…" if argument.nargs == -1 else ""
    return f"{name}{more}" if argument.required else f"[{name}{more}]"


def _exit_status() -> Iterator[str]:
    yield "### Exit status\n"
    yield _head("status", "meaning")
    for status, meaning in EXIT_STATUS.items():
        yield _row(str(status), meaning)
    yield ""


def _routes(schema: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            route = (method.upper(), path)
            yield f"### `{' '.join(route)}`\n"
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
            yield f"{operation['summary']}. Answers with {_type(answer)}.\n"
            yield f"```console\n$ {curl(route)}\n```\n"
            fields = list(_fields(schema, operation))
            if fields:
                yield _head("field", "type", "default", "what")
                yield from fields
                yield ""


def _fields(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for one in operation.get("parameters", ()):
        described = {"description": one.get("description", ""), **one["schema"]}
        yield _field(one["name"], described, required=one["required"])
    if body := operation.get("requestBody"):
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        form = schema["components"]["schemas"][name]
        for field, described in form["properties"].items():
            yield _field(field, described, required=field in form.get("required", ()))


def _field(name: str, described: Mapping[str, Any], *, required: bool) -> str:
    default = "(required)" if required else _value(described.get("default"))
    return _row(f"`{name}`", _type(described), default, described.get("description", ""))


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    asked = {name for name in schema["components"]["schemas"] if name.endswith("Request")}
    for name, described in sorted(schema["components"]["schemas"].items()):
        if name in asked:
            continue
        yield f"### {name}\n"
        if about := described.get("description", ""):
            yield f"{about.replace('``', '`')}\n"
        yield _head("field", "type")
        for field, its in described.get("properties", {}).items():
            yield _row(f"`{field}`", _type(its))
        yield ""


def _type(described: Mapping[str, Any]) -> str:
    if reference := described.get("$ref"):
        name = reference.rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if among := described.get("anyOf"):
        return " or ".join(_type(one) for one in among if one.get("type") != "null")
    if allowed := described.get("enum"):
        return " · ".join(f"`{one}`" for one in allowed)
    if described.get("type") == "array":
        return f"list of {_type(described['items'])}"
    return str(described.get("format") or described.get("type"))


def _metrics() -> Iterator[str]:
    yield _head("metric", "labels", "what")
    for name, labels, about in metrics():
        yield _row(f"`{name}`", ", ".join(f"`{one}`" for one in labels), about)
    yield ""


def _errors() -> Iterator[str]:
    yield _head("code", "status", "meaning")
    for error in _leaves(FlagstoneError):
        yield _row(f"`{error.code}`", str(error.status), (error.__doc__ or "").partition("\n")[0])
    for status, (code, meaning) in HTTP_CODES.items():
        yield _row(f"`{code}`", str(status), meaning)
    yield ""


def _leaves(error: type[FlagstoneError]) -> Iterator[type[FlagstoneError]]:
    """The errors that are raised: those with a code of their own."""
    if "code" in vars(error) and error is not FlagstoneError:
        yield error  # the root's own code is that of a fault of ours, see HTTP_CODES
    for kind in error.__subclasses__():
        yield from _leaves(kind)


def _value(value: object) -> str:
    return "" if value in (None, "") else f"`{value}`"


def _head(*names: str) -> str:
    return f"{_row(*names)}\n{_row(*('---' for _ in names))}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
