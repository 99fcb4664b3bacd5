"""The machine's ordinary pip as a client of package indexes: versions, checksums, wheels.

Which index it asks is the machine's own configuration, or the one given. Nothing is built or run:
only wheels are taken (``--only-binary :all:``), because pip would run the ``setup.py`` of an sdist
to learn its metadata. To install a wheel is to unpack it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from corpora.errors import ConfigurationError, Reason, SourceError, ToolMissing
from corpora.snapshot import file_sha256
from ingest.sources.base import Progress, silent
from ingest.sources.processes import Finished, run, tool

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,63}")
_WHEEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,240}\.whl")
_AVAILABLE = re.compile(r"^Available versions: (?P<versions>[^\n]{1,1000000})$", re.MULTILINE)
_ABSENT = re.compile(r"No matching distribution found|Could not find a version", re.IGNORECASE)
_LACKING = re.compile(r"No matching distribution found for (\S{1,200})")

_QUERY_TIMEOUT = 300.0
_DOWNLOAD_TIMEOUT = 1800.0
_INSTALL_TIMEOUT = 3600.0
"""azure-cli with the 140 to 149 packages that it requires takes 37 to 70 s."""
_REPORT_CHARACTERS = 8 * 2**20
_HINT = "Install pip for the Python that runs this (Debian, Ubuntu: apt install python3-pip)."

_DISK = "Make room where FLAGSTONE_DATA is."
_ENV = "It comes with every Unix."


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel as the index lists it."""

    name: str
    version: str
    file: str
    sha256: str
    """64 hex digits, as the index gives them."""
    requires: tuple[str, ...]
    """Its requirements, as its metadata states them: ``botocore==1.43.11``."""

    @property
    def origin(self) -> str:
        """Name it with its version: ``awscli 1.45.11``."""
        return f"{self.name} {self.version}"

    def required(self, name: str) -> Requirement | None:
        """Find its requirement of another package that holds without extras."""
        for text in self.requires:
            try:
                one = Requirement(text)
            except InvalidRequirement:
                continue
            if canonicalize_name(one.name) == canonicalize_name(name) and not (
                one.marker and "extra" in str(one.marker)
            ):
                return one
        return None


class Pip:
    """Package indexes as pip sees them. ``state`` keeps wheels that were verified.

    ``index``: address of the index (default: the machine's configuration). ``python``: the Python
    whose pip is used. ``offline``: use the wheels that are there.
    """

    def __init__(
        self,
        state: Path,
        *,
        index: str | None = None,
        python: str = sys.executable,
        offline: bool = False,
    ) -> None:
        self.state = state.absolute()
        self._index = ["--index-url", index] if index else []
        # An index that is named is the only one asked: another's package of the same name is
        # another package.
        self._alone = (
            [
                tool("env", hint=_ENV),
                *("-u", "PIP_EXTRA_INDEX_URL", "-u", "PIP_FIND_LINKS"),
                "PIP_CONFIG_FILE=/dev/null",
            ]
            if index
            else []
        )
        self._python = python
        self._offline = offline
        self._versions: dict[str, tuple[str, ...]] = {}
        self._wheels: dict[tuple[str, str], Wheel] = {}

    def versions(self, name: str) -> tuple[str, ...]:
        """List every final version of a package, the newest first. Asked once per object.

        Raises SourceError: NOT_FOUND, UNREACHABLE or TIMED_OUT.
        """
        _check(_NAME, name, "package")
        if name not in self._versions:
            done = self._pip("index", "versions", "--ignore-requires-python", name, what=name)
            listed = _AVAILABLE.search(done.output)
            if done.status != 0 or listed is None:
                raise _failed(name, done)
            self._versions[name] = tuple(_newest_first(listed["versions"].split(",")))
        return self._versions[name]

    def find(self, name: str, version: str) -> Wheel:
        """Say which wheel pip would take of a version, with its checksum; nothing is installed.

        Raises SourceError: NOT_FOUND where the version has no wheel, REFUSED where the index gives
        no checksum.
        """
        _check(_NAME, name, "package")
        _check(_VERSION, version, "version")
        key = name, version
        if key not in self._wheels:
            done = self._pip(
                *("install", "--dry-run", "--quiet", "--ignore-installed", "--report", "-"),
                *_SAFELY,
                f"{name}=={version}",
                what=f"{name} {version}",
            )
            if done.status != 0:
                raise _failed(f"{name} {version}", done)
            self._wheels[key] = _reported(name, version, done.output)
        return self._wheels[key]

    def download(self, wheel: Wheel, *, on_progress: Progress = silent) -> Path:
        """Give the path of the verified wheel; fetched only where it isn't there yet.

        Raises SourceError: NOT_FOUND, CHECKSUM_MISMATCH, UNREACHABLE or TIMED_OUT.
        """
        path = self.state / "wheels" / f"{wheel.sha256}.whl"
        if path.is_file() and file_sha256(path) == wheel.sha256:
            return path
        if self._offline:
            raise SourceError(wheel.origin, Reason.NOT_FOUND, "not fetched yet, and offline")
        on_progress(0, 1, f"wheel of {wheel.origin}")
        with self._incoming() as folder:
            done = self._pip(
                *("download", "--quiet", "--dest", str(folder), *_SAFELY),
                f"{wheel.name}=={wheel.version}",
                what=wheel.origin,
                timeout=_DOWNLOAD_TIMEOUT,
            )
            arrived = [one for one in folder.iterdir() if one.suffix == ".whl"]
            if done.status != 0 or len(arrived) != 1:
                raise _failed(wheel.origin, done)
            if file_sha256(arrived[0]) != wheel.sha256:
                raise SourceError(
                    wheel.origin, Reason.CHECKSUM_MISMATCH, "it is not what the index lists"
                )
            os.utime(arrived[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            arrived[0].replace(path)
        on_progress(1, 1, f"wheel of {wheel.origin}")
        return path

    def install(
        self, wheel: Wheel, folder: Path, *, beside: Sequence[str] = (), temporary: Path
    ) -> None:
        """Unpack the verified wheel, and those of all that it requires, into ``folder``.

        They are chosen for the Python that pip belongs to, and pip compares each with the index's
        checksum. ``beside`` are further requirements, ``temporary`` is where it works. Raises
        SourceError: NOT_FOUND where something has no wheel for this Python, TOO_LARGE where the
        disk is full, UNREACHABLE or TIMED_OUT.
        """
        file = temporary / wheel.file
        shutil.copyfile(self.download(wheel), file)
        done = self._pip(
            *("install", "--quiet", "--target", str(folder), "--no-compile"),
            *("--only-binary", ":all:", str(file), *beside),
            what=wheel.origin,
            timeout=_INSTALL_TIMEOUT,
            temporary=temporary,
        )
        if done.status != 0:
            raise _failed(wheel.origin, done)

    def _pip(
        self,
        *words: str,
        what: str,
        timeout: float = _QUERY_TIMEOUT,
        temporary: Path | None = None,
    ) -> Finished:
        if self._offline:
            raise SourceError(what, Reason.NOT_FOUND, "not asked for, being offline")
        self.state.mkdir(parents=True, exist_ok=True)
        common = ["--disable-pip-version-check", "--no-input", "--no-color"]
        command, *rest = words
        if command == "index":
            command, rest = "index versions", rest[1:]
        within = [tool("env", hint=_ENV), f"TMPDIR={temporary}"] if temporary else []
        done = run(
            [
                *within,
                *self._alone,
                self._python,
                "-m",
                "pip",
                *command.split(),
                *common,
                *self._index,
                *rest,
            ],
            timeout=timeout,
            cwd=self.state,
            what=what,
        )
        if "No module named pip" in done.errors:
            raise ToolMissing(f"{self._python} has no pip.", hint=_HINT)
        return done

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        self.state.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="incoming-", dir=self.state))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


_SAFELY = ("--no-deps", "--only-binary", ":all:", "--ignore-requires-python")
"""Wheels alone: nothing of theirs is run. They are read, so the Python they need is no matter."""


def _reported(name: str, version: str, output: str) -> Wheel:
    """Read pip's installation report of one package."""
    what = f"{name} {version}"
    start = output.find("{")
    if start < 0 or len(output) > _REPORT_CHARACTERS:
        raise SourceError(what, Reason.MALFORMED, "pip gave no report")
    try:
        (entry,) = json.loads(output[start:])["install"]
        download, metadata = entry["download_info"], entry["metadata"]
        file = unquote(urlsplit(str(download["url"])).path.rpartition("/")[2])
        hashes = download.get("archive_info", {}).get("hashes", {})
        wheel = Wheel(
            name,
            str(metadata["version"]),
            file,
            str(hashes.get("sha256", "")),
            tuple(str(one) for one in metadata.get("requires_dist", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(what, Reason.MALFORMED, "pip's report can't be read") from error
    if not _WHEEL.fullmatch(file):
        raise SourceError(what, Reason.UNSAFE_PATH, f"the file {file[:200]!r}")
    if not re.fullmatch(r"[0-9a-f]{64}", wheel.sha256):
        raise SourceError(what, Reason.REFUSED, "the index gives no SHA-256 of it")
    return wheel


def _newest_first(texts: list[str]) -> list[str]:
    known: list[tuple[Version, str]] = []
    for text in texts:
        plain = text.strip()
        try:
            version = Version(plain)
        except InvalidVersion:
            continue
        if _VERSION.fullmatch(plain) and not version.is_prerelease:
            known.append((version, plain))
    return [text for _, text in sorted(known, reverse=True)]


def _failed(what: str, done: Finished) -> SourceError:
    said = " ".join(done.errors.split())[-300:]
    if _ABSENT.search(done.errors):
        lacking = _LACKING.search(done.errors)
        return SourceError(
            what,
            Reason.NOT_FOUND,
            f"no index of this machine has a wheel of {lacking[1] if lacking else 'it'}",
        )
    if "No space left on device" in done.errors:
        return SourceError(what, Reason.TOO_LARGE, "the disk is full", hint=_DISK)
    return SourceError(what, Reason.UNREACHABLE, said, hint="Is the package index within reach?")


def _check(pattern: re.Pattern[str], text: str, kind: str) -> None:
    if not pattern.fullmatch(text):
        raise ConfigurationError(f"{text!r} is not the name of a {kind}.")
