"""What an installed Azure CLI accepts: its own command table, with arguments and help loaded.

A tool for the operator, not a part of the build: it runs with the Python in which that release is
installed (``pip install azure-cli==2.89.1`` in a venv of its own: 160 s, 733 MB), and with nothing
of Flagstone. It sends nothing anywhere::

    az-venv/bin/python ingest/models/azure/ask.py copies/2.89.1/commands.json.gz

The reader of the reference takes the file where it lies beside it, and believes it: the reference
leaves out deprecated spellings that the program still accepts, and how many values an option takes.
"""

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any


def text(value: Any) -> str:
    """Give what a help says; it may be made when asked for."""
    try:
        value = value() if callable(value) else value
    except Exception:  # noqa: BLE001  a text that can't be made is none
        return ""
    return value if isinstance(value, str) else ""


def deprecation(value: Any) -> dict[str, object] | None:
    """Give what is said of something that is given up."""
    if not value:
        return None
    hidden = getattr(value, "hidden", False)
    return {
        "redirect": str(getattr(value, "redirect", None) or ""),
        "hidden": bool(hidden() if callable(hidden) else hidden),
        "expiration": str(getattr(value, "expiration", None) or ""),
    }


def option(settings: dict[str, Any]) -> dict[str, object]:
    """Give what the parser is told of one argument."""
    names = [str(getattr(one, "target", one)) for one in settings.get("options_list") or ()]
    action = settings.get("action")
    choices = settings.get("choices")
    default = settings.get("default")
    return {
        "dest": str(settings.get("dest")),
        "names": names,
        "required": bool(settings.get("required")),
        "nargs": settings.get("nargs"),
        "action": action if action is None or isinstance(action, str) else action.__name__,
        "choices": [str(one) for one in choices] if choices else None,
        "default": default if isinstance(default, str | bool | int) else None,
        "hidden": settings.get("help") == "==SUPPRESS==",
        "help": text(settings.get("help")),
        "deprecated": deprecation(settings.get("deprecate_info")),
    }


def main() -> None:
    """Write the table into the file that the first argument names."""
    os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
    from azure.cli.core import __version__, get_default_cli
    from azure.cli.core.file_util import create_invoker_and_load_cmds_and_args

    cli = get_default_cli()
    create_invoker_and_load_cmds_and_args(cli)
    loader = cli.invocation.commands_loader
    commands = {
        name: {
            "deprecated": deprecation(command.deprecate_info),
            "help": text(command.description),
            "options": [option(one.type.settings) for one in command.arguments.values()],
        }
        for name, command in loader.command_table.items()
    }
    out = {"version": __version__, "commands": commands}
    Path(sys.argv[1]).write_bytes(gzip.compress(json.dumps(out).encode(), mtime=0))


if __name__ == "__main__":
    main()
