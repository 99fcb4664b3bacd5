"""The command surface of the AWS CLI, version 1 and 2, out of the files of one release.

Nothing of the release is run: service models are read as data, and what the program's own sources
make of them is worked out from their syntax (:mod:`ingest.models.aws.python`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from commands.dialect import DIALECTS
from commands.model import Command, Deprecation, Evidence, Option, Scope, Surface
from corpora.errors import ParseError, Reason
from ingest.models.aws.arguments import Argument, options, read_arguments
from ingest.models.aws.driver import Driver, Node
from ingest.models.aws.events import Note
from ingest.models.aws.files import ReleaseFiles
from ingest.models.aws.plain import PlainArguments
from ingest.models.aws.text import first_sentence, opening
from ingest.models.aws.values import Exhausted, Raised, Unknown, Unsupported, Value

PAGE = "https://docs.aws.amazon.com/cli/{book}/reference/{path}.html"
"""Where the reference of a command is published; ``book`` is ``latest`` or ``v1``."""

DESCRIPTION = 600
"""Characters of what a command does. The first sentence alone often only names it."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A release's surface, and where its own sources could not be followed to the end.

    Of each command ``texts`` has what it does, in a few plain sentences, and ``origins`` the model
    that it belongs to, where it belongs to one.
    """

    surface: Surface
    notes: tuple[Note, ...]
    texts: Mapping[tuple[str, ...], str]
    origins: Mapping[tuple[str, ...], str]


def extract(files: Mapping[str, bytes], *, product: str, release: str) -> Extracted:
    """Read the surface out of the files of one release, by path. All of it is untrusted.

    Takes Python sources of ``awscli``, ``awscli/data/cli.json``, and of botocore ``__init__.py``,
    ``service-2``, ``paginators-1`` and ``waiters-2``. Raises ParseError where these are not the
    files of an AWS CLI, or ask for more work than one does.
    """
    name = f"{product} {release}"
    read = ReleaseFiles(files, name=name)
    try:
        driver = Driver(read)
        told = list(_commands(driver, "v1" if release.startswith("1.") else "latest"))
    except Exhausted as error:
        raise ParseError(name, Reason.TOO_LARGE, str(error)) from error
    except (Raised, Unsupported, RecursionError) as error:
        raise ParseError(name, Reason.MALFORMED, str(error)) from error
    surface = Surface(
        product,
        release,
        ("model",),
        _without_phantoms([one.command for one in told]),
        dialect=DIALECTS["aws"],
        exhaustive=(
            Scope("model", ("commands", "options", "arity", "required", "repeatable", "hidden")),
        ),
    )
    return Extracted(
        surface,
        tuple(driver.events.notes),
        texts={one.command.path: one.text for one in told if one.text},
        origins={one.command.path: one.origin for one in told if one.origin},
    )


@dataclass(frozen=True, slots=True)
class _Told:
    command: Command
    text: str = ""
    origin: str = ""


def _commands(driver: Driver, book: str) -> Iterator[_Told]:
    above = read_arguments(driver, ("aws",), driver.global_arguments())
    found, _ = options(above.values(), PAGE.format(book=book, path="index"))
    yield _Told(
        Command(
            ("aws",),
            summary=first_sentence(str(driver.files.global_options().get("description", ""))).plain,
            options=tuple(_inheritable(one) for one in found),
            evidence=(Evidence("model", PAGE.format(book=book, path="index")),),
        )
    )
    plain = PlainArguments(driver)
    for node in driver.commands():
        before = len(driver.events.notes)
        arguments = plain.of(node)
        told = len(driver.events.notes) == before
        text = _documentation(driver, node)
        yield _Told(
            replace(command(driver, node, arguments, book, text), partial=not told),
            opening(text, DESCRIPTION),
            _origin(driver, node),
        )


def _origin(driver: Driver, node: Node) -> str:
    """Name the file of the model that a command, or the service it belongs to, is made from."""
    if node.operation is not None:
        return driver.files.model_file(node.operation.service_model.service_name)
    service = node.command.attributes.get("_service_name")
    return driver.files.model_file(service) if isinstance(service, str) else ""


def _without_phantoms(found: Sequence[Command]) -> tuple[Command, ...]:
    """Hide the commands that version 1 takes by accident.

    Its events name a table by one word: what is added to ``aws deploy`` is added to ``aws
    cloudformation deploy`` too, and ``aws cloudformation deploy push`` pushes to CodeDeploy.
    """
    paths = {one.path for one in found}
    return tuple(
        replace(one, hidden=True) if len(one.path) == 4 and ("aws", *one.path[2:]) in paths else one
        for one in found
    )


def command(
    driver: Driver, node: Node, arguments: Mapping[str, Argument], book: str, documentation: str
) -> Command:
    """Make the command of one node of the tables."""
    path = "/".join(node.path[1:])
    url = PAGE.format(book=book, path=path)
    found, positionals = options(arguments.values(), url)
    text = first_sentence(documentation)
    # A waiter's description is made up by the program: it stands nowhere to be quoted.
    quote = "" if node.path[-2] == "wait" else text.raw
    deprecated = node.operation is not None and node.operation.deprecated
    return Command(
        node.path,
        summary=text.plain,
        options=found,
        positionals=positionals,
        deprecated=Deprecation() if deprecated else None,
        hidden=_asked(driver, node.command, "_UNDOCUMENTED") is True,
        evidence=(Evidence("model", url, quote),),
    )


def _documentation(driver: Driver, node: Node) -> str:
    if node.operation is not None and node.path[-2] != "wait":
        return node.operation.documentation
    found = _asked(driver, node.command, "DESCRIPTION")
    if isinstance(found, str):
        return found
    model = _asked(driver, node.command, "service_model")
    return str(getattr(model, "documentation", ""))


def _asked(driver: Driver, command: Value, name: str) -> Value:
    try:
        found = driver.reader.attribute(command, name)
    except (Raised, Unsupported):
        return None
    return None if isinstance(found, Unknown) else found


def _inheritable(option: Option) -> Option:
    return replace(option, inheritable=True)
