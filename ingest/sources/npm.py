"""The npm source: documentation, or descriptions of commands, out of packages of an npm registry.

1. ask the registry for every version of the package; the newest of a release's line is taken
2. its tarball is downloaded, checked against the registry's checksum, and read without installing
3. selected members are documents with a slug and a public address
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import NpmSource as Declaration
from ingest.sources.archive import Limits, selector
from ingest.sources.base import Document, Found, Progress, fill, fill_whole, looked_up, silent
from ingest.sources.debian_versions import belongs_to
from ingest.sources.npm_program import Npm, Tarball
from ingest.sources.pypi import public_name, unique_slug
from ingest.sources.wheels import read_package

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    found: Found
    tarball: Tarball


class NpmSource:
    """One product's documentation in a package of an npm registry."""

    def __init__(self, product: Product, npm: Npm, *, limits: Limits | None = None) -> None:
        self.product = product
        self.npm = npm
        self._limits = limits
        self._candidates: dict[str, _Candidate] = {}

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the registry has, in declared order. Raises SourceError."""
        labels = [one.label for one in self.product.releases if one.sources.npm is not None]
        return looked_up(
            self.product, labels, lambda label: self._candidate(label).found, on_progress
        )

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Download the tarball of ``found`` and return it. Raises SourceError."""
        candidate = self._candidate(found.label)
        if candidate.found != found:
            detail = "the registry lists another now"
            raise SourceError(found.origin, Reason.NOT_FOUND, detail, hint="Ask again.")
        self.npm.download(candidate.tarball, on_progress=on_progress)
        return found

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every selected member of the tarball, by path. Raises SourceError."""
        self.prepare(found, on_progress=on_progress)
        tarball = self._candidate(found.label).tarball
        declared = _filled(self._declaration(found.label), found.label, found.upstream)
        path = self.npm.download(tarball)
        fetched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        chosen = selector(declared.include, declared.exclude)
        # Every tarball of a registry has one folder at its top, mostly called "package".
        members = sorted(
            read_package(
                path,
                lambda name: chosen(name.partition("/")[2]),
                limits=self._limits,
                name=tarball.origin,
            ),
            key=lambda one: one.path,
        )
        roots = [_WILDCARD.split(glob)[0].rpartition("/")[0] + "/" for glob in declared.include]
        taken: set[str] = set()
        for done, member in enumerate(members, 1):
            name = member.path.partition("/")[2]
            public = public_name(name, roots)
            slug = unique_slug(public, name, taken)
            taken.add(slug)
            yield Document(
                name=name,
                data=member.data,
                url=fill_whole(declared.url, {"slug": public}, url=True),
                slug=slug,
                fetched_at=fetched_at,
            )
            on_progress(done, len(members), f"documents of {self.product.title} {found.label}")

    def versions(self) -> tuple[str, ...]:
        """Every final version of the package. Raises SourceError."""
        names = {one.sources.npm.package for one in self.product.releases if one.sources.npm}
        return tuple(version for name in sorted(names) for version in self.npm.versions(name))

    def _candidate(self, label: str) -> _Candidate:
        if label not in self._candidates:
            declared = self._declaration(label)
            known = self.npm.versions(declared.package)
            version = next((one for one in known if belongs_to(one, label)), "")
            if not version:
                name = f"{declared.package} {label}"
                raise SourceError(name, Reason.NOT_FOUND, "no version is of it")
            tarball = self.npm.find(declared.package, version)
            filled = _filled(declared, label, version)
            parts = (
                tarball.integrity,
                "include", *filled.include,
                "exclude", *filled.exclude,
                declared.format, filled.url,
            )  # fmt: skip
            found = Found(
                label=label,
                upstream=version,
                origin=tarball.origin,
                fingerprint=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
                format=declared.format,
                trust=declared.trust,
            )
            self._candidates[label] = _Candidate(found, tarball)
        return self._candidates[label]

    def _declaration(self, label: str) -> Declaration:
        declared = self.product.release(label).sources.npm
        if declared is None:
            raise SourceError(f"{self.product.id} {label}", Reason.NOT_FOUND, "not from npm")
        return declared


def _filled(declared: Declaration, label: str, upstream: str) -> Declaration:
    values = {"release": label, "upstream": upstream}
    return declared.model_copy(
        update={
            "include": tuple(fill(glob, values) for glob in declared.include),
            "exclude": tuple(fill(glob, values) for glob in declared.exclude),
            "url": fill(declared.url, values, url=True),
        }
    )
