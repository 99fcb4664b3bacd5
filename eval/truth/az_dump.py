"""What an installed Azure CLI accepts: its own command table, with the arguments loaded.

Runs with the Python in which that release is installed, and with nothing of Flagstone::

    az-venv/bin/python eval/truth/az_dump.py > az-2.81.0.json

It writes ``{"tool": "az", "version": …, "commands": {path: {"flags": [{"names": …, …}]}}}``, and
sends nothing anywhere.
"""

import json
import sys
from typing import Any


def flag(settings: dict[str, Any]) -> dict[str, object]:
    """Give what the parser is told of one argument."""
    names = [str(getattr(one, "target", one)) for one in settings.get("options_list") or ()]
    choices = settings.get("choices")
    action = settings.get("action")
    default = settings.get("default")
    return {
        "name": str(settings.get("dest")),
        "names": names,
        "required": bool(settings.get("required")),
        "nargs": settings.get("nargs"),
        "action": action if action is None or isinstance(action, str) else action.__name__,
        "choices": [str(one) for one in choices] if choices else None,
        "default": default if isinstance(default, str | bool | int) else None,
        "positional": not names,
        "deprecated": bool(settings.get("deprecate_info")),
    }


def main() -> None:
    """Write the table to the standard output."""
    from azure.cli.core import __version__, get_default_cli
    from azure.cli.core.file_util import create_invoker_and_load_cmds_and_args

    cli = get_default_cli()
    create_invoker_and_load_cmds_and_args(cli)
    table = cli.invocation.commands_loader.command_table
    commands = {
        f"az {name}": {
            "deprecated": bool(command.deprecate_info),
            "flags": [flag(argument.type.settings) for argument in command.arguments.values()],
        }
        for name, command in table.items()
    }
    json.dump({"tool": "az", "version": __version__, "commands": commands}, sys.stdout)


if __name__ == "__main__":
    main()
