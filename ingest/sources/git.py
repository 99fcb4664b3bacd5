"""The git source: documentation in a repository, or in a local copy of one.

1. the declaration's tag pattern or branch, filled with the release, is looked for among the refs
2. the newest version that matches is taken; final ones come before the others
3. its files are read out of git's store: no history, no working tree
4. a folder that the operator names stands in for a repository: a clone, a checkout, or one folder
   for each tag or branch (``<folder>/v28.2.2/docs/…``)
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import GitSource as Declaration
from ingest.sources.archive import Limits, Member, selector
from ingest.sources.base import Document, Found, Progress, fill, fill_whole, looked_up, silent
from ingest.sources.debian_versions import belongs_to
from ingest.sources.git_program import Git, Pin, Ref
from ingest.sources.pypi import public_name, unique_slug

_WILDCARD = re.compile(r"[*?\[]")
_NUMBERS = re.compile(
    r"[0-9]+(?:[._-][0-9]+)*(?:[._-]?(?:rc|alpha|beta)[._-]?[0-9]*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One release with where its files are."""

    found: Found
    ref: Ref
    folder: Path | None = None
    """A plain folder that stands in for the ref."""


class GitSource:
    """One product's documentation in git repositories.

    ``state`` keeps what was fetched. ``mirrors`` maps a repository (``docker/cli``, its whole
    address, or either with ``@REF``) to a local folder that stands in for it.
    """

    def __init__(
        self,
        product: Product,
        state: Path,
        pin: Pin,
        *,
        mirrors: Mapping[str, Path] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.product = product
        self._state = state
        self._pin = pin
        self._mirrors = dict(mirrors or {})
        self._limits = limits or Limits()
        self._chosen: dict[str, _Chosen] = {}
        self._refs: dict[str, tuple[Ref, ...]] = {}

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the repositories have, in declared order. Raises SourceError."""
        labels = [one.label for one in self.product.releases if one.sources.git is not None]
        return looked_up(self.product, labels, lambda label: self._choose(label).found, on_progress)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Fetch the commit of ``found``. Its fingerprint was that commit's. Raises SourceError."""
        chosen = self._choose(found.label)
        if chosen.found != found:
            raise SourceError(found.origin, Reason.NOT_FOUND, "it moved on", hint="Ask again.")
        if chosen.folder is None:
            on_progress(0, 1, f"commit of {found.origin}")
            self._git(self._declaration(found.label)).fetch(chosen.ref)
            on_progress(1, 1, f"commit of {found.origin}")
        return found

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every selected file of the release, by path. Raises SourceError."""
        self.prepare(found, on_progress=on_progress)
        chosen = self._choose(found.label)
        declared = _filled(self._declaration(found.label), found.label, chosen)
        wanted = selector(declared.include, declared.exclude)
        if chosen.folder is None:
            members = list(self._git(declared).files(chosen.ref.sha, wanted, self._limits))
        else:
            members = list(read_folder(chosen.folder, wanted, self._limits, found.origin))
        now = datetime.now(UTC)
        roots = [_WILDCARD.split(glob)[0].rpartition("/")[0] + "/" for glob in declared.include]
        taken: set[str] = set()
        for done, member in enumerate(members, 1):
            public = public_name(member.path, roots)
            slug = unique_slug(public, member.path, taken)
            taken.add(slug)
            yield Document(
                name=member.path,
                data=member.data,
                url=fill_whole(declared.url, {"slug": public, "path": member.path}, url=True),
                slug=slug,
                fetched_at=now,
            )
            on_progress(done, len(members), f"files of {self.product.title} {found.label}")

    def versions(self) -> tuple[str, ...]:
        """Every final version among the tags that are declared. Raises SourceError."""
        found: dict[str, None] = {}
        for release in self.product.releases:
            declared = release.sources.git
            if declared is None or not declared.tag:
                continue
            pattern = fill(declared.tag, {"release": "*"})
            for ref in self._refs.get(declared.repository, ()):
                numbers = _NUMBERS.search(ref.name)
                if numbers and fnmatch.fnmatchcase(ref.name, pattern) and "-" not in ref.name:
                    found[numbers[0]] = None
        return tuple(found)

    def _choose(self, label: str) -> _Chosen:
        if label not in self._chosen:
            declared = self._declaration(label)
            self._chosen[label] = _chosen(label, declared, *self._best(label, declared))
        return self._chosen[label]

    def _best(self, label: str, declared: Declaration) -> tuple[Ref, Path | None]:
        """The ref of a release, and the folder that stands in for it. Raises NOT_FOUND."""
        what = f"{declared.repository} {label}"
        branch = fill(declared.branch, {"release": label})
        folder = self._folder(declared.repository, branch)
        if folder is not None and not _is_repository(folder):
            return _stand_in(what, folder, label, declared)
        refs = self._listed(declared, folder)
        if branch:
            for ref in refs:
                if (ref.kind, ref.name) == ("heads", branch):
                    return ref, None
            raise SourceError(what, Reason.NOT_FOUND, f"it has no branch {branch}")
        named = {ref.name: ref for ref in refs if ref.kind == "tags"}
        return named[_newest(what, label, fill(declared.tag, {"release": label}), named)], None

    def _listed(self, declared: Declaration, folder: Path | None) -> tuple[Ref, ...]:
        if declared.repository not in self._refs:
            self._refs[declared.repository] = self._git(declared, folder).refs()
        return self._refs[declared.repository]

    def _git(self, declared: Declaration, folder: Path | None = None) -> Git:
        folder = folder or self._folder(declared.repository, "")
        if folder is not None and _is_repository(folder):
            return Git(folder.resolve().as_uri(), self._state, self._pin, local=True)
        return Git(declared.repository, self._state, self._pin)

    def _folder(self, repository: str, ref: str) -> Path | None:
        """The local folder that stands in for a repository, one of this very ref first."""
        path = repository.split("://", 1)[-1].partition("/")[2].removesuffix(".git")
        for name in (repository, path):
            for key in (f"{name}@{ref}", name) if ref else (name,):
                if key in self._mirrors:
                    return self._mirrors[key]
        return None

    def _declaration(self, label: str) -> Declaration:
        declared = self.product.release(label).sources.git
        if declared is None:
            raise SourceError(f"{self.product.id} {label}", Reason.NOT_FOUND, "not from git")
        return declared


def read_folder(
    folder: Path, wanted: Callable[[str], bool], limits: Limits, name: str
) -> Iterator[Member]:
    """The regular files below ``folder`` that are ``wanted``, by path; links are not followed.

    Raises SourceError: TOO_LARGE, NOT_FOUND.
    """
    left, number = limits.total_bytes, 0
    chosen: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if one != ".git")
        number += len(files)
        if number > limits.members:
            raise SourceError(name, Reason.TOO_LARGE, f"more than {limits.members} files")
        for one in files:
            path = (Path(parent) / one).relative_to(folder).as_posix()
            if wanted(path):
                chosen.append(path)
    for path in sorted(chosen):
        file = folder / path
        if not stat.S_ISREG(file.lstat().st_mode):
            continue
        with file.open("rb") as opened:
            data = opened.read(limits.member_bytes + 1)
        left -= len(data)
        if len(data) > limits.member_bytes or left < 0:
            raise SourceError(name, Reason.TOO_LARGE, path)
        yield Member(path, data)


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists() or (
        (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    )


def _stand_in(
    what: str, folder: Path, label: str, declared: Declaration
) -> tuple[Ref, Path | None]:
    """A plain folder in place of a repository: one folder for each ref, or the branch's files."""
    if not folder.is_dir():
        raise SourceError(what, Reason.NOT_FOUND, f"{folder} is no folder")
    inner = [one.name for one in folder.iterdir() if one.is_dir()]
    if declared.branch:
        name = fill(declared.branch, {"release": label})
        here = folder / name if name in inner else folder
    else:
        name = _newest(what, label, fill(declared.tag, {"release": label}), inner)
        here = folder / name
    # Of a folder nothing but its files says whether it changed.
    filled = _filled(declared, label)
    wanted = selector(filled.include, filled.exclude)
    digest = hashlib.sha256()
    for member in read_folder(here, wanted, Limits(), what):
        digest.update(f"{member.path}\0{hashlib.sha256(member.data).hexdigest()}\0".encode())
    return Ref("heads" if declared.branch else "tags", name, digest.hexdigest()), here


def _newest(what: str, label: str, pattern: str, names: Mapping[str, object] | list[str]) -> str:
    """The newest version of ``label`` among the names that match, final ones first."""
    fitting: list[tuple[bool, Version, str]] = []
    for name in names:
        numbers = _NUMBERS.search(name)
        if numbers is None or not fnmatch.fnmatchcase(name, pattern):
            continue
        try:
            version = Version(numbers[0].replace("_", "."))
        except InvalidVersion:
            continue
        if belongs_to(numbers[0].replace("_", "."), label):
            fitting.append((not version.is_prerelease, version, name))
    if not fitting:
        raise SourceError(what, Reason.NOT_FOUND, f"no tag like {pattern}")
    return max(fitting)[2]


def _chosen(label: str, declared: Declaration, ref: Ref, folder: Path | None) -> _Chosen:
    numbers = _NUMBERS.search(ref.name)
    upstream = numbers[0] if numbers and ref.kind == "tags" else label
    filled = _filled(declared, label)
    parts = (
        ref.sha, ref.name,
        "include", *filled.include,
        "exclude", *filled.exclude,
        declared.format, filled.url,
    )  # fmt: skip
    found = Found(
        label=label,
        upstream=upstream,
        origin=f"{declared.repository} {ref.name}",
        fingerprint=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
        format=declared.format,
        trust=declared.trust,
    )
    return _Chosen(found, ref, folder)


def _filled(declared: Declaration, label: str, chosen: _Chosen | None = None) -> Declaration:
    values = {"release": label}
    if chosen:
        values |= {"upstream": chosen.found.upstream, "ref": chosen.ref.name}
    return declared.model_copy(
        update={
            "include": tuple(fill(glob, values) for glob in declared.include),
            "exclude": tuple(fill(glob, values) for glob in declared.exclude),
            "url": fill(declared.url, values, url=True),
        }
    )
