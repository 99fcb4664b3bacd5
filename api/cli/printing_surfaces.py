"""How validations, commands and differences are printed: for people, GitHub Actions and SARIF."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from api.cli.printing import err, out
from commands.model import Option
from commands.validate import Issue
from retrieval.answers import CommandAnswer, DiffAnswer, ValidationAnswer

SHOWN_OPTION = 100
"""Characters of an option's description in a list of them."""


def print_validation(text: str, answer: ValidationAnswer) -> None:
    """Every issue at its place, the repair, and the risk."""
    for one in answer.resolutions:
        err.print(f"{one.product} {one.resolved} ({one.match}). {one.reason}")
    for issue in _issues(answer):
        line, column = _place(text, issue.span.start)
        style = "red" if issue.severity == "error" else "yellow"
        out.print(f"{line}:{column}: {issue.severity}: {issue.message} [{issue.code}]", style=style)
        if issue.evidence and issue.evidence.url:
            out.print(f"    see: {issue.evidence.url}")
    for command in answer.commands:
        if command.checked == "no" and command.reason:
            err.print(f"not checked: {command.text}: {command.reason}")
    if answer.repaired:
        out.print(f"repaired: {answer.repaired.text}", style="green")
    verdict = {True: "valid", False: "invalid", None: "nothing could be checked"}[answer.valid]
    reasons = "; ".join(one.text for one in answer.risk.reasons)
    out.print(f"{verdict}; risk: {answer.risk.level}{f' ({reasons})' if reasons else ''}")


def print_github(text: str, answer: ValidationAnswer) -> None:
    """Workflow commands: GitHub shows each beside its line."""
    for issue in _issues(answer):
        line, column = _place(text, issue.span.start)
        level = "error" if issue.severity == "error" else "warning"
        told = _escaped(issue.message)
        _write(f"::{level} line={line},col={column},title={issue.code}::{told}")


def print_sarif(text: str, answer: ValidationAnswer) -> None:
    """One SARIF 2.1.0 document (OASIS)."""
    issues = list(_issues(answer))
    results = []
    for issue in issues:
        line, column = _place(text, issue.span.start)
        last, end = _place(text, issue.span.end)
        region = {"startLine": line, "startColumn": column, "endLine": last, "endColumn": end}
        results.append(
            {
                "ruleId": issue.code,
                "level": issue.severity,
                "message": {"text": issue.message},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"uri": "stdin"},
                            "region": region,
                        }
                    }
                ],
            }
        )
    rules = [{"id": code} for code in sorted({issue.code for issue in issues})]
    driver = {"name": "flagstone", "rules": rules}
    _write(
        json.dumps(
            {
                "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
                "version": "2.1.0",
                "runs": [
                    {
                        "tool": {"driver": driver},
                        "columnKind": "unicodeCodePoints",
                        "results": results,
                    }
                ],
            },
            indent=2,
        )
    )


def print_command(answer: CommandAnswer) -> None:
    """One command as a page of help."""
    one, command = answer.resolution, answer.command
    err.print(f"{one.product} {one.resolved} ({one.match}). {one.reason}")
    out.print(" ".join(command.path), style="bold")
    if command.summary:
        out.print(command.summary)
    for line in command.synopsis:
        out.print(f"usage: {line}")
    for title, lines in (
        ("commands", [" ".join((*command.path, child)) for child in command.children]),
        ("arguments", [one.name for one in command.positionals]),
        ("options", [_option(answer, one) for one in command.options if not one.hidden]),
    ):
        if lines:
            out.print(f"{title}:")
            for line in lines:
                out.print(f"  {line}")


def print_diff(answer: DiffAnswer) -> None:
    """A difference as plain text."""
    _write(answer.text.rstrip())


def _option(answer: CommandAnswer, option: Option) -> str:
    value = "" if option.arity == "none" else option.metavar or option.type or "value"
    value = f"[{value}]" if option.arity in {"optional", "any"} else value
    notes = ["required"] if option.required else []
    notes += ["deprecated"] if option.deprecated else []
    notes += [f"since {since}"] if (since := answer.since.get(option.name)) else []
    notes += [f"gone in {gone}"] if (gone := answer.removed_in.get(option.name)) else []
    said = f" ({', '.join(notes)})" if notes else ""
    return f"{', '.join(option.names)} {value}".rstrip() + said + _about(option.description)


def _about(description: str) -> str:
    if not description:
        return ""
    cut = description[:SHOWN_OPTION]
    return f"  {cut}{'…' if len(cut) < len(description) else ''}"


def _issues(answer: ValidationAnswer) -> Iterator[Issue]:
    yield from answer.issues
    for command in answer.commands:
        yield from command.issues


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _escaped(text: str) -> str:
    """As GitHub wants the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
