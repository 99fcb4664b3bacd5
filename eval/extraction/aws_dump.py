"""What the parser of an installed AWS CLI is told: truth for :mod:`eval.extraction.aws`.

Runs with the Python in which that release can be imported, and with nothing of Flagstone::

    PYTHONPATH=<folder with awscli> python eval/extraction/aws_dump.py > aws-2.38.1.json

Every command's arguments are added to an ``argparse`` parser by the release itself, and the parser
is asked. It writes ``{"version": …, "commands": {path: {option: {…}}}}``; sends nothing anywhere.
"""

import argparse
import json
import sys
from typing import Any


def told(argument: Any) -> tuple[str, dict[str, object]]:
    """Ask an argument what it tells the parser."""
    parser = argparse.ArgumentParser(add_help=False, conflict_handler="resolve")
    argument.add_to_parser(parser)
    (action,) = parser._actions
    name = action.option_strings[0] if action.option_strings else action.dest
    switch = action.nargs == 0
    return name, {
        "arity": "none" if switch else _arity(action.nargs),
        "positional": not action.option_strings,
        "required": bool(argument.required),
        "enforced": [str(one) for one in action.choices or ()],
        "hidden": bool(getattr(argument, "_UNDOCUMENTED", False)),
        "type": argument.cli_type_name,
        "group": getattr(argument, "group_name", None),
        "off": type(action).__name__ == "_StoreFalseAction",
    }


def _arity(nargs: int | str | None) -> str:
    if nargs is None or nargs == 1:
        return "one"
    return "optional" if nargs == "?" else "many"


def commands(path: tuple[str, ...], command: Any, found: dict[str, dict[str, object]]) -> None:
    """Walk the tables below ``command``.

    Subcommands first, as when it is called: telling them adds to the arguments of ``s3 sync``.
    """
    below = getattr(command, "subcommand_table", None)
    if below is None and hasattr(command, "_get_command_table"):
        below = command._get_command_table()
    found[" ".join(path)] = dict(told(one) for one in command.arg_table.values())
    for name, one in (below or {}).items():
        commands((*path, name), one, found)


def main() -> None:
    """Write the tables to the standard output."""
    import awscli
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    found: dict[str, dict[str, object]] = {
        "aws": dict(told(one) for one in driver._get_argument_table().values())
    }
    for name, one in driver._get_command_table().items():
        commands(("aws", name), one, found)
    json.dump({"version": awscli.__version__, "commands": found}, sys.stdout)


if __name__ == "__main__":
    main()
