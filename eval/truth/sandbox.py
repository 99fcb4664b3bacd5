"""Asking programs of an unpacked tree what they accept, without a network and without installing.

Only programs that the caller unpacked from a package are run, only to print their help, and never
anything a user sent.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SECONDS = 20
"""Of wall-clock and of processor time for one call; the slowest seen, kubectl, takes 0.1 s."""

MEMORY = 4 * 1024 * 1024 * 1024
"""Bytes of address space. Go programs reserve about 1.2 GB of it at their start."""

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes that are read of what one call prints; the longest help, curl's, is 20 KB."""

_LIMITED = 'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; shift 2; exec "$@"'


@dataclass(frozen=True)
class Tree:
    """An unpacked package with its libraries.

    ``loader`` and ``libraries`` let programs of another distribution release start here.
    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _loader(self) -> tuple[str, ...]:
        for libraries in sorted((self.root / "usr/lib").glob("*-linux-gnu")):
            for loader in sorted(libraries.glob("ld-linux*.so.*")):
                return (str(loader), "--library-path", str(libraries))
        return ()

    @cached_property
    def _no_network(self) -> tuple[str, ...]:
        unshare = shutil.which("unshare")
        if unshare is None:
            return ()
        probe = subprocess.run(  # noqa: S603  constant program and arguments
            [unshare, "-rn", "true"], capture_output=True, check=False
        )
        return (unshare, "-rn") if probe.returncode == 0 else ()

    def program(self, name: str) -> Path | None:
        """The executable of that name, or None where the tree has none."""
        folders = (*_versioned(self.root), "usr/bin", "usr/sbin", "bin", "sbin")
        for folder in folders:
            path = self.root / folder / name
            if path.is_file():
                return path
        return None

    def output(self, program: Path, arguments: Sequence[str], *, git: bool = False) -> str:
        """What the program prints, to either stream. Empty where it does not end in time.

        It stands in an empty folder (with ``git``, in an empty repository) and sees no variables
        but those of ``environment``.
        """
        with (
            tempfile.TemporaryDirectory(prefix="flagstone-truth-") as empty,
            tempfile.TemporaryFile() as out,
        ):
            limits = ["/bin/sh", "-c", _LIMITED, "sh", str(SECONDS), str(MEMORY // 1024)]
            base = [*self._no_network, *limits, *self._loader, str(program)]
            variables = {
                "TERM": "dumb",
                "LC_ALL": "C",
                "COLUMNS": "300",
                "HOME": empty,
                "PATH": "/usr/bin:/bin",
                **self.environment,
            }

            def run(words: Sequence[str], stream: int) -> None:
                subprocess.run(  # noqa: S603  a program that the caller unpacked, asked for help
                    [*base, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=out if stream else subprocess.DEVNULL,
                    stderr=subprocess.STDOUT,
                    cwd=empty,
                    env=variables,
                    timeout=SECONDS,
                    check=False,
                )

            try:
                if git:
                    run(["init", "-q"], 0)
                run(arguments, 1)
            except subprocess.TimeoutExpired:
                return ""
            out.seek(0)
            return out.read(MAX_OUTPUT).decode("utf-8", "replace")


def _versioned(root: Path) -> list[str]:
    """Where Debian keeps the programs of one major release of PostgreSQL."""
    return [str(one.relative_to(root)) for one in sorted(root.glob("usr/lib/postgresql/*/bin"))]
