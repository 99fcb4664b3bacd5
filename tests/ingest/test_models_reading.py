"""A release's model, read in a process of its own, and put on the shelf by the build."""

import hashlib
import zipfile
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest

from corpora.catalogue import Catalogue
from corpora.errors import ParseError, Reason
from corpora.tokens import default_counter
from ingest.models.aws.files import INCLUDE
from ingest.models.base import Material
from ingest.models.reading import Job, Limits, ReleaseRead, read
from ingest.reading import Readers
from ingest.release_files import ReleaseFiles
from ingest.releases import Clock, ReleaseReader
from ingest.sources.archive import selector
from ingest.sources.base import Document, Found, Progress, silent

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@lru_cache(maxsize=2)
def aws() -> tuple[Document, ...]:
    root = "usr/lib/python3/dist-packages/awscli/examples"
    with zipfile.ZipFile(FIXTURES / "aws-2.38.1.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist() if selector(INCLUDE)(name)}
    files[f"{root}/ec2/run-instances.rst"] = (FIXTURES / "models/run-instances.rst").read_bytes()
    files[f"{root}/s3/_concepts.rst"] = b"About\n\n::\n\n  nothing to call\n"
    files[f"{root}/ec2/gone.rst"] = b"Of a command that is no more::\n\n  aws ec2 gone\n"
    return tuple(
        Document(name, data, "", str(number), NOW)
        for number, (name, data) in enumerate(files.items())
    )


JOB = Job("aws", "2.38", "aws", default_counter().file)


@lru_cache(maxsize=1)
def aws_read() -> tuple[ReleaseRead, int]:
    told: list[None] = []
    out = read(JOB, aws(), lambda: told.append(None))
    return out, len(told)


def test_every_visible_command_has_a_card_and_examples_a_page() -> None:
    out, told = aws_read()
    visible = {"-".join(one.path) for one in out.surface.commands if not one.hidden}
    slugs = {page.slug for page in out.pages}
    assert told == len(out.pages) == len(slugs)
    assert {slug for slug in slugs if not slug.endswith(".examples")} == visible
    assert [slug for slug in slugs if slug.endswith(".examples")] == [
        "aws-ec2-run-instances.examples"
    ]
    assert out.failures == []


def test_a_card_says_what_the_command_does_and_cites_the_model() -> None:
    out, _ = aws_read()
    page = next(one for one in out.pages if one.slug == "aws-ec2-run-instances")
    card, _ = page.cuts  # of all commands, thirty are too large for one passage
    assert card.passage.kind == "synopsis"
    assert card.passage.command == "aws ec2 run-instances"
    text = "".join(one.passage.text for one in page.cuts)
    assert "[--image-id]" in text
    assert "--cli-input-json" not in text
    assert text.startswith("Launches the specified number of instances")
    assert page.url == ("https://docs.aws.amazon.com/cli/latest/reference/ec2/run-instances.html")
    models = [one for one in aws() if "/ec2/" in one.name and "service-2" in one.name]
    assert page.sha256 in {hashlib.sha256(one.data).hexdigest() for one in models}


def test_groups_know_their_commands() -> None:
    out, _ = aws_read()
    known = {one.path: one for one in out.surface.commands}
    assert "run-instances" in known["aws", "ec2"].children
    assert "ec2" in known["aws",].children
    assert known["aws", "ec2", "run-instances"].children == ()


def test_a_release_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ParseError) as caught:
        read(JOB, aws()[:1], lambda: None)
    assert caught.value.reason is Reason.EMPTY
    assert "aws 2.38" in str(caught.value)


def test_a_model_that_takes_too_long_ends() -> None:
    with pytest.raises(ParseError) as caught:
        read(JOB, aws(), lambda: None, Limits(seconds=0))
    assert caught.value.reason in {Reason.TIMED_OUT, Reason.CRASHED}


def test_a_model_that_takes_too_much_memory_takes_its_own_process_alone() -> None:
    with pytest.raises(ParseError) as caught:
        read(JOB, aws(), lambda: None, Limits(memory=64 * 2**20))
    assert caught.value.reason in {Reason.TOO_LARGE, Reason.CRASHED}


def test_what_the_source_raises_comes_through() -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield aws()[0]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        read(JOB, broken(), lambda: None)


def test_the_checksum_of_a_release_is_that_of_its_documents() -> None:
    whole = Material("aws", "2.38", aws())
    assert whole.checksum() == Material("aws", "2.38", tuple(reversed(aws()))).checksum()
    assert whole.checksum() != Material("aws", "2.38", aws()[1:]).checksum()


class _Supply:
    """A source that has one release, from memory."""

    def __init__(self) -> None:
        self.found = Found("2.38", "2.38.1", "awscli 2.38.1-1", "0" * 64, "aws", "distribution")
        self.fetched = 0

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        return (self.found,)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        return found

    def fetch(self, found: Found, *, on_progress: Progress = silent):  # type: ignore[no-untyped-def]
        self.fetched += 1
        yield from aws()


def test_the_build_shelves_a_model_with_its_surface_and_finds_it_again(tmp_path: Path) -> None:
    product = Catalogue.load()["aws"]
    supply = _Supply()
    shelf = ReleaseFiles(tmp_path)

    def run() -> tuple[str, int, int]:
        with Readers(default_counter().file, 0) as readers:
            reader = ReleaseReader(shelf, readers, "fail", Clock(), lambda *_: None)
            ((outcome, file, error),) = reader.read(product, ["2.38"], lambda _: supply)
        assert error is None
        assert file is not None
        surface = file.surface()
        assert surface is not None
        assert surface.dialect.name == "aws"
        return outcome.state, outcome.pages, len(surface.commands)

    state, pages, commands = run()
    assert state == "new"
    assert pages > 50
    assert commands > 50
    assert run() == ("unchanged", pages, commands)
    assert supply.fetched == 1
