"""The PyPI source: documentation, or models of commands, out of Python packages.

1. ask the index for every version of the first package; the newest of a release's line is taken
2. its companions come at the version that it requires, where it requires them
3. wheels are downloaded, checked against the index's checksum, and read without being installed
4. selected members are documents with a slug and a public address
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.version import Version

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import PypiSource as Declaration
from ingest.sources.archive import Limits, Member, selector
from ingest.sources.base import Document, Found, Progress, fill, fill_whole, looked_up, silent
from ingest.sources.debian_versions import belongs_to
from ingest.sources.pip import Pip, Wheel
from ingest.sources.wheels import read_package

TRIES = 5
"""Versions of one line that are asked for: the newest may have been withdrawn, or have no wheel."""

_WILDCARD = re.compile(r"[*?\[]")
_SUFFIX = re.compile(r"\.(?:html?|xhtml|md|mdx|rst|txt|json|ya?ml)(?:\.gz)?$|\.gz$")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The wheels that make up one release."""

    found: Found
    wheels: tuple[Wheel, ...]


class PypiSource:
    """One product's documentation in packages of a Python package index."""

    def __init__(self, product: Product, pip: Pip, *, limits: Limits | None = None) -> None:
        self.product = product
        self.pip = pip
        self._limits = limits
        self._candidates: dict[str, _Candidate] = {}

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the index has, in declared order.

        One that it hasn't is left out. Raises SourceError where it can't be asked, ToolMissing
        without pip.
        """
        labels = [one.label for one in self.product.releases if one.sources.pypi is not None]
        return looked_up(
            self.product, labels, lambda label: self._candidate(label).found, on_progress
        )

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Download the wheels of ``found`` and return it.

        Raises SourceError; an index never changes what it has once listed, so there is no next
        best.
        """
        for wheel in self.wheels(found):
            self.pip.download(wheel, on_progress=on_progress)
        return found

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every selected member of the release's wheels, by package and path.

        All are read before the first comes: of a damaged wheel there is none. Raises SourceError.
        """
        self.prepare(found, on_progress=on_progress)
        wheels = self.wheels(found)
        declared = _filled(self._declaration(found.label), found.label, found.upstream)
        wanted = selector(declared.include, declared.exclude)
        pages: list[tuple[Wheel, datetime, Member]] = []
        for wheel in wheels:
            path = self.pip.download(wheel)
            fetched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            members = read_package(path, wanted, limits=self._limits, name=wheel.origin)
            pages += [(wheel, fetched_at, one) for one in sorted(members, key=lambda one: one.path)]
        roots = [_WILDCARD.split(glob)[0].rpartition("/")[0] + "/" for glob in declared.include]
        taken: set[str] = set()
        for done, (wheel, fetched_at, member) in enumerate(pages, 1):
            public = public_name(member.path, roots)
            slug = unique_slug(public, member.path, taken)
            taken.add(slug)
            address = {"slug": public, "package": wheel.name}
            yield Document(
                name=member.path,
                data=member.data,
                url=fill_whole(declared.url, address, url=True),
                slug=slug,
                fetched_at=fetched_at,
            )
            on_progress(done, len(pages), f"documents of {self.product.title} {found.label}")

    def wheels(self, found: Found) -> tuple[Wheel, ...]:
        """The wheels of exactly ``found``, the first package's first. Raises SourceError."""
        candidate = self._candidate(found.label)
        if candidate.found != found:
            raise SourceError(
                found.origin, Reason.NOT_FOUND, "the index lists another now", hint="Ask again."
            )
        return candidate.wheels

    def versions(self) -> tuple[str, ...]:
        """Every final version of the first package. Raises SourceError."""
        names = {one.sources.pypi.packages[0] for one in self.product.releases if one.sources.pypi}
        plain = sorted(name for name in names if "{" not in name)
        return tuple(version for name in plain for version in self.pip.versions(name))

    def _candidate(self, label: str) -> _Candidate:
        """Find the wheels of a release. Raises SourceError(NOT_FOUND) where there are none."""
        if label not in self._candidates:
            declared = _filled(self._declaration(label), label)
            leader, *companions = declared.packages
            versions = [one for one in self.pip.versions(leader) if belongs_to(one, label)]
            if not versions:
                raise SourceError(f"{leader} {label}", Reason.NOT_FOUND, "no version is of it")
            wheels = [self._first(leader, versions)]
            for name in companions:
                if (one := self._companion(wheels[0], name)) is not None:
                    wheels.append(one)
            self._candidates[label] = _candidate(label, declared, tuple(wheels))
        return self._candidates[label]

    def _first(self, name: str, versions: list[str]) -> Wheel:
        """Find the newest of ``versions`` that has a wheel."""
        gone: SourceError | None = None
        for version in versions[:TRIES]:
            try:
                return self.pip.find(name, version)
            except SourceError as error:
                if error.reason is not Reason.NOT_FOUND:
                    raise
                gone = gone or error
        raise gone or SourceError(name, Reason.NOT_FOUND)

    def _companion(self, leader: Wheel, name: str) -> Wheel | None:
        required = leader.required(name)
        if required is None:
            return None  # awscli 1.46 carries botocore inside, and requires it no more
        fitting = [
            one for one in self.pip.versions(name) if required.specifier.contains(Version(one))
        ]
        if not fitting:
            raise SourceError(leader.origin, Reason.NOT_FOUND, f"no version of {required} is left")
        return self._first(name, fitting)

    def _declaration(self, label: str) -> Declaration:
        declared = self.product.release(label).sources.pypi
        if declared is None:
            raise SourceError(f"{self.product.id} {label}", Reason.NOT_FOUND, "not from PyPI")
        return declared


def _candidate(label: str, declared: Declaration, wheels: tuple[Wheel, ...]) -> _Candidate:
    leader = wheels[0]
    parts = (
        *(wheel.sha256 for wheel in wheels),
        "include", *declared.include,
        "exclude", *declared.exclude,
        declared.format, fill(declared.url, {"upstream": leader.version}),
    )  # fmt: skip
    return _Candidate(
        Found(
            label=label,
            upstream=leader.version,
            origin=", ".join(wheel.origin for wheel in wheels),
            fingerprint=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
            format=declared.format,
            trust=declared.trust,
        ),
        wheels,
    )


def _filled(declared: Declaration, label: str, upstream: str = "") -> Declaration:
    values = {"release": label} | ({"upstream": upstream} if upstream else {})
    return declared.model_copy(
        update={
            "packages": tuple(fill(name, values) for name in declared.packages),
            "include": tuple(fill(glob, values) for glob in declared.include),
            "exclude": tuple(fill(glob, values) for glob in declared.exclude),
            "url": fill(declared.url, values, url=True),
        }
    )


def public_name(path: str, roots: list[str]) -> str:
    """Call a document by its path below the folder that is searched, without its ending."""
    root = max((root for root in roots if path.startswith(root)), key=len, default="")
    name = _SUFFIX.sub("", path.removeprefix(root))
    folder, _, stem = name.rpartition("/")
    return folder if folder and stem in ("index", "_index") else name


def unique_slug(public: str, path: str, taken: set[str]) -> str:
    """Choose the stem; where that is taken, with its folder, then with a checksum."""
    stem = public.rpartition("/")[2]
    folder = public.replace("/", ".")
    for slug in (stem, folder):
        if slug not in taken:
            return slug
    return f"{folder}.{hashlib.sha256(path.encode()).hexdigest()[:8]}"
