"""The one entry: a text in, a Script out."""

from __future__ import annotations

from commands.shell.findings import Findings, Full
from commands.shell.grammar import Grammar
from commands.shell.limits import MAX_CHARACTERS
from commands.shell.model import Script
from commands.shell.scope import Scope
from commands.shell.transcript import sources
from commands.shell.unwrap import TakesValue, not_known
from corpora.errors import InvalidRequest


def parse(text: str, *, takes_value: TakesValue | None = None) -> Script:
    """Every simple command in a shell text, and every place that can't be read.

    The text is a command line, a script, a pasted transcript or a fenced block of either. It is
    read and never run, expanded or evaluated. ``takes_value(program, path, option)`` says of
    wrappers' options (``docker run --name``) whether they take the next word; where it is left out
    or answers None, the table in ``wrappers`` does.

    Raises InvalidRequest for a text longer than ``MAX_CHARACTERS``. Nothing else is raised: what
    can't be read is a Problem, and reading goes on with the line after it.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequest(
            f"The command text has {len(text)} characters; at most {MAX_CHARACTERS} are read.",
            hint="Send the commands in question, or the script in parts.",
            length=len(text),
            limit=MAX_CHARACTERS,
        )
    findings = Findings()
    ask = takes_value or not_known
    try:
        for source, first_only in sources(text):
            reader = Grammar(source, findings, ask, Scope(None, None), 0, ())
            if first_only:
                reader.read_first()
            else:
                reader.read_all()
    except Full:
        pass
    return findings.script(text)
