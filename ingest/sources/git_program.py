"""The machine's git as a client of repositories: refs, trees and files, and nothing that runs.

Files are read out of git's own store; there is never a working tree, so that no hook, filter,
attribute or submodule of a repository has anything to act on. The address passes the egress
policy, and git is told to connect to the addresses that were checked; no other protocol than the
one that is meant is allowed, and no configuration but ours is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from corpora.errors import Reason, SourceError
from ingest.sources.archive import Limits, Member
from ingest.sources.processes import Finished, end, run, start, tool

HINT = "Install git (Debian, Ubuntu: apt install git)."
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/(?P<kind>heads|tags)/(?P<name>[A-Za-z0-9][\w./+-]{0,200})")
_TREE_ENTRY = re.compile(
    r"(?P<mode>[0-7]{6}) (?P<type>blob|commit) (?P<sha>[0-9a-f]{40,64})\t(?P<path>.*)", re.DOTALL
)
_LIST_SECONDS = 120.0
_FETCH_SECONDS = 1800.0

Pin = Callable[[str], Sequence[str]]
"""Checks an address by the egress policy; the network addresses that it may be asked at. Raises
SourceError REFUSED. Empty: the address is a local one, or a proxy looks it up."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A tag or branch of a repository."""

    kind: str
    """heads or tags."""
    name: str
    sha: str
    """Of the commit; of an annotated tag, what it points at."""


class Git:
    """One repository. ``state`` keeps what was fetched of it.

    ``url``: https, or the path of a local repository, of which ``pin`` has nothing to say.
    """

    def __init__(self, url: str, state: Path, pin: Pin, *, local: bool = False) -> None:
        self._program = tool("git", hint=HINT)
        self.url = url
        self._local = local
        self._pin = pin
        self._folder = state / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.git"

    def refs(self) -> tuple[Ref, ...]:
        """Every tag and branch. Raises SourceError: REFUSED, UNREACHABLE or TIMED_OUT."""
        done = self._git("ls-remote", "--heads", "--tags", "--", self.url, seconds=_LIST_SECONDS)
        if done.status != 0:
            raise self._failed(done)
        found: dict[tuple[str, str], str] = {}
        for line in done.output.splitlines():
            sha, _, ref = line.partition("\t")
            match = _REF.fullmatch(ref.removesuffix("^{}"))
            if match and _SHA.fullmatch(sha):  # the line of what an annotated tag is of comes last
                found[match["kind"], match["name"]] = sha
        return tuple(Ref(kind, name, sha) for (kind, name), sha in found.items())

    def fetch(self, ref: Ref) -> None:
        """Have the commit of ``ref`` and its trees, without history or, where it can be, files."""
        if self._has(ref.sha):
            return
        if not self._folder.is_dir():
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self._checked(self._git("init", "--quiet", "--bare", "--", str(self._folder)))
        self._receive(
            "--depth=1", "--filter=blob:none", "--", self.url, f"refs/{ref.kind}/{ref.name}"
        )
        if not self._has(ref.sha):
            raise SourceError(self.url, Reason.NOT_FOUND, f"{ref.name} moved while it was fetched")

    def files(
        self, sha: str, wanted: Callable[[str], bool], limits: Limits | None = None
    ) -> Iterator[Member]:
        """Every regular file of a fetched commit that is ``wanted``, by path; links are not.

        Raises SourceError: TOO_LARGE, UNREACHABLE, DAMAGED_ARCHIVE.
        """
        limits = limits or Limits()
        listed = self._checked(self._inside("ls-tree", "-r", "-z", "--full-tree", sha))
        entries = [_TREE_ENTRY.fullmatch(one) for one in listed.output.split("\0") if one]
        if len(entries) > limits.members:
            raise SourceError(self.url, Reason.TOO_LARGE, f"more than {limits.members} files")
        chosen = {
            one["path"]: one["sha"]
            for one in entries
            if one and one["mode"] in ("100644", "100755") and wanted(one["path"])
        }
        self._have(chosen.values())
        left = limits.total_bytes
        for path, blob in sorted(chosen.items()):
            data = self._blob(blob, limits.member_bytes, path)
            left -= len(data)
            if left < 0:
                raise SourceError(self.url, Reason.TOO_LARGE, "its files together are too much")
            yield Member(path, data)

    def tree(self, sha: str) -> str:
        """The id of a fetched commit's whole tree."""
        done = self._checked(self._inside("rev-parse", "--verify", f"{sha}^{{tree}}"))
        return done.output.strip()

    def _have(self, blobs: Iterable[str]) -> None:
        """Fetch the files that are lacking, all in one request."""
        # Asked one by one, git would look for each at its remote.
        listed = self._inside(
            *("cat-file", "--batch-all-objects", "--unordered"),
            "--batch-check=%(objectname)",
        )
        lacking = sorted(set(blobs) - set(self._checked(listed).output.split()))
        for at in range(0, len(lacking), 2000):  # an argument list has room for some 3,000
            self._receive("--depth=1", "--", self.url, *lacking[at : at + 2000])

    def _blob(self, sha: str, most: int, path: str) -> bytes:
        process = start(
            self._command("--git-dir", str(self._folder), "cat-file", "blob", sha),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        try:
            if process.stdout is None:
                raise ValueError("the process was started without a pipe")
            data = process.stdout.read(most + 1)
            if len(data) > most:
                raise SourceError(self.url, Reason.TOO_LARGE, f"{path} has more than {most} bytes")
            if process.wait(timeout=_LIST_SECONDS) != 0:
                raise SourceError(self.url, Reason.DAMAGED_ARCHIVE, f"{path} can't be read")
            return data
        finally:
            end(process)

    def _receive(self, *arguments: str) -> None:
        done = self._git(
            *("--git-dir", str(self._folder), "fetch", "--quiet", "--no-tags"),
            *("--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"),
            *arguments,
            seconds=_FETCH_SECONDS,
        )
        if done.status != 0:
            raise self._failed(done)

    def _has(self, sha: str) -> bool:
        if not self._folder.is_dir():
            return False
        return self._inside("cat-file", "-e", f"{sha}^{{tree}}").status == 0

    def _inside(self, *arguments: str) -> Finished:
        return self._git("--git-dir", str(self._folder), *arguments)

    def _git(self, *arguments: str, seconds: float = _LIST_SECONDS) -> Finished:
        return run(self._command(*arguments), timeout=seconds, what=self.url, env=self._environment)

    def _command(self, *arguments: str) -> list[str]:
        """Git with our settings alone. Connections go to the addresses that were checked."""
        protocol = "file" if self._local else "https"
        settings = {
            "protocol.allow": "never",
            f"protocol.{protocol}.allow": "always",
            "core.hooksPath": os.devnull,
            "http.followRedirects": "false",
            "http.lowSpeedLimit": "500",
            "http.lowSpeedTime": "30",
            "credential.helper": "",
            "fetch.fsckObjects": "true",
            "gc.auto": "0",
            "safe.directory": "*",  # read only, and with no hook or configuration of its own
        }
        if not self._local and (addresses := self._pin(self.url)):
            parts = urlsplit(self.url)
            pinned = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
            settings["http.curloptResolve"] = f"{parts.hostname}:{parts.port or 443}:{pinned}"
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self._program, *given, *arguments]

    @property
    def _environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ASKPASS": "false",
        }

    def _checked(self, done: Finished) -> Finished:
        if done.status != 0:
            raise self._failed(done)
        return done

    def _failed(self, done: Finished) -> SourceError:
        said = " ".join(done.errors.split())[-300:]
        return SourceError(self.url, Reason.UNREACHABLE, said, hint="Can the git host be reached?")
