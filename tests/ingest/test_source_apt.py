"""The private apt: real apt programs on repositories made here."""

import hashlib
import multiprocessing
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from source_debs import Repository, build_deb, needs_apt, needs_gpg

from corpora.errors import BuildLocked, ConfigurationError, Reason, SourceError, ToolMissing
from ingest.sources import apt_output
from ingest.sources.apt import AptArchive

pytestmark = needs_apt


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """Two suites: the older has tool 1.0, the newer 1.0 and 2.0."""
    made = Repository(tmp_path / "mirror")
    one = build_deb(tmp_path, "tool", "1:1.0-1", {"usr/share/doc/tool": b"one"})
    two = build_deb(tmp_path, "tool", "1:2.0+dfsg1-1", {"usr/share/doc/tool": b"two"})
    made.publish("bookworm", [one])
    made.publish("sid", [one, two])
    yield made
    made.end_agent()


# --- suites and versions ---------------------------------------------------------------------


def test_versions_come_newest_first_with_the_oldest_suite_that_has_them(
    tmp_path: Path, repository: Repository
) -> None:
    archive = repository.archive(tmp_path / "state", "bookworm", "sid")
    found = archive.versions(["tool", "nothing-of-that-name"])
    assert [(one.version, one.upstream, one.suite) for one in found["tool"]] == [
        ("1:2.0+dfsg1-1", "2.0", "sid"),
        ("1:1.0-1", "1.0", "bookworm"),
    ]
    assert found["nothing-of-that-name"] == ()
    newest = found["tool"][0]
    deb = (repository.root / newest.filename).read_bytes()
    assert (newest.size, newest.sha256) == (len(deb), hashlib.sha256(deb).hexdigest())


def test_debian_decides_which_version_is_newer(tmp_path: Path, repository: Repository) -> None:
    spellings = ["2.0~rc1-1", "1.10-1", "1.9-1", "1:0.1-1", "2.0-1~bpo12+1", "2.0-1"]
    repository.publish("sid", [build_deb(tmp_path, "odd", v, {}) for v in spellings])
    found = repository.archive(tmp_path / "state", "sid").versions(["odd"])["odd"]
    assert [one.version for one in found] == [
        "1:0.1-1", "2.0-1", "2.0-1~bpo12+1", "2.0~rc1-1", "1.10-1", "1.9-1",
    ]  # fmt: skip


def test_a_suite_that_the_mirror_lacks_is_reported_and_the_rest_goes_on(
    tmp_path: Path, repository: Repository
) -> None:
    archive = repository.archive(tmp_path / "state", "bookworm", "buster", "sid", trusted=False)
    repository.make_key()
    # Without signatures no suite can be used: each is reported with its own reason.
    with pytest.raises(SourceError) as caught:
        archive.update()
    assert caught.value.reason is Reason.UNREACHABLE
    assert "bookworm" in caught.value.detail

    update = repository.archive(tmp_path / "state", "bookworm", "buster", "sid").update()
    assert update.suites == ("bookworm", "sid")
    assert list(update.failed) == ["buster"]
    assert update.failed["buster"]


def test_an_update_is_made_once_per_object_and_tells_its_progress(
    tmp_path: Path, repository: Repository
) -> None:
    archive = repository.archive(tmp_path / "state", "sid")
    told: list[tuple[int, int | None]] = []
    first = archive.update(on_progress=lambda done, total, what: told.append((done, total)))
    assert told == [(0, 1), (1, 1)]
    assert first.transferred
    repository.publish("sid", [build_deb(tmp_path, "other", "1", {})])
    assert archive.update() is first
    again = repository.archive(tmp_path / "state", "sid")
    assert again.versions(["tool"])["tool"] == ()


def test_an_unchanged_index_is_not_fetched_again(tmp_path: Path, repository: Repository) -> None:
    first = repository.archive(tmp_path / "state", "sid").update()
    second = repository.archive(tmp_path / "state", "sid").update()
    assert first.transferred is not None
    assert (second.transferred or 0) < first.transferred


@needs_gpg
def test_signatures_are_checked_against_the_keyring(tmp_path: Path, repository: Repository) -> None:
    keyring = repository.make_key()
    deb = build_deb(tmp_path, "tool", "3.0-1", {})
    repository.publish("trixie", [deb])
    repository.publish("forky", [deb])
    signed = repository.root / "dists/forky/InRelease"
    signed.write_text(signed.read_text().replace("Suite: forky", "Suite: f0rky"))
    archive = repository.archive(
        tmp_path / "state", "bookworm", "trixie", "forky", trusted=False, keyring=str(keyring)
    )
    update = archive.update()
    assert update.suites == ("trixie",)
    assert set(update.failed) == {"bookworm", "forky"}
    assert "not signed" in update.failed["bookworm"] or "Release" in update.failed["bookworm"]
    assert "ignature" in update.failed["forky"] or "BADSIG" in update.failed["forky"]
    assert archive.download(archive.versions(["tool"])["tool"][0]).is_file()

    stranger = Repository(tmp_path / "other")
    other_key = stranger.make_key()
    stranger.end_agent()
    with pytest.raises(SourceError, match=r"trixie: .*(NO_PUBKEY|not signed|ignature)"):
        repository.archive(
            tmp_path / "state2", "trixie", trusted=False, keyring=str(other_key)
        ).update()


@pytest.mark.parametrize("name", ["-o=Dir=/", "Tool", "tool=1", "../x", "to ol", ""])
def test_a_name_that_is_no_package_never_reaches_apt(
    tmp_path: Path, repository: Repository, name: str
) -> None:
    with pytest.raises(ConfigurationError, match="not the name of a Debian package"):
        repository.archive(tmp_path / "state", "sid").versions([name])


def test_bad_addresses_suites_and_paths_are_refused(tmp_path: Path) -> None:
    for mirror, suites, state in (
        ("no address", ["sid"], "a"),
        ("http://deb.example.org\nTrusted: yes", ["sid"], "a"),
        ("http://deb.example.org", ["sid trixie"], "a"),
        ("http://deb.example.org", ["-x"], "a"),
        ("http://deb.example.org", ["sid"], 'a"; Dir "/'),
    ):
        with pytest.raises(ConfigurationError):
            AptArchive(tmp_path / state, mirror=mirror, suites=suites)


# --- packages --------------------------------------------------------------------------------


def test_a_package_is_fetched_once_and_verified_each_time(
    tmp_path: Path, repository: Repository
) -> None:
    archive = repository.archive(tmp_path / "state", "sid")
    package = archive.versions(["tool"])["tool"][0]
    told: list[int] = []
    path = archive.download(package, on_progress=lambda done, total, what: told.append(done))
    assert told == [0, package.size]
    assert path == tmp_path / f"state/debs/{package.sha256}.deb"
    inode = path.stat().st_ino
    assert archive.download(package) == path
    assert path.stat().st_ino == inode

    path.write_bytes(path.read_bytes()[:-1] + b"X")
    archive.download(package)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == package.sha256

    shutil.rmtree(repository.root)
    assert repository.archive(tmp_path / "state", "sid", offline=True).download(package) == path


def test_a_package_that_is_not_what_the_index_lists_is_refused_and_not_kept(
    tmp_path: Path, repository: Repository
) -> None:
    archive = repository.archive(tmp_path / "state", "sid")
    package = archive.versions(["tool"])["tool"][0]
    file = repository.root / package.filename
    file.write_bytes(file.read_bytes()[:-1] + b"X")
    with pytest.raises(SourceError) as caught:
        archive.download(package)
    assert caught.value.reason is Reason.CHECKSUM_MISMATCH
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SourceError) as caught:
        archive.download(package)
    assert caught.value.reason is Reason.CHECKSUM_MISMATCH
    assert list((tmp_path / "state/debs").iterdir()) == []
    assert list((tmp_path / "state/incoming").iterdir()) == []


def test_a_listed_package_that_is_gone_is_not_found(tmp_path: Path, repository: Repository) -> None:
    archive = repository.archive(tmp_path / "state", "sid")
    package = archive.versions(["tool"])["tool"][0]
    (repository.root / package.filename).unlink()
    with pytest.raises(SourceError, match=r"tool 1:2\.0\+dfsg1-1: not_found") as caught:
        archive.download(package)
    assert caught.value.reason is Reason.NOT_FOUND


def test_what_a_killed_download_left_behind_is_discarded(
    tmp_path: Path, repository: Repository
) -> None:
    left = tmp_path / "state/incoming/killed/tool_half.deb"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    archive = repository.archive(tmp_path / "state", "sid")
    archive.download(archive.versions(["tool"])["tool"][0])
    assert not left.exists()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("E: Failed to fetch http://m/x.deb  404  Not Found [IP: 1.2.3.4 80]", Reason.NOT_FOUND),
        ("E: Failed to fetch http://m/x.deb  Hash Sum mismatch", Reason.CHECKSUM_MISMATCH),
        ("E: Failed to fetch http://m/x.deb  Connection timed out", Reason.TIMED_OUT),
        ("E: Failed to fetch http://m/x.deb  Could not resolve 'm'", Reason.UNREACHABLE),
        ("", Reason.UNREACHABLE),
    ],
)
def test_what_apt_says_becomes_a_reason(said: str, reason: Reason) -> None:
    assert apt_output.download_error("x 1", said).reason is reason


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("Fetched 626 kB in 0s (3612 kB/s)", 626_000),
        ("Hit:1 x\nFetched 48.9 MB in 6s (8,150 kB/s)\n", 48_900_000),
        ("Fetched 1,024 B in 0s (1 B/s)", 1024),
        ("Hit:1 http://mirror sid InRelease", None),
    ],
)
def test_the_size_that_apt_says_it_fetched_is_read(said: str, size: int | None) -> None:
    assert apt_output.transferred(said) == size


# --- several at once, offline, without apt ----------------------------------------------------


def fetch_in_a_process(mirror: str, state: Path) -> Path:
    archive = AptArchive(state, mirror=mirror, suites=["sid"], trusted=True)
    return archive.download(archive.versions(["tool"])["tool"][0])


def test_processes_that_share_a_state_folder_take_turns(
    tmp_path: Path, repository: Repository
) -> None:
    state = tmp_path / "state"
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(fetch_in_a_process, repository.uri, state) for _ in range(3)]
        paths = {one.result(timeout=60) for one in waiting}
    assert len(paths) == 1
    assert repository.archive(state, "sid", offline=True).versions(["tool"])["tool"]


def test_threads_that_share_an_archive_take_turns(tmp_path: Path, repository: Repository) -> None:
    archive = repository.archive(tmp_path / "state", "sid")
    found: list[Path] = []

    def fetch() -> None:
        found.append(archive.download(archive.versions(["tool"])["tool"][0]))

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_a_state_folder_held_too_long_by_another_is_reported(
    tmp_path: Path, repository: Repository
) -> None:
    holder = repository.archive(tmp_path / "state", "sid")
    waiting = repository.archive(tmp_path / "state", "sid", lock_timeout=0.0)
    with holder._locked(), pytest.raises(BuildLocked, match="Another process is using"):
        waiting.update()
    waiting.update()


def test_offline_needs_an_index_and_never_fetches(tmp_path: Path, repository: Repository) -> None:
    state = tmp_path / "state"
    with pytest.raises(SourceError) as caught:
        repository.archive(state, "sid", offline=True).update()
    assert caught.value.reason is Reason.NOT_FOUND
    repository.archive(state, "sid").update()
    offline = repository.archive(state, "sid", offline=True)
    package = offline.versions(["tool"])["tool"][0]
    with pytest.raises(SourceError, match="offline"):
        offline.download(package)


def test_a_machine_without_apt_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"apt-get.*Debian container"):
        AptArchive(tmp_path / "state", mirror="http://deb.example.org/debian")
