"""What apt's programs print (in English, ``LC_ALL=C``), read into types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpora.errors import Reason, SourceError
from ingest.sources.debian_versions import upstream_version

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FETCHED = re.compile(r"^Fetched ([0-9][0-9.,]*) ([kMG]?)B ", re.MULTILINE)
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_DETAIL_CHARACTERS = 200
_GONE = r"\b(404|410)\b|File not found|No such file|was not found|Unable to locate"
"""How apt's methods say it: http and https, file, copy; the rest are of its index."""


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a Debian package, as the signed index lists it."""

    name: str
    version: str
    """The Debian version: ``1:2.39.5-0+deb12u3``."""
    suite: str
    """The oldest suite that has it."""
    filename: str
    """Its path on the mirror."""
    size: int
    sha256: str

    @property
    def upstream(self) -> str:
        """The upstream version: ``2.39.5``."""
        return upstream_version(self.version)

    @property
    def origin(self) -> str:
        """Name and version, as an answer cites it."""
        return f"{self.name} {self.version}"


def packages(madison: str, shown: str, suites: Sequence[str]) -> tuple[Package, ...]:
    """Join ``apt-cache madison`` (the order of versions, the suites) and ``apt-cache show``.

    Newest first per package. A record without a SHA-256, size or file name is left out: it could
    not be verified.
    """
    where: dict[tuple[str, str], set[str]] = {}
    for line in madison.splitlines():
        columns = [column.strip() for column in line.split("|")]
        if len(columns) != 3 or not columns[2].endswith(" Packages"):
            continue
        name, version, index = columns
        words = index.split()  # <mirror> <suite>/<component> <architecture> Packages
        where.setdefault((name, version), set()).add(words[1].rpartition("/")[0])
    records: dict[tuple[str, str], dict[str, str]] = {}
    for record in _records(shown):
        records.setdefault((record.get("Package", ""), record.get("Version", "")), record)
    found = []
    for (name, version), places in where.items():
        record = records.get((name, version), {})
        sha256, size = record.get("SHA256", ""), record.get("Size", "")
        suite = next((suite for suite in suites if suite in places), None)
        if not _SHA256.fullmatch(sha256) or not size.isdecimal() or suite is None:
            continue
        found.append(Package(name, version, suite, record.get("Filename", ""), int(size), sha256))
    return tuple(found)


def failures(output: str, errors: str, suites: Sequence[str]) -> dict[str, str]:
    """Suite → why ``apt-get update`` could not refresh it; those that went well are left out."""
    failed: dict[str, str] = {}
    for line, following in pairwise([*output.splitlines(), ""]):
        words = line.split()  # Err:5 <mirror> <suite> Release, and below it the reason
        if line.startswith("Err:") and len(words) > 2:
            suite = words[2].partition("/")[0] if words[2] not in suites else words[2]
            if suite in suites:
                failed.setdefault(suite, " ".join(following.split())[:_DETAIL_CHARACTERS])
    for line in errors.splitlines():
        for suite in suites:
            if line.startswith(("E:", "W:")) and re.search(rf"[ /]{re.escape(suite)}[ /]", line):
                failed.setdefault(suite, line[2:].strip()[:_DETAIL_CHARACTERS])
    return failed


def transferred(output: str) -> int | None:
    """Bytes that ``apt-get update`` says it fetched; it rounds to three digits."""
    said = _FETCHED.search(output)
    return round(float(said[1].replace(",", "")) * _UNITS[said[2]]) if said else None


def download_error(origin: str, errors: str) -> SourceError:
    """Why ``apt-get download`` failed, from what it wrote to standard error."""
    lines = [line[2:].strip() for line in errors.splitlines() if line.startswith("E:")]
    detail = (lines or [" ".join(errors.split())])[0][:_DETAIL_CHARACTERS]
    if re.search(_GONE, errors):
        return SourceError(
            origin,
            Reason.NOT_FOUND,
            detail,
            hint="The mirror lists it, but has it no more: update again, or use another mirror.",
        )
    if re.search(r"Hash Sum mismatch|unexpected size|Hashes of", errors):
        return SourceError(origin, Reason.CHECKSUM_MISMATCH, detail)
    if re.search(r"timed out|Timeout", errors):
        return SourceError(origin, Reason.TIMED_OUT, detail)
    return SourceError(origin, Reason.UNREACHABLE, detail)


def _records(shown: str) -> Iterator[dict[str, str]]:
    """Read the stanzas of ``apt-cache show``, of each field its first line."""
    for stanza in shown.split("\n\n"):
        fields = {}
        for line in stanza.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line[0].isspace():
                fields[name] = value.strip()
        if fields:
            yield fields
