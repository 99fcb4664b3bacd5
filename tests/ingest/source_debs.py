"""Makes real Debian packages and repositories, and hostile ones, for the tests of the sources."""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.sources.apt import AptArchive

needs_dpkg = pytest.mark.skipif(
    not shutil.which("dpkg-deb"), reason="dpkg-deb is not on this machine"
)
needs_apt = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="apt is not on this machine"
)
needs_gpg = pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not on this machine")


def build_deb(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> Path:
    """Build a package with ``dpkg-deb``; a value that starts with ``->`` makes a symbolic link."""
    tree = folder / f"{name}_tree"
    shutil.rmtree(tree, ignore_errors=True)
    for path, data in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if data.startswith(b"->"):
            place.symlink_to(data[2:].decode())
        else:
            place.write_bytes(data)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: made for a test\n"
    )
    deb = folder / f"{name}_{version.replace(':', '%3a')}_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, deb],
        check=True,
        capture_output=True,
        # The same files make the same bytes, whenever they are built.
        env={**os.environ, "SOURCE_DATE_EPOCH": "1000000000"},
    )
    return deb


def page(text: str) -> bytes:
    """A manual page as Debian packs it."""
    return gzip.compress(text.encode(), mtime=0)


def entry(name: str, **fields: object) -> tarfile.TarInfo:
    """A header of a tar archive; ``type``, ``linkname``, ``size`` … as TarInfo has them."""
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def tar_of(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar archive with exactly these headers, however unsafe."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, data in entries:
            info.size = len(data) or info.size
            archive.addfile(info, io.BytesIO(data or bytes(info.size)))
    return buffer.getvalue()


def deb_of(path: Path, data_tar: bytes, *, name: str = "x", version: str = "1") -> Path:
    """A package made by hand around any data archive."""
    stanza = f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
    control = tar_of([(entry("./control"), stanza.encode())])
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(control),
        "data.tar.gz": gzip.compress(data_tar, 1),
    }
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, data in members.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
            file.write(data + b"\n" * (len(data) % 2))
    return path


class Repository:
    """An apt repository in a folder, reached by ``copy:``; unsigned unless ``key`` is given."""

    def __init__(self, root: Path, *, gnupg: Path | None = None) -> None:
        self.root = root
        self.gnupg = gnupg
        self._published = 0
        self.architecture = subprocess.run(
            ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
        ).stdout.strip()
        root.mkdir()

    @property
    def uri(self) -> str:
        return f"copy:{self.root}"

    def publish(self, suite: str, debs: Iterable[Path]) -> None:
        """Write the index of one suite, and put its packages into the pool."""
        pool = self.root / "pool"
        pool.mkdir(exist_ok=True)
        stanzas = []
        for deb in debs:
            shutil.copy(deb, pool / deb.name)
            control = subprocess.run(
                ["dpkg-deb", "--field", deb], check=True, capture_output=True, text=True
            ).stdout
            data = deb.read_bytes()
            stanzas.append(
                f"{control}Filename: pool/{deb.name}\nSize: {len(data)}\n"
                f"SHA256: {hashlib.sha256(data).hexdigest()}\n"
            )
        packages = "\n".join(stanzas).encode()
        folder = self.root / "dists" / suite
        index = f"main/binary-{self.architecture}/Packages"
        (folder / index).parent.mkdir(parents=True, exist_ok=True)
        (folder / index).write_bytes(packages)
        (folder / "Release").write_text(
            f"Origin: Debian\nSuite: {suite}\nCodename: {suite}\n"
            f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} UTC\n"
            f"Architectures: {self.architecture}\nComponents: main\n"
            f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} {index}\n"
        )
        if self.gnupg:
            self._gpg("--clearsign", "--output", folder / "InRelease", folder / "Release")
            (folder / "Release").unlink()
        # apt asks by date, which has seconds: two indexes of one second would look the same.
        self._published += 1
        for file in folder.glob("*Release"):
            os.utime(file, (1_600_000_000 + self._published,) * 2)

    def make_key(self) -> Path:
        """Make the key that signs the suites published from now on; give its public keyring."""
        self.gnupg = self.gnupg or self.root / "gnupg"
        self.gnupg.mkdir(mode=0o700)
        self._gpg("--passphrase", "", "--quick-generate-key", "test@example.org", "ed25519")
        keyring = self.root / "key.gpg"
        self._gpg("--output", keyring, "--export")
        return keyring

    def _gpg(self, *words: object) -> None:
        subprocess.run(
            ["gpg", "--batch", "--yes", "--homedir", str(self.gnupg), *map(str, words)],
            check=True,
            capture_output=True,
        )

    def end_agent(self) -> None:
        """End the background process that gpg starts for its folder."""
        if self.gnupg:
            words = ["gpgconf", "--homedir", str(self.gnupg), "--kill", "gpg-agent"]
            subprocess.run(words, check=False, capture_output=True)

    def archive(self, state: Path, *suites: str, **options: object) -> AptArchive:
        """Open it with a private apt; its signatures are waived unless ``trusted`` is False."""
        options = {"trusted": True, **options}
        return AptArchive(state, mirror=self.uri, suites=suites, **options)  # type: ignore[arg-type]
