"""A snapshot as a file: carried whole, signed, and read without trusting it."""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_snapshots import publish, release

from corpora.errors import BadSnapshotFile, BuildLocked, ConfigurationError, CorruptSnapshot
from corpora.snapshot import Manifest, Snapshot, current_id
from ingest import artefacts
from ingest.artefacts import export, import_snapshot
from ingest.release_files import ReleaseFiles
from ingest.snapshot import build_lock

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    data = tmp_path_factory.mktemp("published")
    return publish(data, [release(ReleaseFiles(data / "releases"), "15", "sql-truncate")])


@pytest.fixture(scope="module")
def file(published: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("file") / "snapshot.tar.gz"
    export(published, file)
    return file


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Makes a pair of keys, private and public, as OpenSSL writes them."""
    folder = tmp_path_factory.mktemp("keys")

    def make(name: str) -> tuple[Path, Path]:
        private, public = folder / f"{name}.pem", folder / f"{name}.pub"
        if not private.exists():
            key = Ed25519PrivateKey.generate()
            private.write_bytes(
                key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            public.write_bytes(
                key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            )
        return private, public

    return make


def contents(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_a_snapshot_arrives_as_it_was(published: Snapshot, file: Path, tmp_path: Path) -> None:
    done = import_snapshot(tmp_path / "data", file)
    assert done.snapshot == published.id
    assert done.new
    arrived = Snapshot.open(tmp_path / "data/snapshots" / published.id)
    arrived.verify()
    assert contents(arrived.path) == contents(published.path)
    assert not (tmp_path / "data/current").exists(), "to serve is another step"
    assert not (tmp_path / "data/staging").exists()
    assert not import_snapshot(tmp_path / "data", file).new


def test_the_same_snapshot_is_the_same_file(
    published: Snapshot, file: Path, tmp_path: Path
) -> None:
    done = export(published, tmp_path / "again.tar.gz")
    assert done.file.read_bytes() == file.read_bytes()
    assert done.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [one.name for one in tmp_path.iterdir()] == ["again.tar.gz"]
    with tarfile.open(file) as tar:  # any tar reads it
        assert tar.getnames()[0] == f"{published.id}/manifest.json"


def test_zeros_arrive_as_holes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shelf = ReleaseFiles(data / "releases")
    snapshot = publish(data, [release(shelf, "15", "sql-truncate")])
    hollow = snapshot.path / "index/store/hollow"
    with hollow.open("wb") as made:
        made.truncate(50_000_000)
    files = {**snapshot.manifest.files, "index/store/hollow": artefacts.file_sha256(hollow)}
    del files["manifest.json"]
    manifest = snapshot.manifest.model_copy(update={"files": files}).with_own_checksum()
    (snapshot.path / "manifest.json").write_text(manifest.model_dump_json())
    done = export(Snapshot.open(snapshot.path), tmp_path / "file")
    assert done.bytes < 1_000_000
    import_snapshot(tmp_path / "other", done.file)
    arrived = tmp_path / "other/snapshots" / snapshot.id / "index/store/hollow"
    assert arrived.stat().st_size == 50_000_000
    assert arrived.stat().st_blocks * 512 < 1_000_000


def test_a_damaged_snapshot_is_not_exported(tmp_path: Path) -> None:
    data = tmp_path / "data"
    snapshot = publish(data, [release(ReleaseFiles(data / "r"), "15", "sql-truncate")])
    (snapshot.path / "index/card.json").write_text("{}")
    with pytest.raises(CorruptSnapshot, match=r"card\.json"):
        export(snapshot, tmp_path / "file")
    shutil.rmtree(snapshot.path / "index/store")
    with pytest.raises(ConfigurationError, match="on a Qdrant server"):
        export(snapshot, tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_while_a_build_runs_nothing_is_imported(file: Path, tmp_path: Path) -> None:
    with build_lock(tmp_path), pytest.raises(BuildLocked):
        import_snapshot(tmp_path, file)


def test_a_disk_without_room_is_told(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=200_000_000)
    monkeypatch.setattr(artefacts.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BadSnapshotFile, match="200 MB free"):
        import_snapshot(tmp_path / "data", file)
    assert not list((tmp_path / "data").glob("s*"))


# --- Signatures -----------------------------------------------------------------------------------


def test_a_signed_snapshot_is_taken_by_who_knows_the_key(
    published: Snapshot, tmp_path: Path, keys: Callable[[str], tuple[Path, Path]]
) -> None:
    private, public = keys("ours")
    signed = export(published, tmp_path / "signed", private_key=private)
    assert import_snapshot(tmp_path / "a", signed.file, public_key=public).signed
    arrived = Snapshot.open(tmp_path / "a/snapshots" / published.id)
    arrived.verify()
    passed_on = export(arrived, tmp_path / "again")
    assert passed_on.sha256 == signed.sha256, "the signature goes with it"
    _, other = keys("theirs")
    with pytest.raises(BadSnapshotFile, match="is not of"):
        import_snapshot(tmp_path / "b", signed.file, public_key=other)
    assert not (tmp_path / "b/snapshots").exists()


def test_an_unsigned_snapshot_is_refused_by_who_asks_for_a_signature(
    file: Path, tmp_path: Path, keys: Callable[[str], tuple[Path, Path]]
) -> None:
    with pytest.raises(BadSnapshotFile, match="not signed") as caught:
        import_snapshot(tmp_path, file, public_key=keys("ours")[1])
    assert "--sign" in caught.value.hint


def test_a_key_that_is_none_is_named(published: Snapshot, file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    for key in (wrong, tmp_path / "absent"):
        with pytest.raises(ConfigurationError, match=str(key)):
            export(published, tmp_path / "file", private_key=key)
        with pytest.raises(ConfigurationError, match=str(key)):
            import_snapshot(tmp_path / "data", file, public_key=key)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_makes_the_keys_and_checks_the_signature(
    published: Snapshot, tmp_path: Path
) -> None:
    def openssl(*words: object) -> str:
        run = subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
        return run.stdout.decode()

    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    done = export(published, tmp_path / "file", private_key=private)
    import_snapshot(tmp_path / "data", done.file, public_key=public)
    folder = tmp_path / "data/snapshots" / published.id
    checked = ("-in", folder / "manifest.json", "-sigfile", folder / "manifest.sig")
    said = openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", *checked)
    assert "Verified Successfully" in said


# --- Files that nobody vouches for ----------------------------------------------------------------


def members(file: Path) -> Members:
    with tarfile.open(file) as tar:
        return [(one, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]


def packed(to: Path, parts: Members) -> Path:
    with tarfile.open(to, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        for info, data in parts:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))
    return to


def entry(name: str, **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, b"x"


def refused(data: Path, file: Path, **options: Path) -> str:
    """Import a file that must be refused, leaving nothing; give why."""
    with pytest.raises(BadSnapshotFile) as caught:
        import_snapshot(data, file, **options)
    assert sorted(one.name for one in data.iterdir()) == ["lock"]
    return str(caught.value)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (entry("{id}/../../evil"), "does not name"),
        (entry("/etc/evil"), "does not name"),
        (entry("{id}/evil"), "does not name"),
        (entry("{id}/corpus.sqlite"), "only once"),
        (entry("{id}/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "not a plain file"),
        (entry("{id}/link", type=tarfile.LNKTYPE, linkname="/etc/passwd"), "not a plain file"),
        (entry("{id}/folder", type=tarfile.DIRTYPE), "not a plain file"),
        (entry("{id}/device", type=tarfile.CHRTYPE), "not a plain file"),
        (entry("{id}/pipe", type=tarfile.FIFOTYPE), "not a plain file"),
        (entry("{id}/" + "a" * 2_000), "a name of"),
    ],
)
def test_what_does_not_belong_is_refused(
    published: Snapshot,
    file: Path,
    tmp_path: Path,
    extra: tuple[tarfile.TarInfo, bytes],
    why: str,
) -> None:
    info = extra[0].replace(name=extra[0].name.replace("{id}", published.id))
    parts = [*members(file), (info, extra[1])]
    assert why in refused(tmp_path / "data", packed(tmp_path / "f", parts))


@pytest.mark.parametrize(
    "name",
    ["../evil", "/evil", "a/../../evil", "a//b", "./a", "a/.", "a\\b", "a\n", "", "C:/x", "a\0b",
     "a" * 300, "manifest.sig"],
)  # fmt: skip
def test_a_manifest_names_files_below_its_own_folder_only(
    published: Snapshot, file: Path, tmp_path: Path, name: str
) -> None:
    files = {**published.manifest.files, name: hashlib.sha256(b"x").hexdigest()}
    del files["manifest.json"]
    sealed = published.manifest.model_copy(update={"files": files}).with_own_checksum()
    first, *others = members(file)
    parts = [(first[0], sealed.model_dump_json().encode()), *others]
    assert "names a file" in refused(tmp_path / "data", packed(tmp_path / "f", parts))


def resealed(file: Path, **changes: object) -> Members:
    first, *others = members(file)
    manifest = Manifest.model_validate_json(first[1]).model_copy(update=changes)
    return [(first[0], manifest.with_own_checksum().model_dump_json().encode()), *others]


def test_a_manifest_of_another_form_is_refused(file: Path, tmp_path: Path) -> None:
    for changes, why in (
        ({"id": "../../../../evil"}, "its id is none"),
        ({"format": 99}, "format 99"),
    ):
        made = packed(tmp_path / "f", resealed(file, **changes))
        told = refused(tmp_path / "data", made)
        assert why in told
    first, *others = members(file)
    changed = json.loads(first[1]) | {"passages": 7}
    parts = [(first[0], json.dumps(changed).encode()), *others]
    assert "was changed" in refused(tmp_path / "data", packed(tmp_path / "f", parts))
    parts = [(first[0], b" " * 5_000_000), *others]
    assert "are the most" in refused(tmp_path / "data", packed(tmp_path / "f", parts))
    assert "begin with a manifest" in refused(tmp_path / "data", packed(tmp_path / "f", others))
    assert "lacks" in refused(tmp_path / "data", packed(tmp_path / "f", [first]))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW evil AS SELECT load_extension('evil')",
        "CREATE TRIGGER evil AFTER INSERT ON pages BEGIN SELECT load_extension('evil'); END",
        "CREATE VIRTUAL TABLE evil USING fts5(text)",
    ],
)
def test_a_database_that_does_more_than_hold_rows_is_refused(
    published: Snapshot, tmp_path: Path, statement: str
) -> None:
    copy = tmp_path / "copy" / published.id
    shutil.copytree(published.path, copy)
    with sqlite3.connect(copy / "corpus.sqlite") as db:
        db.execute(statement)
    db.close()
    files = {**published.manifest.files}
    del files["manifest.json"]
    files["corpus.sqlite"] = artefacts.file_sha256(copy / "corpus.sqlite")
    manifest = published.manifest.model_copy(update={"files": files}).with_own_checksum()
    (copy / "manifest.json").write_text(manifest.model_dump_json())
    made = export(Snapshot.open(copy), tmp_path / "file")
    assert "evil" in refused(tmp_path / "data", made.file)


def test_a_file_that_is_cut_off_or_changed_anywhere_is_refused(file: Path, tmp_path: Path) -> None:
    whole = gzip.decompress(file.read_bytes())
    end = len(whole.rstrip(b"\0"))
    for at in [1, 511, 513, *range(600, end, end // 12)]:
        (tmp_path / "f").write_bytes(gzip.compress(whole[:at], 1))
        refused(tmp_path / "data", tmp_path / "f")
    for at in (len(file.read_bytes()) // 2, 20):
        (tmp_path / "f").write_bytes(file.read_bytes()[:at])
        refused(tmp_path / "data", tmp_path / "f")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_changed_byte_never_arrives(
    published: Snapshot, file: Path, tmp_path: Path, draw: st.DataObject
) -> None:
    """Either the file is refused, or what arrives is the snapshot as it was."""
    whole = bytearray(gzip.decompress(file.read_bytes()))
    for _ in range(draw.draw(st.integers(1, 4))):
        # Headers are few among the bytes, and where the mischief is.
        near = draw.draw(st.integers(0, 600))
        starts = [0, whole.find(b"corpus.sqlite", 5_000), whole.find(b"index/card.json", 5_000)]
        base = draw.draw(st.sampled_from([max(one - 20, 0) for one in starts]))
        whole[base + near] = draw.draw(st.integers(0, 255))
    made = tmp_path / "changed"
    made.write_bytes(gzip.compress(bytes(whole), 1))
    data = tmp_path / "data"
    shutil.rmtree(data, ignore_errors=True)
    try:
        done = import_snapshot(data, made)
    except BadSnapshotFile:
        assert sorted(one.name for one in data.iterdir()) == ["lock"]
    else:
        Snapshot.open(data / "snapshots" / done.snapshot).verify()
        assert contents(data / "snapshots" / published.id) == contents(published.path)
    assert {one.name for one in tmp_path.iterdir()} <= {"changed", "data"}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=3_000), st.booleans())
def test_any_bytes_at_all_are_refused(tmp_path: Path, noise: bytes, compressed: bool) -> None:
    (tmp_path / "f").write_bytes(gzip.compress(noise, 1) if compressed else noise)
    refused(tmp_path / "data", tmp_path / "f")


def test_a_file_that_grows_without_end_is_refused_without_being_unpacked(
    published: Snapshot, tmp_path: Path
) -> None:
    """A gigabyte of zeros in a few kilobytes, said to be the manifest."""
    info = tarfile.TarInfo(f"{published.id}/manifest.json")
    info.size = 1 << 40
    body = info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)
    (tmp_path / "f").write_bytes(gzip.compress(body, 9))
    assert "are the most" in refused(tmp_path / "data", tmp_path / "f")


def test_a_snapshot_that_stands_there_damaged_is_replaced(
    published: Snapshot, file: Path, tmp_path: Path
) -> None:
    import_snapshot(tmp_path, file)
    arrived = tmp_path / "snapshots" / published.id
    os.truncate(arrived / "corpus.sqlite", 100)
    assert import_snapshot(tmp_path, file).new
    Snapshot.open(arrived).verify()
    assert current_id(published.path.parents[1]) == published.id
