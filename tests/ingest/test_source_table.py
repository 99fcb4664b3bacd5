"""Tables that programs make of themselves: installed from an index in a folder, asked, and gone."""

import gzip
import os
import shutil
import sys
from collections import namedtuple
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError, ToolMissing
from corpora.sources import TableFormat
from ingest.models import MODELS, SCRIPTS
from ingest.sources import sandbox, table
from ingest.sources.base import Found, Progress, silent
from ingest.sources.pip import Pip, Wheel
from ingest.sources.sandbox import Allowance, confinement
from ingest.sources.table import TableSource
from tests.ingest.test_source_pypi import Index

confined = pytest.mark.skipif(
    not confinement(), reason="this machine has neither bubblewrap nor user namespaces"
)

DECLARATION = """
id = "tool"
title = "Tool"
domain = "cloud"
vendor = "V"
homepage = "https://example.com"
licence = "MIT"
attribution = "V"

[versions]
scheme = "two_part"

[source.table]
package = "flagstone-test-program"
format = "azure-table"
url = "https://example.com/{release}/{slug}"

[releases."1.9"]
[releases."1.10"]
table.requires = ["flagstone-test-more<2"]
[releases."2.0"]
"""

ASKING = """
import sys
import flagstone_test_program, flagstone_test_needed
try:
    from flagstone_test_more import word
except ImportError:
    word = "nothing"
sys.stdout.write(f"{flagstone_test_program.told} {flagstone_test_needed.told} {word}")
"""


def product(folder: Path, declaration: str = DECLARATION) -> Product:
    (folder / "tool.toml").write_text(declaration)
    return Catalogue.load(folder)["tool"]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    one = Index(tmp_path / "simple")
    for version in ("1.9.1", "1.9.4", "1.10.0"):
        one.add(
            "flagstone-test-program",
            version,
            {"flagstone_test_program.py": f"told = 'program {version}'".encode()},
            requires="flagstone-test-needed",
        )
    one.add("flagstone-test-needed", "3.0", {"flagstone_test_needed.py": b"told = 'needed'"})
    one.add("flagstone-test-more", "1.5", {"flagstone_test_more.py": b"word = 'more'"})
    one.add("flagstone-test-more", "2.0", {"flagstone_test_more.py": b"word = 'too new'"})
    return one


class Unpacking(Pip):
    """As pip does it, but at once: for tests of what comes after."""

    def versions(self, name: str) -> tuple[str, ...]:
        return ("1.10.0", "1.9.4", "1.9.1") if name == "flagstone-test-program" else ()

    def find(self, name: str, version: str) -> Wheel:
        return Wheel(name, version, "x.whl", version.encode().hex().rjust(64, "0"), ())

    def download(self, wheel: Wheel, *, on_progress: Progress = silent) -> Path:
        return self.state

    def install(
        self, wheel: Wheel, folder: Path, *, beside: Sequence[str] = (), temporary: Path
    ) -> None:
        folder.mkdir()
        told = f"told = 'program {wheel.version}'"
        (folder / "flagstone_test_program.py").write_text(told)
        (folder / "flagstone_test_needed.py").write_text("told = 'needed'")


class Made:
    """A source over the index, or without any, with a script of the test's own."""

    def __init__(self, folder: Path, index: Index | None = None) -> None:
        self.folder = folder
        self.index = index
        self.state = folder / "state"
        self.script = folder / "asking.py"
        self.script.write_text(ASKING)

    def source(self, declaration: str = DECLARATION) -> TableSource:
        pip = Pip(self.state, index=self.index.url) if self.index else Unpacking(self.state)
        scripts = {"azure-table": self.script}
        return TableSource(product(self.folder, declaration), pip, scripts=scripts)

    def found(self, label: str) -> tuple[TableSource, Found]:
        source = self.source()
        return source, next(one for one in source.releases() if one.label == label)

    def failure(self) -> SourceError:
        source, found = self.found("1.9")
        with pytest.raises(SourceError) as caught:
            list(source.fetch(source.prepare(found)))
        assert self.left() == []
        assert not (self.state / "tables").exists()
        return caught.value

    def left(self) -> list[Path]:
        return list(self.state.glob("installed-*"))


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


@pytest.fixture
def packaged(tmp_path: Path, index: Index) -> Made:
    return Made(tmp_path, index)


@confined
def test_the_newest_of_a_line_is_installed_asked_and_gone(packaged: Made) -> None:
    source = packaged.source()
    found = source.releases()
    assert [(one.label, one.upstream, one.origin, one.format) for one in found] == [
        ("1.9", "1.9.4", "flagstone-test-program 1.9.4", "azure-table"),
        ("1.10", "1.10.0", "flagstone-test-program 1.10.0", "azure-table"),
    ]
    told: list[str] = []
    (document,) = source.fetch(
        source.prepare(found[0]), on_progress=lambda _, __, what: told.append(what)
    )
    assert document.data == b"program 1.9.4 needed nothing"
    assert document.name == "commands.json.gz"
    assert document.url == "https://example.com/1.9/commands"
    assert document.fetched_at <= datetime.now(UTC)
    assert "flagstone-test-program 1.9.4 installed, to be asked" in told
    assert packaged.left() == []
    assert source.versions() == ("1.10.0", "1.9.4", "1.9.1")


@confined
def test_further_requirements_are_installed_with_it(packaged: Made) -> None:
    source, found = packaged.found("1.10")
    (document,) = source.fetch(source.prepare(found))
    assert document.data == b"program 1.10.0 needed more"


@confined
def test_what_was_asked_once_is_neither_fetched_nor_installed_again(packaged: Made) -> None:
    source, found = packaged.found("1.9")
    (first,) = source.fetch(source.prepare(found))
    shutil.rmtree(packaged.state / "wheels")
    again, same = packaged.found("1.9")  # another build, which reads it with newer code perhaps
    assert same == found
    assert again.prepare(same) == same
    (second,) = again.fetch(same)
    assert second == first
    assert not (packaged.state / "wheels").exists()


@confined
def test_the_fingerprint_changes_with_the_script_and_with_what_is_required(made: Made) -> None:
    before = {one.label: one.fingerprint for one in made.source().releases()}
    changed = DECLARATION.replace("more<2", "more<3")
    after = {one.label: one.fingerprint for one in made.source(changed).releases()}
    assert [label for label in before if before[label] != after[label]] == ["1.10"]
    made.script.write_text(f"{ASKING}\n# more\n")
    other = {one.label: one.fingerprint for one in made.source().releases()}
    assert all(before[label] != other[label] for label in before)


@confined
def test_a_program_that_complains_is_named_with_what_it_said_last(made: Made) -> None:
    made.script.write_text("import flagstone_test_absent")
    error = made.failure()
    assert error.reason is Reason.CRASHED
    assert error.name == "flagstone-test-program 1.9.4"
    assert error.detail == "ModuleNotFoundError: No module named 'flagstone_test_absent'"


@confined
def test_a_program_that_says_nothing_or_is_killed_is_no_release(made: Made) -> None:
    made.script.write_text("pass")
    assert made.failure().reason is Reason.CRASHED
    made.script.write_text("import os; os.kill(os.getpid(), 9)")
    assert made.failure().reason is Reason.CRASHED


@confined
@pytest.mark.parametrize(
    ("script", "allowed", "reasons"),
    [
        # Whichever comes first, of the limits of processor time and of time.
        ("while True: pass", Allowance(seconds=2), {Reason.TIMED_OUT, Reason.CRASHED}),
        ("import time; time.sleep(60)", Allowance(seconds=2), {Reason.TIMED_OUT}),
        ("bytearray(900 * 2**20); print(1)", Allowance(memory=500 * 2**20), {Reason.CRASHED}),
        ("print('x' * 5000)", Allowance(output=5000), {Reason.TOO_LARGE}),
    ],
)
def test_time_memory_and_output_are_limited(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    allowed: Allowance,
    reasons: set[Reason],
) -> None:
    monkeypatch.setattr(table, "ALLOWED", allowed)
    made.script.write_text(script)
    assert made.failure().reason in reasons


@confined
def test_what_is_asked_sees_no_network_no_files_and_writes_nothing(made: Made) -> None:
    secret = made.folder / "secret"
    secret.write_text("hunter2")
    made.script.write_text(f"""
import os, pathlib, socket, sys
said = [sorted(os.environ)]
for attempt in (
    lambda: pathlib.Path({str(secret)!r}).read_text(),
    lambda: socket.create_connection(("127.0.0.1", 1), 2),
    lambda: (pathlib.Path(__file__).parent / "packages" / "x.py").write_text(""),
    lambda: (pathlib.Path(sys.prefix) / "x.py").write_text(""),
):
    try:
        said.append(attempt())
    except OSError as error:
        said.append(error.errno)
print(said)
""")
    source, found = made.found("1.9")
    (document,) = source.fetch(found)
    said = document.data.decode()
    assert "hunter2" not in said
    assert "PYTHONPATH" in said
    assert "PYTEST_CURRENT_TEST" not in said
    numbers = eval(said)[1:]  # noqa: S307  what this very test printed
    assert numbers[0] == 2  # no such file
    assert numbers[1] in (101, 111)  # unreachable, or nobody there: its own loopback
    assert numbers[2:] == [30, 30]  # read-only


def test_nothing_is_asked_where_nothing_shuts_it_in(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "confinement", lambda: "")
    with pytest.raises(ToolMissing, match="can't shut"):
        made.source().releases()


@confined
def test_a_python_without_pip_is_told(made: Made) -> None:
    python = made.folder / "python"
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    pip = Pip(made.state, python=str(python))
    with pytest.raises(ToolMissing, match="pip"):
        TableSource(product(made.folder), pip).releases()


@confined
def test_a_full_disk_is_told_before_anything_is_installed(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 2**40, 2**20))
    error = made.failure()
    assert error.reason is Reason.TOO_LARGE
    assert "1 MB are free" in error.detail


@confined
def test_a_requirement_without_a_wheel_is_named_and_nothing_is_built(
    packaged: Made, index: Index
) -> None:
    shutil.rmtree(index.folder / "flagstone-test-needed")
    sdist = index.folder / "flagstone-test-needed"
    sdist.mkdir()
    (sdist / "flagstone-test-needed-3.0.tar.gz").write_bytes(gzip.compress(b""))
    (sdist / "index.html").write_text(
        '<a href="flagstone-test-needed-3.0.tar.gz">flagstone-test-needed-3.0.tar.gz</a>'
    )
    error = packaged.failure()
    assert error.reason is Reason.NOT_FOUND
    assert "flagstone-test-needed" in error.detail


def test_every_table_has_its_script_and_its_reader() -> None:
    formats = set(get_args(TableFormat))
    assert formats == SCRIPTS.keys()
    assert formats <= MODELS.keys()
    assert all(script.is_file() for script in SCRIPTS.values())


@pytest.mark.parametrize("bad", ["--index-url=x", "-r x", "x", "git+https://x/y", "./x==1"])
def test_requirements_are_names_with_bounds(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ConfigurationError, match="requires"):
        product(tmp_path, DECLARATION.replace("flagstone-test-more<2", bad))


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("FLAGSTONE_TEST_TABLE"),
    reason="installs 400 MB; FLAGSTONE_TEST_TABLE=azure-cli asks for it",
)
def test_a_real_release_is_asked(tmp_path: Path) -> None:
    declared = Catalogue.load()[os.environ["FLAGSTONE_TEST_TABLE"]]
    newest = declared.only(declared.labels[-1:])
    source = TableSource(newest, Pip(tmp_path / "state", python=sys.executable))
    (found,) = source.releases()
    (document,) = source.fetch(source.prepare(found))
    assert len(gzip.decompress(document.data)) > 10**6
    assert list((tmp_path / "state").glob("installed-*")) == []
