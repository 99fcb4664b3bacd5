"""Safe reading of a .deb: selected members as bytes, nothing ever written to disk.

An archive is untrusted input. It is unpacked by ``dpkg-deb`` (which knows every compression that
Debian uses) into a pipe, and read from there member by member under limits of size, number and
time. Paths are names, never places: no member can reach the file system.
"""

from __future__ import annotations

import fnmatch
import io
import os
import re
import select
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import Reason, SourceError
from ingest.sources.processes import end, start, tool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HINT = (
    "Install it (Debian, Ubuntu: dpkg; Alpine: apk add dpkg; macOS: brew install dpkg), "
    "or build in a Debian container."
)
FLOOR_BYTES = 64 * 2**20
"""The ratio is not asked before this much has come: it says nothing of a small archive."""
_STDERR_CHARACTERS = 300
_BUFFER_BYTES = 64 * 1024  # what a pipe holds on Linux
_GRACE_SECONDS = 1.0
"""How long a program that failed has to say why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one archive may hold. Whatever exceeds it raises SourceError(TOO_LARGE)."""

    members: int = 100_000
    """Entries of any type. PostgreSQL's documentation has 1,200, a large package 10,000."""
    member_bytes: int = 8 * 2**20
    """One selected member. PostgreSQL's largest page is below 1 MB."""
    total_bytes: int = 2**30
    """Everything unpacked, selected or not. docker.io 20.10, with its programs, is 151 MB."""
    ratio: int = 100
    """Unpacked to packed. Measured: 8.5 for HTML, 4 for programs; zeros under xz reach 6,000."""
    stall_seconds: float = 60.0
    """How long the unpacking program may give nothing at all."""


@dataclass(frozen=True, slots=True)
class Member:
    """A selected regular file. ``path`` has no leading slash."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Alias:
    """A selected link whose end, ``target``, is a selected regular file of the same archive."""

    path: str
    target: str


def selector(include: Sequence[str], exclude: Sequence[str] = ()) -> Callable[[str], bool]:
    """Whether a path matches any ``include`` and no ``exclude`` glob. ``*`` matches ``/`` too."""
    wanted, unwanted = _any_of(include), _any_of(exclude)
    return lambda path: wanted(path) is not None and unwanted(path) is None


def read_deb(
    deb: Path,
    wanted: Callable[[str], bool],
    *,
    limits: Limits | None = None,
    strict: bool = True,
    name: str = "",
) -> Iterator[Member | Alias]:
    """Give the selected members of ``deb`` in archive order, then its aliases in path order.

    With ``strict`` (an archive of a distribution has no such thing) any absolute path, ``..`` or
    device node, and any selected link out of the archive, raises SourceError(UNSAFE_PATH); without
    it they are passed over. Links to what is not selected are passed over always. ``name`` is what
    errors call it (default: the file's name). Raises SourceError with NOT_FOUND, DAMAGED_ARCHIVE,
    TOO_LARGE or TIMED_OUT, the second perhaps only after the last member: what came before it is
    not to be trusted. ToolMissing where ``dpkg-deb`` is.
    """
    limits = limits or Limits()
    name = name or deb.name
    program = tool("dpkg-deb", hint=_HINT)
    if not deb.is_file():
        raise SourceError(name, Reason.NOT_FOUND, f"no file {deb}")
    with tempfile.TemporaryFile() as errors:
        process = start(
            [program, "--fsys-tarfile", str(deb.absolute())],
            stdout=subprocess.PIPE,
            stderr=errors.fileno(),
        )
        try:
            raw = _Pipe(process, name, limits, packed=deb.stat().st_size)
            pipe = io.BufferedReader(raw, _BUFFER_BYTES)
            try:
                yield from members(pipe, wanted, limits, strict, name)
                # To the end: a program whose pipe is closed early reports a failure.
                while pipe.read(_BUFFER_BYTES):
                    pass
            except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
                # The program's own words, where it failed, say more than the tar reader's.
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=_GRACE_SECONDS)
                said = _tail(errors.fileno()) or str(error)
                raise SourceError(name, Reason.DAMAGED_ARCHIVE, said) from error
            if process.wait(timeout=limits.stall_seconds) != 0:
                raise SourceError(name, Reason.DAMAGED_ARCHIVE, _tail(errors.fileno()))
        except subprocess.TimeoutExpired:
            raise SourceError(name, Reason.TIMED_OUT, "dpkg-deb did not end") from None
        finally:
            end(process)


def members(
    pipe: io.BufferedReader[_Pipe],
    wanted: Callable[[str], bool],
    limits: Limits,
    strict: bool,
    name: str,
) -> Iterator[Member | Alias]:
    """Give the selected members of a tar stream, then its aliases; see :func:`read_deb`."""
    seen: set[str] = set()
    links: dict[str, str] = {}
    with tarfile.open(fileobj=pipe, mode="r|", bufsize=_BUFFER_BYTES) as archive:
        for number, entry in enumerate(archive, 1):
            if number > limits.members:
                raise SourceError(name, Reason.TOO_LARGE, f"more than {limits.members} members")
            path = inside((), entry.name)
            if path is None or entry.isdev():
                if strict:
                    raise SourceError(name, Reason.UNSAFE_PATH, f"member {entry.name[:200]!r}")
                continue
            if entry.isdir() or not wanted(path):
                continue
            if path in seen or path in links:
                raise SourceError(name, Reason.DAMAGED_ARCHIVE, f"{path!r} is in it twice")
            if entry.issym() or entry.islnk():
                base = tuple(path.split("/")[:-1]) if entry.issym() else ()
                target = inside(base, entry.linkname, link=True)
                if target is not None:
                    links[path] = target
                elif strict:
                    detail = f"{path!r} links to {entry.linkname[:200]!r}"
                    raise SourceError(name, Reason.UNSAFE_PATH, detail)
                continue
            if entry.size > limits.member_bytes:
                detail = f"{path!r} has {entry.size} bytes, of {limits.member_bytes} allowed"
                raise SourceError(name, Reason.TOO_LARGE, detail)
            file = archive.extractfile(entry)
            if file is None:
                continue
            with file:
                data = file.read()
            seen.add(path)
            yield Member(path, data)
    yield from _aliases(links, seen)


def _aliases(links: dict[str, str], files: set[str]) -> Iterator[Alias]:
    """Follow the links that end at one of ``files``; circles and loose ends are left out."""
    for path in sorted(links):
        target, steps = links[path], 0
        while target in links and steps <= len(links):
            target, steps = links[target], steps + 1
        if target in files:
            yield Alias(path, target)


def inside(base: tuple[str, ...], name: str, *, link: bool = False) -> str | None:
    """``name`` seen from the folder ``base`` as a plain path, or None where it is unsafe.

    A member may be neither absolute nor contain ``..``. A ``link`` may, as far as it stays inside:
    its root is the archive's.
    """
    if not name.isprintable():  # control characters, and bytes that are no UTF-8
        return None
    if name.startswith("/"):
        if not link:
            return None
        base = ()
    parts = list(base)
    for part in name.split("/"):
        if part == "..":
            if not link or not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _any_of(globs: Sequence[str]) -> Callable[[str], re.Match[str] | None]:
    if not globs:
        return re.compile("(?!)").match
    return re.compile("|".join(f"(?:{fnmatch.translate(glob)})" for glob in globs)).match


def _tail(file: int) -> str:
    """Read the end of what the program wrote to its standard error, on one line."""
    size = os.fstat(file).st_size
    text = os.pread(file, _STDERR_CHARACTERS, max(0, size - _STDERR_CHARACTERS))
    return " ".join(text.decode("utf-8", "replace").split())


class _Pipe(io.RawIOBase):
    """The unpacked stream, read under limits. The time that the caller takes is not counted."""

    def __init__(
        self, process: subprocess.Popen[bytes], name: str, limits: Limits, packed: int
    ) -> None:
        if process.stdout is None:
            raise ValueError("the process was started without a pipe")
        self._file = process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self._name = name
        self._stall = limits.stall_seconds
        self._left = min(limits.total_bytes, max(FLOOR_BYTES, packed * limits.ratio))

    def readable(self) -> bool:
        """Say that it can be read: what a BufferedReader asks first."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what is there into ``buffer``; 0 at the end. Raises SourceError beyond a limit."""
        if not self._poll.poll(self._stall * 1000):
            raise SourceError(self._name, Reason.TIMED_OUT, f"no data for {self._stall:.0f} s")
        size = os.readv(self._file, [buffer])
        self._left -= size
        if self._left < 0:
            raise SourceError(self._name, Reason.TOO_LARGE, "it unpacks to too much")
        return size
