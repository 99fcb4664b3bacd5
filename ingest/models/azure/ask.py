"""What an installed Azure CLI accepts: its own command table, with arguments and help loaded.

Runs with the Python in which that release is installed, and with nothing of Flagstone; it sends
nothing anywhere. A build does it by itself, in the sandbox (``ingest/sources/table.py``). By hand::

    az-venv/bin/python ingest/models/azure/ask.py copies/2.89.1/commands.json.gz

Without a file to write, the table goes to the standard output. It is believed where it lies beside
the published reference, which leaves out deprecated spellings that the program still accepts, and
how many values an option takes; and it is read alone where there is no reference.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BUILT_IN = {
    argparse.ArgumentParser()._registry_get("action", name): name  # what argparse calls them
    for name in ("store_true", "store_false", "store_const", "append", "append_const", "count")
}


def text(value: Any) -> str:
    """Give what a help says; it may be made when asked for."""
    try:
        value = value() if callable(value) else value
    except Exception:  # noqa: BLE001  a text that can't be made is none
        return ""
    return value if isinstance(value, str) else ""


def deprecation(value: Any) -> dict[str, object] | None:
    """Give what is said of something that is given up."""
    # Where several things are said of one, they come together; a change to come is none of it.
    for one in getattr(value, "tags", None) or (value,):
        if any(kind.__name__ == "Deprecated" for kind in type(one).__mro__):
            value = one
            break
    else:
        return None
    hidden = getattr(value, "hidden", False)
    return {
        "redirect": str(getattr(value, "redirect", None) or ""),
        "hidden": bool(hidden() if callable(hidden) else hidden),
        "expiration": str(getattr(value, "expiration", None) or ""),
    }


def usual(default: Any, again: Any) -> str | bool | int | None:
    """Give a default, unless it is made anew at each start: an hour, a name by chance."""
    if not isinstance(default, str | bool | int) or default != again:
        return None
    home = str(Path.home())
    if isinstance(default, str) and default.startswith(f"{home}/"):
        return f"~{default.removeprefix(home)}"
    return default


def named(action: type) -> str:
    """Give the name of an action: argparse's own where the class is one of those, wrapped.

    knack wraps the action of an option that is deprecated, or in preview, in a class of its own.
    """
    for base in action.__mro__:
        if base in BUILT_IN:
            return BUILT_IN[base]
    return action.__name__


def option(settings: dict[str, Any], again: dict[str, Any], told: dict[str, str]) -> dict[str, Any]:
    """Give what the parser is told of one argument, and what its help tells of its names.

    ``again``: what it was told at another start.
    """
    listed = settings.get("options_list") or ()
    names = [str(getattr(one, "target", one)) for one in listed]
    action = settings.get("action")
    choices = settings.get("choices")
    said = next((told[name] for name in names if name in told), "")
    return {
        "dest": str(settings.get("dest")),
        "names": names,
        "retired": [str(getattr(one, "target", one)) for one in listed if deprecation(one)],
        "required": bool(settings.get("required")),
        "nargs": settings.get("nargs"),
        "action": action if action is None or isinstance(action, str) else named(action),
        "choices": [str(one) for one in choices] if choices else None,
        "default": usual(settings.get("default"), again.get("default")),
        "hidden": settings.get("help") == "==SUPPRESS==",
        "help": said or text(settings.get("help")),
        "deprecated": deprecation(settings.get("deprecate_info")),
    }


def common(action: Any) -> dict[str, object]:
    """Give one option that every command takes, as the parser has it."""
    return {
        "dest": action.dest,
        "names": list(action.option_strings),
        "nargs": action.nargs,
        "choices": list(action.choices) if action.choices else None,
        "default": action.default if isinstance(action.default, str) else None,
        "hidden": False,
        "help": text(action.help),
    }


def summaries(one: Any) -> list[str]:
    """Give the short and the long text of a help, as far as it has them."""
    return [text(one.short_summary), text(one.long_summary)]


def parameters(page: Any) -> dict[str, str]:
    """Give what a help page says of each name of an option."""
    return {
        str(name): " ".join(filter(None, summaries(one)))
        for one in getattr(page, "parameters", None) or ()
        for name in one.name_source
    }


def examples(page: Any) -> list[dict[str, str]]:
    """Give the examples of a help page: what each is for, and its lines."""
    return [
        {"name": text(one.short_summary), "text": text(one.command)}
        for one in getattr(page, "examples", None) or ()
    ]


def command(one: Any, again: Any, page: Any) -> dict[str, object]:
    """Give one command of the table, as two starts made it, and its help page where it has any."""
    short, long = summaries(page) if page else ("", "")
    told = parameters(page)
    options = [
        option(argument.type.settings, again.arguments[name].type.settings, told)
        for name, argument in one.arguments.items()
    ]
    return {
        "deprecated": deprecation(one.deprecate_info),
        "help": short or text(one.description),
        "long": long,
        "examples": examples(page),
        "options": options,
    }


def group(page: Any) -> dict[str, object]:
    """Give what the help page of a group says of it."""
    short, long = summaries(page)
    return {"help": short, "long": long, "deprecated": deprecation(page.deprecate_info)}


def table() -> dict[str, object]:
    """Load everything, and write it down."""
    from azure.cli.core import __version__, get_default_cli
    from azure.cli.core.file_util import create_invoker_and_load_cmds_and_args, get_all_help

    cli, other = get_default_cli(), get_default_cli()
    for one in (cli, other):
        create_invoker_and_load_cmds_and_args(one)
    pages: Iterable[Any] = get_all_help(cli)
    known = {page.command: page for page in pages}
    # Modules are loaded by several threads, in an order of chance.
    commands = sorted(cli.invocation.commands_loader.command_table.items())
    again = other.invocation.commands_loader.command_table
    groups = sorted(known.keys() - dict(commands).keys())
    actions = cli.invocation.parser._actions
    return {
        "version": __version__,
        "global": [common(one) for one in actions if one.option_strings],
        "commands": {name: command(one, again[name], known.get(name)) for name, one in commands},
        "groups": {name: group(known[name]) for name in groups},
    }


def main() -> None:
    """Write the table into the file that the first argument names, or to the standard output."""
    os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
    out = os.dup(1)
    os.dup2(2, 1)  # what modules print while they are loaded is no part of the table
    with tempfile.TemporaryDirectory() as home:
        # Extensions and defaults of whoever runs this are no part of it either.
        os.environ["HOME"] = home
        for name in [name for name in os.environ if name.startswith(("AZURE_CONFIG", "AZURE_EXT"))]:
            del os.environ[name]
        packed = gzip.compress(json.dumps(table()).encode(), mtime=0)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(packed)
    else:
        with os.fdopen(out, "wb") as file:
            file.write(packed)


if __name__ == "__main__":
    main()
