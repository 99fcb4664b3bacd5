"""The Debian source: a product's documentation out of Debian packages, one release each.

1. fill the declaration's package names with the release
2. ask the archive for every version of them; keep those of the release, the best first
3. download the chosen packages, verified; where the mirror has one no more, take the next best
4. read the selected members into documents with a slug and a public address
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import DebSource as Declaration
from ingest.sources.apt import AptArchive
from ingest.sources.apt_output import Package
from ingest.sources.archive import Alias, Limits, Member, read_deb, selector
from ingest.sources.base import Document, Found, Progress, fill, fill_whole, silent
from ingest.sources.debian_versions import belongs_to, is_prerelease

_MANUAL = re.compile(r"(?P<stem>.+)\.(?P<section>[0-9n][0-9a-z]*)(?:\.gz)?")
_WILDCARD = re.compile(r"[*?\[]")
_SUFFIXES = (".gz", ".html", ".htm", ".xhtml", ".txt")
_REDIRECT = re.compile(rb"\s*\.so\s+(\S+)\s*")
_REDIRECT_BYTES = 512
"""A page that only redirects is one line; the longest packed one seen has 80 bytes."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The packages that could make up one release."""

    found: Found
    packages: tuple[Package, ...]


class DebSource:
    """One product's documentation in the packages of a Debian archive.

    Pages that only point at another page of the same release are no documents of their own, but
    synonyms of that one.
    """

    def __init__(
        self, product: Product, archive: AptArchive, *, limits: Limits | None = None
    ) -> None:
        self.product = product
        self.archive = archive
        self._limits = limits
        self._candidates: dict[str, tuple[_Candidate, ...]] | None = None

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the archive has, in declared order.

        Updates the archive's indexes, once per archive object. Raises SourceError, ToolMissing.
        """
        self.archive.update(on_progress=on_progress)
        return tuple(choices[0].found for choices in self._choices().values() if choices)

    def versions(self) -> tuple[str, ...]:
        """Every final upstream version of the packages that decide them. Raises SourceError.

        Of packages that are named for their release there is no saying what the next is called.
        """
        names = {
            release.sources.deb.packages[0]
            for release in self.product.releases
            if release.sources.deb is not None
        }
        known = self.archive.versions(name for name in sorted(names) if "{" not in name)
        return tuple(
            one.upstream
            for packages in known.values()
            for one in packages
            if not is_prerelease(one.upstream)
        )

    def missing(self) -> Mapping[str, str]:
        """Say of each declared release that the archive lacks which package that is."""
        lacking = {}
        for label, choices in self._choices().items():
            if not choices:
                names = ", ".join(_filled(self._declaration(label), label).packages)
                lacking[label] = f"no version of {names} in the archive is of release {label}"
        return lacking

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Download the packages of ``found``; return it, or the next best of its release.

        Raises SourceError(NOT_FOUND) where the archive has no version of it (any more), another
        reason where a download failed for that.
        """
        choices = self._choices().get(found.label, ())
        places = [place for place, one in enumerate(choices) if one.found == found]
        if not places:
            raise SourceError(
                found.origin, Reason.NOT_FOUND, "the archive lists it no more", hint="Ask again."
            )
        gone: SourceError | None = None
        for candidate in choices[places[0] :]:
            try:
                for package in candidate.packages:
                    self.archive.download(package, on_progress=on_progress)
            except SourceError as error:
                if error.reason is not Reason.NOT_FOUND:
                    raise
                gone = gone or error
                continue
            return candidate.found
        raise gone or SourceError(found.origin, Reason.NOT_FOUND)

    def archives(self, found: Found, *, on_progress: Progress = silent) -> tuple[Path, ...]:
        """The verified packages of ``found``, which was prepared. Raises SourceError."""
        choices = self._choices().get(found.label, ())
        packages = next((one.packages for one in choices if one.found == found), ())
        return tuple(self.archive.download(one, on_progress=on_progress) for one in packages)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every document of ``found``, ordered by section, package and path.

        The packages are read whole before the first document comes: of a damaged one there is
        none. Raises SourceError; NOT_FOUND also where only another version can be had
        (:meth:`prepare` gives that).
        """
        ready = self.prepare(found, on_progress=on_progress)
        if ready != found:
            raise SourceError(
                found.origin,
                Reason.NOT_FOUND,
                f"the mirror has it no more; {ready.origin} can be had",
                hint="Prepare the release first, and fetch what that returns.",
            )
        candidate = next(one for one in self._choices()[found.label] if one.found == found)
        declared = _filled(self._declaration(found.label), found.label, candidate)
        pages, aliases = self._read(candidate, declared, on_progress)
        synonyms: dict[str, list[str]] = {}
        for alias in aliases:
            synonyms.setdefault(_stem(alias.target), []).append(alias.path)
        taken: set[str] = set()
        for done, page in enumerate(pages, 1):
            slug = page.slug(taken)
            taken.add(slug)
            address = {
                "slug": page.public,
                "section": page.section,
                "package": page.package.name,
            }
            yield Document(
                name=page.member.path,
                data=page.member.data,
                url=fill_whole(declared.url, address, url=True),
                slug=slug,
                fetched_at=page.fetched_at,
                synonyms=tuple(synonyms.get(_stem(page.member.path), ())),
            )
            on_progress(done, len(pages), f"pages of {self.product.title} {found.label}")

    def _read(
        self, candidate: _Candidate, declared: Declaration, on_progress: Progress
    ) -> tuple[list[_Page], list[Alias]]:
        pages: list[_Page] = []
        aliases: list[Alias] = []
        wanted = selector(declared.include, declared.exclude)
        roots = [_WILDCARD.split(glob)[0].rpartition("/")[0] + "/" for glob in declared.include]
        for number, package in enumerate(candidate.packages):
            path = self.archive.download(package)
            fetched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            on_progress(number, len(candidate.packages), f"packages read: {package.origin}")
            for member in read_deb(path, wanted, limits=self._limits, name=package.origin):
                if isinstance(member, Alias):
                    aliases.append(member)
                elif target := _redirect(member):
                    aliases.append(Alias(member.path, target))
                else:
                    page = _Page(
                        member,
                        package,
                        number,
                        fetched_at,
                        *_named(member.path, declared.format, roots),
                    )
                    pages.append(page)
        return sorted(pages, key=lambda page: page.order), aliases

    def _declaration(self, label: str) -> Declaration:
        declared = self.product.release(label).sources.deb
        if declared is None:
            raise SourceError(f"{self.product.id} {label}", Reason.NOT_FOUND, "not from Debian")
        return declared

    def _choices(self) -> Mapping[str, tuple[_Candidate, ...]]:
        """Every declared release with what could make it up, the best first."""
        if self._candidates is None:
            declared = {
                release.label: _filled(release.sources.deb, release.label)
                for release in self.product.releases
                if release.sources.deb is not None
            }
            names = [name for one in declared.values() for name in one.packages]
            versions = self.archive.versions(names) if names else {}
            self._candidates = {
                label: tuple(_candidates(label, one, versions)) for label, one in declared.items()
            }
        return self._candidates


@dataclass(frozen=True, slots=True)
class _Page:
    """A selected member, with what its slug and address are made of."""

    member: Member
    package: Package
    place: int
    fetched_at: datetime
    public: str
    """What the page is called in its public address, also where its slug has more."""
    section: str = ""
    """Of a manual page: ``1``, ``8ssl``."""

    @property
    def order(self) -> tuple[str, int, str]:
        """By section first: of ``passwd.1`` and ``passwd.5``, the command has the plain slug."""
        return self.section, self.place, self.member.path

    def slug(self, taken: set[str]) -> str:
        """Choose the stem; where that is taken, with its section, then with more."""
        stem = self.public.rpartition("/")[2]
        folder = PurePosixPath(self.member.path).parent.name
        tries = [stem, f"{stem}.{self.section or folder}"]
        tries.append(f"{tries[1]}.{self.package.name}")
        free = (slug for slug in tries if slug not in taken)
        return (
            next(free, None)
            or f"{tries[2]}.{hashlib.sha256(self.member.path.encode()).hexdigest()[:8]}"
        )


def _candidates(
    label: str, declared: Declaration, versions: Mapping[str, tuple[Package, ...]]
) -> Iterator[_Candidate]:
    """List what could make up a release, the best first: final versions, then the newest.

    The first package decides the version. Each other one comes in the same Debian version where
    it can, else in the newest of the same release; without one of them there is no candidate.
    """
    of_release = {
        name: sorted(
            (one for one in versions.get(name, ()) if belongs_to(one.upstream, label)),
            key=lambda one: is_prerelease(one.upstream),  # stable: the newest stays first
        )
        for name in declared.packages
    }
    first, *others = declared.packages
    for leader in of_release[first]:
        chosen = [leader]
        for name in others:
            same = [one for one in of_release[name] if one.version == leader.version]
            chosen += (same or of_release[name])[:1]
        if len(chosen) == len(declared.packages):
            yield _candidate(label, declared, tuple(chosen))


def _candidate(label: str, declared: Declaration, packages: tuple[Package, ...]) -> _Candidate:
    leader = packages[0]
    values = {"upstream": leader.upstream, "suite": leader.suite}
    # What is selected and where it is said to come from are part of the documents, too.
    parts = (
        *(package.sha256 for package in packages),
        "include", *declared.include,
        "exclude", *declared.exclude,
        declared.format, fill(declared.url, values),
    )  # fmt: skip
    return _Candidate(
        Found(
            label=label,
            upstream=leader.upstream,
            origin=", ".join(package.origin for package in packages),
            fingerprint=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
            format=declared.format,
            trust=declared.trust,
        ),
        packages,
    )


def _filled(declared: Declaration, label: str, candidate: _Candidate | None = None) -> Declaration:
    """Fill ``{release}`` into the declaration, and what else is known of ``candidate``."""
    values = {"release": label}
    if candidate:
        leader = candidate.packages[0]
        values |= {"upstream": leader.upstream, "suite": leader.suite}
    return declared.model_copy(
        update={
            "packages": tuple(fill(name, values) for name in declared.packages),
            "include": tuple(fill(glob, values) for glob in declared.include),
            "exclude": tuple(fill(glob, values) for glob in declared.exclude),
            "url": fill(declared.url, values, url=True),
        }
    )


def _named(path: str, form: str, roots: Sequence[str]) -> tuple[str, str]:
    """Give the public name and the section of a page.

    A manual page is called by its stem, another document by its path below the folder that is
    searched, so that pages in folders of their own keep the address that they have in public.
    """
    manual = _MANUAL.fullmatch(PurePosixPath(path).name) if form == "man" else None
    if manual:
        return manual["stem"], manual["section"]
    root = max((root for root in roots if path.startswith(root)), key=len, default="")
    name = path.removeprefix(root)
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name, ""


def _stem(path: str) -> str:
    """The name of a page, for ``man1/git.1`` of a redirection too, where the page is packed."""
    return PurePosixPath(path).name.removesuffix(".gz")


def _redirect(member: Member) -> str:
    """Find the page that a manual page of one ``.so`` line sends its reader to, or nothing."""
    if len(member.data) > _REDIRECT_BYTES:
        return ""
    text = member.data
    if text.startswith(b"\x1f\x8b"):
        try:
            text = zlib.decompressobj(wbits=31).decompress(text, _REDIRECT_BYTES)
        except zlib.error:
            return ""  # the parser will say what is wrong with it
    line = _REDIRECT.fullmatch(text)
    return line[1].decode("utf-8", "replace") if line else ""
