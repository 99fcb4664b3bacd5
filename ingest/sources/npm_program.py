"""The machine's ordinary npm as a client of a registry: versions, checksums, tarballs.

Which registry it asks is the machine's own configuration, or the one given. Nothing is installed or
run: ``npm view`` and ``npm pack`` of a published package run no script of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from corpora.errors import ConfigurationError, Reason, SourceError
from ingest.sources.base import Progress, silent
from ingest.sources.processes import Finished, run, tool

_NAME = re.compile(r"(?:@[a-z0-9][a-z0-9._-]{0,98}/)?[a-z0-9][a-z0-9._-]{0,98}")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
"""Final versions alone: what follows a hyphen is a pre-release."""
_ABSENT = re.compile(r"\bE404\b|\bETARGET\b|no matching version", re.IGNORECASE)

_QUERY_TIMEOUT = 300.0
_DOWNLOAD_TIMEOUT = 1800.0
_REPORT_CHARACTERS = 16 * 2**20
_HINT = "Install npm (Debian, Ubuntu: apt install npm)."


@dataclass(frozen=True, slots=True)
class Tarball:
    """One published version of a package."""

    name: str
    version: str
    integrity: str
    """As the registry gives it: ``sha512-`` and 88 characters of base64."""

    @property
    def origin(self) -> str:
        """Name it with its version: ``heroku 10.0.0``."""
        return f"{self.name} {self.version}"


class Npm:
    """A registry as npm sees it. ``state`` keeps tarballs that were verified.

    ``registry``: its address (default: the machine's configuration).
    """

    def __init__(self, state: Path, *, registry: str | None = None) -> None:
        self._program = tool("npm", hint=_HINT)
        self.state = state.absolute()
        self._registry = [f"--registry={registry}"] if registry else []
        self._versions: dict[str, tuple[str, ...]] = {}

    def versions(self, name: str) -> tuple[str, ...]:
        """List every final version of a package, the newest first. Asked once per object.

        Raises SourceError: NOT_FOUND, UNREACHABLE, TIMED_OUT or MALFORMED.
        """
        _check(_NAME, name, "package")
        if name not in self._versions:
            given = self._json(self._npm("view", name, "versions", what=name), name)
            listed = [given] if isinstance(given, str) else given
            if not isinstance(listed, list):
                raise SourceError(name, Reason.MALFORMED, "npm gave no list of versions")
            self._versions[name] = tuple(_newest_first([str(one) for one in listed]))
        return self._versions[name]

    def find(self, name: str, version: str) -> Tarball:
        """The checksum of a version. Raises SourceError; REFUSED where there is none."""
        _check(_NAME, name, "package")
        _check(_VERSION, version, "version")
        what = f"{name} {version}"
        done = self._npm("view", f"{name}@{version}", "dist.integrity", what=what)
        integrity = self._json(done, what)
        if not isinstance(integrity, str) or not re.fullmatch(
            r"sha512-[A-Za-z0-9+/]{86}==", integrity
        ):
            raise SourceError(what, Reason.REFUSED, "the registry gives no SHA-512 of it")
        return Tarball(name, version, integrity)

    def download(self, tarball: Tarball, *, on_progress: Progress = silent) -> Path:
        """The path of the verified tarball; fetched only where it isn't there yet.

        Raises SourceError: NOT_FOUND, CHECKSUM_MISMATCH, UNREACHABLE or TIMED_OUT.
        """
        digest = base64.b64decode(tarball.integrity.removeprefix("sha512-")).hex()
        path = self.state / "tarballs" / f"{digest[:64]}.tar.gz"
        if path.is_file() and _sha512(path) == digest:
            return path
        on_progress(0, 1, f"tarball of {tarball.origin}")
        self.state.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="incoming-", dir=self.state))
        try:
            done = self._npm(
                *("pack", f"{tarball.name}@{tarball.version}", "--ignore-scripts"),
                *("--pack-destination", str(folder)),
                what=tarball.origin,
                timeout=_DOWNLOAD_TIMEOUT,
            )
            arrived = list(folder.glob("*.tgz"))
            if done.status != 0 or len(arrived) != 1:
                raise _failed(tarball.origin, done)
            if _sha512(arrived[0]) != digest:
                detail = "it is not what the registry lists"
                raise SourceError(tarball.origin, Reason.CHECKSUM_MISMATCH, detail)
            path.parent.mkdir(parents=True, exist_ok=True)
            arrived[0].replace(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        on_progress(1, 1, f"tarball of {tarball.origin}")
        return path

    def _npm(self, *words: str, what: str, timeout: float = _QUERY_TIMEOUT) -> Finished:
        self.state.mkdir(parents=True, exist_ok=True)
        common = ["--json", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        return run(
            [self._program, *words, *common, *self._registry],
            timeout=timeout,
            cwd=self.state,
            what=what,
        )

    def _json(self, done: Finished, what: str) -> object:
        if done.status != 0:
            raise _failed(what, done)
        if len(done.output) > _REPORT_CHARACTERS:
            raise SourceError(what, Reason.TOO_LARGE, "npm said too much")
        try:
            return json.loads(done.output)
        except (ValueError, RecursionError) as error:
            raise SourceError(what, Reason.MALFORMED, "npm's answer can't be read") from error


def _newest_first(texts: list[str]) -> list[str]:
    known: list[tuple[Version, str]] = []
    for text in texts:
        if _VERSION.fullmatch(text):
            try:
                known.append((Version(text), text))
            except InvalidVersion:
                continue
    return [text for _, text in sorted(known, reverse=True)]


def _failed(what: str, done: Finished) -> SourceError:
    if _ABSENT.search(done.errors) or _ABSENT.search(done.output):
        return SourceError(what, Reason.NOT_FOUND, "the registry has no such package or version")
    said = " ".join(done.errors.split())[-300:]
    return SourceError(what, Reason.UNREACHABLE, said, hint="Is the npm registry within reach?")


def _sha512(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()


def _check(pattern: re.Pattern[str], text: str, kind: str) -> None:
    if not pattern.fullmatch(text):
        raise ConfigurationError(f"{text!r} is not the name of a {kind}.")
