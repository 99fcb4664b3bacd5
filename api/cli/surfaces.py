"""``flagstone validate``, ``describe`` and ``diff``: what commands accept, release by release."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli.common import (
    ABSTAINED,
    INVALID,
    WRONG_USAGE,
    Data,
    Fingerprint,
    Json,
    Policy,
    ProductName,
    Version,
    engine,
    errors,
    request,
)
from api.cli.printing import print_json
from api.cli.printing_surfaces import (
    print_command,
    print_diff,
    print_github,
    print_sarif,
    print_validation,
)
from api.settings import load_settings
from corpora.errors import InvalidRequest
from retrieval.request import MAX_COMMAND, ValidateRequest

Product = Annotated[str, typer.Argument(help="Product id or alias.")]


def validate(
    command: Annotated[
        str | None, typer.Argument(help="A command line; none, or -: a script on standard input.")
    ] = None,
    product: ProductName = None,
    version: Version = None,
    release: Annotated[
        list[str] | None,
        typer.Option("--release", "-r", help="PRODUCT@VERSION, where several products are used."),
    ] = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    github: Annotated[
        bool, typer.Option("--github", help="Print annotations for GitHub Actions.")
    ] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Whether commands and flags exist at exactly your version. Nothing is ever run."""
    with errors(as_json, failed=WRONG_USAGE):
        if sum((github, sarif, as_json)) > 1:
            raise InvalidRequest(
                "--json, --github and --sarif exclude each other.", hint="Choose one of them."
            )
        text = _standard_input() if command in {None, "-"} else command
        asked = request(
            ValidateRequest,
            command=text,
            product=product,
            version=version,
            versions=dict(_release(one) for one in release or ()),
            fingerprint=fingerprint,
            version_policy=policy,
        )
        answer = engine(load_settings(data=data)).validate(asked)
        if as_json:
            print_json(answer)
        elif github:
            print_github(asked.command, answer)
        elif sarif:
            print_sarif(asked.command, answer)
        else:
            print_validation(asked.command, answer)
        if answer.valid is False:
            raise typer.Exit(INVALID)
        if answer.valid is None:
            raise typer.Exit(ABSTAINED)


def describe(
    product: Product,
    path: Annotated[list[str], typer.Argument(help="The command: git commit.")],
    version: Version = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print JSON Schema and tool definitions.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What one command accepts at one release."""
    with errors(as_json):
        held = engine(load_settings(data=data))
        at = version or held.record(product).releases[-1].label
        if schema:
            print_json(held.schema(product, at, " ".join(path)))
            return
        answer = held.describe(product, at, " ".join(path))
        if as_json:
            print_json(answer)
        else:
            print_command(answer)


def diff(
    product: Product,
    old: Annotated[str, typer.Argument(help="The version before.")],
    new: Annotated[str, typer.Argument(help="The version after.")],
    path: Annotated[
        list[str] | None, typer.Argument(help="Only this command and those below it.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What changed between two releases: commands, options, choices, defaults."""
    with errors(as_json):
        answer = engine(load_settings(data=data)).diff(product, old, new, " ".join(path or ()))
        if as_json:
            print_json(answer)
        else:
            print_diff(answer)


def _standard_input() -> str:
    text = sys.stdin.buffer.read(4 * MAX_COMMAND + 1).decode("utf-8", "replace")
    if not text.strip():
        raise InvalidRequest(
            "There is nothing to check.", hint="Give a command, or a script on standard input."
        )
    return text


def _release(text: str) -> tuple[str, str]:
    product, at, version = text.partition("@")
    if not (product and at and version):
        raise InvalidRequest(
            f"{text!r} is not PRODUCT@VERSION.", hint="For example: --release kubectl@1.32"
        )
    return product, version
