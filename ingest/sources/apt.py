"""A private apt: the indexes of many Debian suites side by side, and packages out of any of them.

The machine's own apt is neither changed nor used beyond its programs: everything stands in a state
folder, ruled by an ``apt.conf`` of our own::

    <state>/apt.conf, sources.d/, empty/, status    the private configuration
    <state>/lists/, cache/                          what apt fetches and compiles
    <state>/incoming/                               downloads under way; never trusted
    <state>/debs/<sha256>.deb                       packages that were verified
    <state>/lock                                    one process at a time

Signatures are checked by apt, as always; the checksum of every package is checked again here.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import BuildLocked, ConfigurationError, Reason, SourceError
from corpora.snapshot import file_sha256
from ingest.sources import apt_output
from ingest.sources.apt_machine import APT_HINT, Machine, Mirror, default_keyring, environment
from ingest.sources.apt_output import Package
from ingest.sources.base import Progress, silent
from ingest.sources.processes import Finished, run, tool

SUITES = (
    "bullseye",
    "bookworm",
    "bookworm-backports",
    "trixie",
    "trixie-backports",
    "forky",
    "sid",
)
"""Oldest first. Together they have most tools at three to six upstream versions."""

_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # Debian policy 5.6.1
_SUITE = re.compile(r"[A-Za-z0-9][\w.+~/-]*")
_UNSAFE = re.compile(r'["\n\r;{}]')
"""What can't stand in a quoted value of an apt.conf."""

_UPDATE_TIMEOUT = 1800.0
_QUERY_TIMEOUT = 300.0  # the first query after an update compiles the indexes: 10 s when idle
_DOWNLOAD_TIMEOUT = 1800.0
_LOCK_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class Update:
    """What an update of the indexes brought."""

    suites: tuple[str, ...]
    """Suites that can be used, oldest first; also those whose older index had to do."""
    failed: Mapping[str, str]
    """Suite → why its index could not be had or refreshed."""
    transferred: int | None
    """Bytes fetched, as apt rounds them (three digits); None where it did not say."""
    seconds: float


class AptArchive:
    """A Debian archive seen through a private apt. Safe across threads and processes."""

    def __init__(
        self,
        state: Path,
        *,
        mirror: str | None = None,
        keyring: str | None = None,
        suites: Iterable[str] = SUITES,
        machine: Path | None = None,
        offline: bool = False,
        trusted: bool = False,
        lock_timeout: float = _LOCK_TIMEOUT,
    ) -> None:
        """Prepare the ``state`` folder; nothing is fetched yet.

        ``mirror``: address of a Debian archive (default: the machine's own). ``keyring``: file that
        its signatures are checked with (default: the mirror's in the machine's configuration, else
        Debian's). ``suites``: oldest first. ``machine``: an apt.conf to read for the machine's.
        ``offline``: use the indexes and packages that are there. ``trusted`` waives signatures:
        for a repository that you have made yourself, in a test. Raises ToolMissing without apt,
        ConfigurationError where no mirror is known.
        """
        for name in ("apt-get", "apt-cache"):
            tool(name, hint=APT_HINT)
        self.state = state.absolute()
        self.suites = tuple(dict.fromkeys(suites))
        self._offline = offline
        self._trusted = trusted
        self._lock_timeout = lock_timeout
        self._machine = Machine.read(machine)
        found = Mirror(mirror.rstrip("/")) if mirror else self._machine.debian_mirror()
        signed_by = keyring or found.signed_by or default_keyring()
        self.mirror = Mirror(found.uri, signed_by, found.date_policy)
        self._update: Update | None = None
        for suite in self.suites:
            if not _SUITE.fullmatch(suite):
                raise ConfigurationError(f"{suite!r} is not the name of a Debian suite.")
        if re.search(r"\s", self.mirror.uri) or ":" not in self.mirror.uri:
            raise ConfigurationError(f"{self.mirror.uri!r} is not the address of a mirror.")
        if _UNSAFE.search(str(self.state)):
            raise ConfigurationError(f"{self.state} has a character that apt can't read in a path.")

    def update(self, *, on_progress: Progress = silent) -> Update:
        """Refresh the indexes: once per object, and conditionally (apt asks for what changed).

        A suite that can't be had is reported, and the others go on. Raises SourceError where there
        is none at all.
        """
        with self._locked():
            if self._update is None:
                on_progress(0, len(self.suites), "suites of Debian's package index")
                self._update = self._refresh()
                on_progress(
                    len(self._update.suites), len(self.suites), "suites of Debian's package index"
                )
            return self._update

    def versions(self, names: Iterable[str]) -> Mapping[str, tuple[Package, ...]]:
        """Every version of each package, the newest first (by apt's own order).

        A package that no suite has maps to nothing. Updates the indexes where :meth:`update` has
        not yet been called.
        """
        wanted = tuple(dict.fromkeys(names))
        for name in wanted:
            if not _PACKAGE.fullmatch(name):
                raise ConfigurationError(f"{name!r} is not the name of a Debian package.")
        self.update()
        with self._locked():
            listed = self._apt("apt-cache", "madison", *wanted)
            shown = self._apt("apt-cache", "-a", "show", *wanted)
        found = apt_output.packages(listed.output, shown.output, self.suites)
        return {name: tuple(one for one in found if one.name == name) for name in wanted}

    def download(self, package: Package, *, on_progress: Progress = silent) -> Path:
        """Give the path of the verified .deb; fetched only where it isn't there yet.

        Its modification time is when it was fetched. Raises SourceError: NOT_FOUND (listed, but
        the mirror has it no more), CHECKSUM_MISMATCH, UNREACHABLE or TIMED_OUT.
        """
        path = self.state / "debs" / f"{package.sha256}.deb"
        if _verified(path, package):
            return path
        if self._offline:
            raise SourceError(package.origin, Reason.NOT_FOUND, "not fetched yet, and offline")
        with self._locked():
            if _verified(path, package):  # another process was faster
                return path
            on_progress(0, package.size, f"bytes of {package.origin}")
            incoming = self._incoming()
            try:
                done = self._apt(
                    "apt-get", "-q", "download", f"{package.name}={package.version}",
                    cwd=incoming, timeout=_DOWNLOAD_TIMEOUT, what=package.origin,
                )  # fmt: skip
                arrived = list(incoming.glob("*.deb"))
                if done.status != 0 or len(arrived) != 1:
                    raise apt_output.download_error(package.origin, done.errors)
                if not _verified(arrived[0], package):
                    raise SourceError(
                        package.origin, Reason.CHECKSUM_MISMATCH, "it is not what the index lists"
                    )
                os.utime(arrived[0])
                # apt leaves it to its own user, whom nobody else should depend on.
                if os.geteuid() == 0:
                    os.chown(arrived[0], 0, 0)
                arrived[0].chmod(0o644)
                path.parent.mkdir(exist_ok=True)
                arrived[0].replace(path)
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
            on_progress(package.size, package.size, f"bytes of {package.origin}")
            return path

    # --- the private configuration ---------------------------------------------------------

    def _configure(self) -> Path:
        """Write the configuration where it differs; give the path of apt.conf."""
        for folder in ("empty", "sources.d", "lists/partial", "cache/archives/partial", "debs"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        fields = {
            "Types": "deb",
            "URIs": self.mirror.uri,
            "Suites": " ".join(self.suites),
            "Components": "main",
            "Architectures": self._machine.architecture,
            "Signed-By": self.mirror.signed_by,
            **self.mirror.date_policy,
            "Trusted": "yes" if self._trusted else "",
        }
        stanza = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
        settings = {
            # First of all: without an empty folder here the machine's drop-ins override the rest.
            "Dir::Etc::Parts": self.state / "empty",
            "Dir::Etc::Main": "/dev/null",
            "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": self.state / "sources.d",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": self.state / "empty",
            "Dir::State": self.state,
            "Dir::State::Lists": self.state / "lists",
            "Dir::State::Status": self.state / "status",
            "Dir::Cache": self.state / "cache",
            # The second, equal copy of the compiled indexes: 114 MB for seven suites.
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Languages": "none",
            "Acquire::GzipIndexes": "true",
            "Acquire::Retries": "3",
            # Half a minute without a byte: apt's own 30 s, which older releases had at 120.
            "Acquire::http::Timeout": "30",
            "Acquire::https::Timeout": "30",
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        _write(self.state / "status", "")
        _write(self.state / "sources.d" / "debian.sources", stanza)
        configuration = self.state / "apt.conf"
        # Only for its owner: the address of a proxy may hold a password.
        _write(configuration, "\n".join([*lines, *self._machine.policy, ""]), mode=0o600)
        return configuration

    def _refresh(self) -> Update:
        started = time.monotonic()
        if self._offline:
            done = Finished(0, "", "")
        else:
            done = self._apt("apt-get", "-q", "update", timeout=_UPDATE_TIMEOUT, what="apt update")
        targets = self._apt("apt-get", "indextargets", "--format", "$(RELEASE)").output.split()
        usable = tuple(suite for suite in self.suites if suite in targets)
        failed = apt_output.failures(done.output, done.errors, self.suites)
        for suite in self.suites:
            if suite not in usable:
                failed.setdefault(suite, "it has no index of packages")
        if not usable:
            reason = Reason.NOT_FOUND if self._offline else Reason.UNREACHABLE
            detail = "; ".join(f"{suite}: {why}" for suite, why in list(failed.items())[:3])
            raise SourceError(
                self.mirror.uri, reason, detail, hint="Is it a Debian mirror, and within reach?"
            )
        return Update(
            suites=usable,
            failed=failed,
            transferred=apt_output.transferred(done.output),
            seconds=time.monotonic() - started,
        )

    def _apt(
        self,
        program: str,
        *words: str,
        cwd: Path | None = None,
        timeout: float = _QUERY_TIMEOUT,
        what: str = "",
    ) -> Finished:
        """Run one of apt's programs under the private configuration. The lock must be held."""
        path = tool(program, hint=APT_HINT)
        command = [*environment(self._configure()), path, *words]
        return run(command, timeout=timeout, cwd=cwd or self.state, what=what or program)

    def _incoming(self) -> Path:
        """Make a new folder to download into, which apt's own unprivileged user can write.

        As root, apt fetches as the user ``_apt`` where that user can write, and as root with a
        warning where not. So the folder is given to ``_apt``. Should a parent be closed to it
        (``/root``), apt fetches as root: its choice, and it says so only in its log.
        """
        incoming = self.state / "incoming"
        incoming.mkdir(exist_ok=True)
        for left_over in incoming.iterdir():  # of a killed process: the lock is ours
            shutil.rmtree(left_over, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=incoming))
        if os.geteuid() == 0:
            with suppress(LookupError, OSError):
                shutil.chown(folder, "_apt")
        return folder

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the state folder. Raises BuildLocked where another holds it for too long."""
        self.state.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self._lock_timeout
        # Each open file is a holder of its own, so that threads exclude each other too.
        with (self.state / "lock").open("ab") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise BuildLocked(
                            f"Another process is using {self.state}.",
                            hint="Wait for it to end, or name another state folder.",
                        ) from None
                    time.sleep(0.1)
            yield


def _verified(path: Path, package: Package) -> bool:
    """Whether the file is there and is, byte for byte, what the signed index lists."""
    try:
        return path.stat().st_size == package.size and file_sha256(path) == package.sha256
    except FileNotFoundError:
        return False


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a small file whole or not at all, and only where it changes."""
    try:
        if path.read_text("utf-8") == text:
            return
    except FileNotFoundError:
        pass
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).chmod(mode)
    Path(temporary).replace(path)
