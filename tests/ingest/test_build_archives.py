"""Broken packages on their whole way: from a real repository through a real build."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import PAGES, SmallCorpus, held, outcome
from source_debs import Repository, build_deb, deb_of, entry, needs_apt, tar_of

from corpora.catalogue import Product
from corpora.errors import SourceError
from ingest.build import BuildReport
from ingest.sources.deb import DebSource

MANUAL = "usr/share/man/man1/git-commit.1.gz"
GOOD, BETTER, BROKEN = "1:2.30.2-1", "1:2.39.4-1", "1:2.39.5-1"


class Mirror:
    """A repository of ``git-man``, and builds from it."""

    def __init__(self, folder: Path, corpus: SmallCorpus) -> None:
        self.folder = folder
        self.corpus = corpus
        self.repository = Repository(folder / "mirror")
        self._debs: list[Path] = []

    def add(self, *debs: Path) -> None:
        self._debs += debs
        self.repository.publish("sid", self._debs)

    def pool(self, version: str) -> Path:
        return self.repository.root / "pool" / f"git-man_{version.replace(':', '%3a')}_all.deb"

    def build(self, **options: object) -> BuildReport:
        archive = self.repository.archive(self.folder / "state", "sid")

        def source(product: Product) -> DebSource:
            return DebSource(product, archive)

        return self.corpus.build({"git": ["2.30", "2.39"]}, source=source, **options)


def commit(label: str) -> bytes:
    return gzip.compress((PAGES / f"git-{label}" / "git-commit.1").read_bytes(), mtime=0)


def deb(folder: Path, version: str) -> Path:
    label = ".".join(version.partition(":")[2].split(".")[:2])
    return build_deb(folder, "git-man", version, {MANUAL: commit(label)})


def truncated(mirror: Mirror) -> None:
    whole = deb(mirror.folder, BROKEN)
    whole.write_bytes(whole.read_bytes()[:-2000])  # listed as it is: cut at its origin
    mirror.add(whole)


def tampered_with(mirror: Mirror) -> None:
    mirror.add(deb(mirror.folder, BROKEN))
    file = mirror.pool(BROKEN)
    file.write_bytes(file.read_bytes()[:-1] + b"X")


def by_hand(mirror: Mirror, *members: tuple[str, bytes]) -> None:
    data = tar_of([(entry(name), content) for name, content in members])
    name = f"git-man_{BROKEN.replace(':', '%3a')}_all.deb"
    mirror.add(deb_of(mirror.folder / name, data, name="git-man", version=BROKEN))


def climbing(mirror: Mirror) -> None:
    by_hand(
        mirror,
        (f"./{MANUAL}", commit("2.39")),
        ("./usr/share/man/man1/../../../../../../climbed.1", b"out"),
    )


@needs_apt
@pytest.mark.parametrize(
    ("breakage", "told"),
    [
        (truncated, f"git-man {BROKEN}: damaged_archive"),
        (tampered_with, f"git-man {BROKEN}: checksum_mismatch"),
        (climbing, f"git-man {BROKEN}: unsafe_path"),
    ],
)
def test_a_broken_package_is_named_and_what_was_published_stays(
    breakage: Callable[[Mirror], None], told: str, tmp_path: Path, corpus: SmallCorpus
) -> None:
    mirror = Mirror(tmp_path, corpus)
    mirror.add(deb(tmp_path, GOOD), deb(tmp_path, BETTER))
    before = mirror.build()
    assert before.complete
    assert [one.upstream for one in before.releases] == ["2.30.2", "2.39.4"]
    breakage(mirror)
    report = mirror.build()
    assert outcome(report, "git 2.30").state == "unchanged"
    broken = outcome(report, "git 2.39")
    assert (broken.state, broken.upstream) == ("kept", "2.39.4")
    assert told in broken.error
    assert (report.published, report.snapshot) == (False, before.snapshot)
    with pytest.raises(SourceError) as failure:
        mirror.build(on_failure="fail")
    assert told in str(failure.value)
    assert corpus.snapshot.id == before.snapshot
    assert not list(tmp_path.rglob("climbed*"))


@needs_apt
def test_a_package_that_is_gone_gives_way_to_the_next_best(
    tmp_path: Path, corpus: SmallCorpus
) -> None:
    mirror = Mirror(tmp_path, corpus)
    mirror.add(deb(tmp_path, GOOD), deb(tmp_path, BETTER), deb(tmp_path, BROKEN))
    mirror.pool(BROKEN).unlink()
    steps: list[tuple[str, int, int | None]] = []
    report = mirror.build(progress=lambda *step: steps.append(step))
    assert outcome(report, "git 2.39").upstream == "2.39.4"
    assert outcome(report, "git 2.39").state == "new"
    assert held(corpus.snapshot) == ["git 2.30", "git 2.39"]
    passage = next(one for one in corpus.snapshot if "2.39" in one.releases)
    assert passage.at("2.39").url.startswith("https://git-scm.com/docs/git-commit/2.39.4#")
    assert any(stage == f"bytes of git-man {BETTER}" for stage, _, _ in steps)
    again = mirror.build()
    assert [one.state for one in again.releases] == ["unchanged", "unchanged"]
