"""Resolution: how a requested version becomes a documented one. Pure, and never silent.

====================================  =============  ===========================================
asked for                             match          under ``exact`` · ``compatible`` · ``nearest``
====================================  =============  ===========================================
nothing, or ``latest`` ``stable``     latest         the newest release that isn't a pre-release
``current`` ``newest``                               (unless one is literally labelled so)
the label, or the full version that   exact          yes · yes · yes; a ``v``, an epoch and a
was read for it (``2.39.5``)                         packager's build don't count
another patch of a documented line    compatible     no · yes · yes
(``2.39.2`` beside ``2.39``)
a pre-release of a documented line    compatible     no · yes · yes
(``18beta1`` beside ``18``)
a part of a label (``2``)             compatible     no · the newest release of it · the same
anything else that has an order       nearest_older  no · no · the closest by distance, and of two
                                      nearest_newer  as close the older
an opaque label, or no version        (none)         no · no · no: UnknownVersion, did you mean
====================================  =============  ===========================================

What a stricter policy resolves, a looser one resolves alike. A resolved label resolves to itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from corpora.catalogue import Product
from corpora.errors import InvalidRequest, UnknownProduct, UnknownVersion
from corpora.labels import MAX_LENGTH, Scheme, Version, distance, parse, sort_labels
from corpora.model import Match, Resolution, VersionPolicy
from corpora.suggest import closest

NEWEST = frozenset({"latest", "stable", "current", "newest"})
"""Words that ask for the newest release."""

MAX_FINGERPRINT = 4096
"""Characters of pasted version output; the long form of ``docker version`` has about 1,000."""


class Release(Protocol):
    """What resolution needs to know of a release, e.g. a ReleaseRecord."""

    @property
    def label(self) -> str:
        """The label it is asked for by."""

    @property
    def upstream(self) -> str:
        """The full version its documentation describes; empty where unknown."""


def resolve(
    product: str,
    scheme: Scheme,
    releases: Sequence[Release],
    requested: str | None,
    policy: VersionPolicy,
) -> Resolution:
    """Find the documented release that answers for the requested version.

    ``releases`` are the documented ones (opaque: oldest first). Raises UnknownVersion with what is
    available and the nearest, and InvalidRequest for what can't be a version at all.
    """
    documented = _Documented(product, scheme, releases)
    if requested is None:
        return documented.newest("No version was asked for", requested)
    wanted = _checked(requested)
    label = documented.labelled(wanted)
    if label is None and wanted.lower() in NEWEST:
        return documented.newest(f"{wanted!r} was asked for", requested)
    if label is not None:
        reason = f"{product} {label} is documented."
        return documented.resolution(requested, label, "exact", reason)
    asked = documented.read(wanted)
    if asked is None:
        raise UnknownVersion(
            product,
            wanted,
            available=documented.labels,
            suggestions=closest(wanted, documented.labels),
            policy=policy,
        )
    found = documented.described(wanted, asked)
    if found is not None:
        reason = f"{wanted} is what the documentation of {product} {found} describes."
        return documented.resolution(requested, found, "exact", reason)
    compatible = documented.compatible(wanted, asked)
    if compatible and policy != "exact":
        return documented.resolution(requested, compatible[0], "compatible", compatible[1])
    near = compatible[0] if compatible else documented.nearest(asked, documented.labels)
    if policy == "nearest" and near is not None:
        return documented.resolution(requested, near, *documented.told(wanted, asked, near))
    raise UnknownVersion(product, wanted, available=documented.labels, nearest=near, policy=policy)


def read_fingerprint(
    products: Mapping[str, Product], text: str, product: str | None
) -> tuple[str, str] | None:
    """Read product and full version out of pasted output such as that of ``psql --version``.

    Where ``product`` is given only its patterns are tried, and a bare version will do. None where
    nothing is recognised. Raises UnknownProduct, and InvalidRequest where the text is longer than
    MAX_FINGERPRINT or is the output of several products.
    """
    if len(text) > MAX_FINGERPRINT:
        raise InvalidRequest(
            f"The fingerprint has {len(text)} characters; at most {MAX_FINGERPRINT} are read.",
            hint="Paste only what the tool prints for its version.",
        )
    if product is not None:
        if product not in products:
            raise UnknownProduct(
                product, available=list(products), suggestions=closest(product, products)
            )
        declared = products[product]
        version = _fingerprint(declared, text)
        if version is None and declared.versions.scheme != "opaque":
            bare = _read(declared.versions.scheme, text.strip())
            version = text.strip() if bare else None
        return (product, version) if version else None
    read = [
        (name, version)
        for name, declared in products.items()
        if (version := _fingerprint(declared, text))
    ]
    if len(read) > 1:
        names = ", ".join(name for name, _ in read)
        raise InvalidRequest(
            f"The fingerprint is the output of several products: {names}.",
            hint="Send one product's output, or name the product.",
        )
    return read[0] if read else None


def _fingerprint(product: Product, text: str) -> str | None:
    for pattern in product.versions.fingerprints:
        match = re.search(pattern, text)
        if match and match["version"] and len(match["version"]) <= MAX_LENGTH:
            return match["version"]
    return None


def _checked(requested: str) -> str:
    wanted = requested.strip()
    if not wanted:
        raise InvalidRequest(
            "The version is empty.", hint="Leave it out to get the newest release."
        )
    if len(wanted) > MAX_LENGTH or not wanted.isprintable():
        raise InvalidRequest(
            f"A version has at most {MAX_LENGTH} printable characters.",
            hint="Paste longer version output as `fingerprint`.",
        )
    return wanted


def _read(scheme: Scheme, text: str) -> Version | None:
    try:
        return parse(scheme, text)
    except ValueError:
        return None


class _Documented:
    """The documented releases of one product, oldest first, and the ways to pick one."""

    def __init__(self, product: str, scheme: Scheme, releases: Sequence[Release]) -> None:
        self.product = product
        self.scheme = scheme
        self.upstream = {release.label: release.upstream for release in releases}
        try:
            self.labels = sort_labels(scheme, self.upstream)
        except ValueError:  # an older snapshot under a newer declaration: keep its own order
            self.labels = list(self.upstream)
        self._read = {label: version for label in self.labels if (version := _read(scheme, label))}

    def resolution(
        self, requested: str | None, label: str, match: Match, reason: str
    ) -> Resolution:
        return Resolution(
            product=self.product,
            requested=requested,
            resolved=label,
            match=match,
            available=tuple(self.labels),
            reason=reason,
        )

    def newest(self, why: str, requested: str | None) -> Resolution:
        if not self.labels:
            raise UnknownVersion(self.product, requested or "latest", available=(), policy="latest")
        label = self._newest_of(self.labels)
        pre = " (a pre-release: no other is)" if self._is_prerelease(label) else ""
        reason = f"{why}: {label} is the newest documented release of {self.product}{pre}."
        return self.resolution(requested, label, "latest", reason)

    def read(self, wanted: str) -> Version | None:
        """Read a request; one without Debian's epoch gets that which all labels share."""
        if self.scheme == "debian" and ":" not in wanted:
            epochs = {label.rpartition(":")[0] for label in self.labels}
            epoch = epochs.pop() if len(epochs) == 1 else ""
            return _read(self.scheme, f"{epoch}:{wanted.lstrip('v')}" if epoch else wanted)
        return _read(self.scheme, wanted)

    def labelled(self, wanted: str) -> str | None:
        """Find the label that is spelled so, at best in the same case."""
        if wanted in self.upstream:
            return wanted
        spelled = [label for label in self.labels if label.lower() == wanted.lower()]
        if self.scheme == "opaque":  # what was read for it has no order either: equal or not
            spelled += [label for label in reversed(self.labels) if self.upstream[label] == wanted]
        return spelled[0] if spelled else None

    def described(self, wanted: str, asked: Version) -> str | None:
        """Find the release whose label or upstream version is the same in another spelling."""
        for label in reversed(self.labels):
            if self._same(wanted, asked, self._read.get(label)):
                return label
        for label in reversed(self.labels):
            upstream = _read(self.scheme, self.upstream[label])
            if self._same(wanted, asked, upstream):
                return label
        return None

    def compatible(self, wanted: str, asked: Version) -> tuple[str, str] | None:
        """Find the release of the same line, and say in one sentence what differs."""
        count = len(asked.numbers)
        part = [
            label
            for label, known in self._read.items()
            if len(known.numbers) > count and known.numbers[:count] == asked.numbers
        ]
        if part:
            label = self._newest_of(part)
            return label, f"{wanted} names a part: {label} is its newest documented release."
        same = [label for label, known in self._read.items() if self._same_line(asked, known)]
        near = self.nearest(asked, same)
        if near is None:
            return None
        full = self.upstream[near] or near
        if asked.prerelease:
            differs = "a pre-release of the same line"
        elif self._is_prerelease(near):
            return near, f"{wanted} is documented only as the pre-release {near}."
        else:
            differs = "another patch of the same line"
        of = f" (read from {full})" if full != near else ""
        return near, f"{wanted} is {differs} as the documented {near}{of}."

    def nearest(self, asked: Version, labels: Sequence[str]) -> str | None:
        """Find the closest of ``labels``; of two as close, the older."""
        known = sorted((self._read[label].order, label) for label in labels if label in self._read)
        older = [label for order, label in known if order <= asked.order][-1:]
        newer = [label for order, label in known if order > asked.order][:1]
        beside = older + newer  # min keeps the first of equals: the older
        return min(beside, key=lambda label: self._distance(asked, label), default=None)

    def told(self, wanted: str, asked: Version, near: str) -> tuple[Match, str]:
        """Which way the nearest lies, and a sentence that names both."""
        older = self._read[near].order <= asked.order
        way = "older" if older else "newer"
        reason = f"{wanted} is not documented: {near} is the nearest {way} release that is."
        return ("nearest_older" if older else "nearest_newer"), reason

    def _distance(self, asked: Version, label: str) -> tuple[int, ...]:
        return distance(self.scheme, asked.text, label)

    def _same(self, wanted: str, asked: Version, known: Version | None) -> bool:
        if known is None or known.identity != asked.identity:
            return False
        # Debian's epoch says something only where one was given.
        return self.scheme != "debian" or ":" not in wanted or known.order == asked.order

    def _same_line(self, asked: Version, known: Version) -> bool:
        """Whether only the patch differs. Labels of lines hold all that starts with them."""
        if self.scheme in ("semver", "debian"):
            return asked.line == known.line
        return asked.numbers[: len(known.numbers)] == known.numbers

    def _newest_of(self, labels: Sequence[str]) -> str:
        ordered = [label for label in self.labels if label in labels]
        return next(
            (label for label in reversed(ordered) if not self._is_prerelease(label)), ordered[-1]
        )

    def _is_prerelease(self, label: str) -> bool:
        return label in self._read and self._read[label].prerelease
