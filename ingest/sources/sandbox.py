"""Asking programs of an unpacked package what they accept, shut in: only ever that.

A program gets namespaces of its own: no network, no other processes, and of the file system the
machine's ``/usr`` and its own package, both read-only, and an empty folder. Time, processor time,
memory and output are limited. bubblewrap does it where it is installed, else util-linux's
``unshare``; where the machine allows neither, nothing is run unless the operator says so.

Nothing that a user sent is ever run, or given to a program.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO

from corpora.errors import ToolMissing

SECONDS = 20
"""Of wall-clock and of processor time for one call; the slowest seen, kubectl, takes 0.1 s."""

MEMORY = 4 * 1024 * 1024 * 1024
"""Bytes of address space. Go programs reserve about 1.2 GB of it at their start."""

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes that are read of what one call prints; the longest help, curl's, is 20 KB."""

MAX_ERRORS = 4096
"""Bytes that are read of the end of what a call complains of."""

_LIMITED = 'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; ulimit -f "$3"; shift 3; '
# The root of the new file system is a tmpfs: what it lacks isn't there. Mapped to root in a user
# namespace of its own, the shell may mount; the program gets none of its capabilities.
_ENTER = """
set -ef
new=$1 tree=$2 beside=$3; shift 3; PATH=$PATH:/usr/sbin:/sbin
mount -t tmpfs -o size=64m,mode=755 tmpfs "$new"
mkdir "$new/usr" "$new/tree" "$new/tmp" "$new/dev" "$new/proc" "$new/etc"
for link in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$link" ]; then ln -s "$(readlink "/$link")" "$new/$link"
  elif [ -d "/$link" ]; then mkdir "$new/$link"; mount --bind "/$link" "$new/$link"
    mount -o remount,bind,ro "$new/$link"; fi
done
mount --bind /usr "$new/usr"; mount -o remount,bind,ro,nosuid "$new/usr"
mount --bind "$tree" "$new/tree"; mount -o remount,bind,ro,nosuid,nodev "$new/tree"
for device in null zero urandom; do
  : > "$new/dev/$device"; mount --bind "/dev/$device" "$new/dev/$device"
done
mount -t proc proc "$new/proc" 2>/dev/null || true
mount -t tmpfs -o size=16m,nosuid,nodev tmpfs "$new/tmp"
IFS='
'
for place in $beside; do
  mkdir -p "$new$place"; mount --bind "$place" "$new$place"
  mount -o remount,bind,ro,nosuid,nodev "$new$place"
done
unset IFS
mount -o remount,ro "$new"
exec chroot "$new" /usr/bin/setpriv --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
"""
_NAMESPACES = ("--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--ipc", "--uts")
_HINT = (
    "Install bubblewrap (Debian, Ubuntu: apt install bubblewrap) or allow unprivileged user "
    "namespaces. FLAGSTONE_UNCONFINED_HELP=true asks programs without a sandbox, at your own risk."
)


@lru_cache(maxsize=1)
def confinement() -> str:
    """What shuts programs in on this machine: ``bwrap``, ``unshare``, or nothing."""
    if bwrap := shutil.which("bwrap"):
        probe = [bwrap, "--unshare-all", "--ro-bind", "/", "/", "true"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:  # noqa: S603
            return "bwrap"
    unshare, setpriv = shutil.which("unshare"), Path("/usr/bin/setpriv")
    if unshare and setpriv.is_file():
        with tempfile.TemporaryDirectory() as new, tempfile.TemporaryDirectory() as tree:
            words = ["/bin/sh", "-c", _ENTER, "sh", new, tree, "", "/usr/bin/env", "true"]
            probe = [unshare, *_NAMESPACES, "--kill-child", *words]
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:  # noqa: S603
                return "unshare"
    return ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one call may take. The defaults are for help."""

    seconds: int = field(default_factory=lambda: SECONDS)
    memory: int = field(default_factory=lambda: MEMORY)
    output: int = field(default_factory=lambda: MAX_OUTPUT)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said. ``status`` is None where it did not end in time."""

    status: int | None
    output: bytes
    """The standard output, or as much of it as is allowed."""
    errors: str
    """The end of the standard error."""


@dataclass(frozen=True)
class Tree:
    """An unpacked package with its libraries.

    Its own loader and libraries, where it has them, let programs of another distribution release
    start here. ``unconfined``: run them even where nothing shuts them in. Raises ToolMissing there
    otherwise.
    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables; ``{root}`` in a value is where the tree stands for the program."""
    unconfined: bool = False
    beside: tuple[Path, ...] = ()
    """Folders of the machine that a program sees too, read-only and where they are: what runs it,
    where that isn't below ``/usr``."""

    def __post_init__(self) -> None:
        if not confinement() and not self.unconfined:
            raise ToolMissing("This machine can't shut programs in.", hint=_HINT)

    @property
    def _inside(self) -> Path:
        """Where the tree stands for the program."""
        return Path("/tree") if confinement() else self.root

    @cached_property
    def _loader(self) -> tuple[str, ...]:
        for libraries in sorted((self.root / "usr/lib").glob("*-linux-gnu")):
            for loader in sorted(libraries.glob("ld-linux*.so.*")):
                return (self.seen(loader), "--library-path", self.seen(libraries))
        return ()

    def seen(self, path: Path) -> str:
        """Where a program finds a file of the tree, or of the machine."""
        if not path.is_relative_to(self.root):
            return str(path)
        return str(self._inside / path.relative_to(self.root))

    def program(self, name: str) -> Path | None:
        """The executable of that name, or None where the tree has none."""
        folders = (*_versioned(self.root), "usr/bin", "usr/sbin", "bin", "sbin", "usr/games")
        for folder in folders:
            path = self.root / folder / name
            if path.is_file():
                return path
        return None

    def output(self, program: Path, arguments: Sequence[str], *, before: Sequence[str] = ()) -> str:
        """What the program prints, to either stream. Empty where it does not end in time.

        It stands in an empty folder, where it was called once with the words of ``before``, and
        sees no variables but those of ``environment``.
        """
        allowed = Allowance()
        with tempfile.TemporaryFile() as out:
            if self._run(program, arguments, before, allowed, out, out) is None:
                return ""
            out.seek(0)
            return out.read(allowed.output).decode("utf-8", "replace")

    def answer(self, program: Path, arguments: Sequence[str], allowed: Allowance) -> Answer:
        """What the program prints, stream by stream, and how it ended. See :meth:`output`."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            status = self._run(program, arguments, (), allowed, out, errors)
            out.seek(0)
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - MAX_ERRORS))
            said = errors.read(MAX_ERRORS).decode("utf-8", "replace")
            return Answer(status, out.read(allowed.output), said)

    def _run(
        self,
        program: Path,
        arguments: Sequence[str],
        before: Sequence[str],
        allowed: Allowance,
        out: IO[bytes],
        errors: IO[bytes],
    ) -> int | None:
        """Run a program to its end; None where it had none in time."""
        limits = [str(allowed.seconds), str(allowed.memory // 1024), str(allowed.output // 512 + 1)]
        command = [*self._loader, self.seen(program)]
        first = f"{shlex.join([*command, *before])} >/dev/null 2>&1; " if before else ""
        words = ["/bin/sh", "-c", f'{_LIMITED}{first}exec "$@"', "sh", *limits]
        with tempfile.TemporaryDirectory(prefix="flagstone-help-") as empty:
            home = "/tmp" if confinement() else empty  # noqa: S108  a tmpfs of its own
            variables = {
                "TERM": "dumb",
                "LC_ALL": "C",
                "COLUMNS": "300",
                "HOME": home,
                "PATH": "/usr/bin:/bin",
                **{
                    name: value.replace("{root}", str(self._inside))
                    for name, value in self.environment.items()
                },
            }
            try:
                done = subprocess.run(  # noqa: S603  a program of a package, shut in
                    [*self._walls(empty), *words, *command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=errors,
                    cwd=empty,
                    env=variables,
                    timeout=allowed.seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return None
            return done.returncode

    def _walls(self, empty: str) -> list[str]:
        """The command that shuts in what follows it."""
        if confinement() == "bwrap":
            shared = [
                word
                for path in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
                for word in ("--ro-bind-try", path, path)
            ]
            return [
                *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop"),
                *("ALL", "--ro-bind", "/usr", "/usr", *shared, "--ro-bind", str(self.root)),
                *("/tree", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),  # noqa: S108
                *(word for path in self.beside for word in ("--ro-bind", str(path), str(path))),
                *("--chdir", "/tmp"),  # noqa: S108
            ]
        if confinement() == "unshare":
            beside = "\n".join(map(str, self.beside))
            entered = ["/bin/sh", "-c", _ENTER, "sh", empty, str(self.root), beside]
            here = ["/bin/sh", "-c", 'cd /tmp; exec "$@"', "sh"]
            return ["unshare", *_NAMESPACES, "--kill-child", *entered, *here]
        return []


def _versioned(root: Path) -> list[str]:
    """Where Debian keeps the programs of one major release of PostgreSQL."""
    return [str(one.relative_to(root)) for one in sorted(root.glob("usr/lib/postgresql/*/bin"))]
