"""What of a site belongs to one release: by address alone, before anything is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from corpora.errors import ConfigurationError
from corpora.sources import SiteSource
from ingest.crawl.report import Why
from ingest.crawl.urls import canonical, folder, is_trap
from ingest.sources.base import fill_whole

_LABEL = r"(?P<release>[A-Za-z0-9][A-Za-z0-9._+~:-]{0,63}?)"
_MOVING = re.compile(r"\d|^(?:current|latest|stable|devel|main|master|next|nightly|edge|lts)$")
"""What a label looks like: a number, or a word for one that moves. ``/docs/about/`` has neither."""
_DOCUMENT = re.compile(r"\.(?:x?html?|mdx?|markdown)$", re.IGNORECASE)
_NO_DOCUMENT = re.compile(
    r"\.(?:png|jpe?g|gif|svg|ico|webp|avif|css|m?js|json|xml|rss|atom|ya?ml|csv|woff2?|ttf|eot|otf"
    r"|pdf|epub|mobi|docx?|xlsx?|pptx?|zip|t?gz|tar|bz2|xz|zst|7z|whl|jar|deb|rpm|dmg|pkg|exe|msi"
    r"|iso|bin|mp[34]|m4[av]|webm|ogg|mov|avi|wasm|map|sh|sig|asc|sha\d+)$",
    re.IGNORECASE,
)


class Scope:
    """The part of a site that documents one release."""

    def __init__(self, site: SiteSource, label: str) -> None:
        values = {"release": label}
        self.site = site
        self.label = label
        self.start = self._start(site.start, values)
        parts = urlsplit(self.start)
        self._origins = {(parts.scheme, parts.netloc)}
        if parts.scheme == "http" and parts.port is None:
            self._origins.add(("https", parts.netloc))
        self.root = urlsplit(folder(self.start)).path
        templates = site.include or (urlsplit(folder(site.start)).path + "*",)
        self._include = _any_of(fill_whole(one, values) for one in templates)
        self._exclude = _any_of(fill_whole(one, values) for one in site.exclude)
        self._releases = [
            re.compile(_with_group(one, "{release}", _LABEL))
            for one in (*templates, urlsplit(site.start).path + "*")
            if one.count("{release}") == 1
        ]
        slug = fill_whole(site.slug, {**values, "slug": "{slug}"})
        self._slug = re.compile(_with_group(slug, "{slug}", "(?P<slug>.+?)")) if slug else None

    @property
    def versioned(self) -> bool:
        """Whether addresses say which release they are of."""
        return any("{release}" in one for one in (self.site.start, *self.site.include))

    def canonical(self, url: str) -> str | None:
        """``url`` in the one spelling of this crawl, or None."""
        return canonical(url, self.site.keep_query)

    def refusal(self, url: str) -> Why | None:
        """Why the canonical ``url`` is not visited; None where it is."""
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) not in self._origins:
            return Why.OTHER_SITE
        if url == self.start:
            return None
        if is_trap(url):
            return Why.TRAP
        if not self._include(parts.path):
            found = self.release_of(url)
            return Why.OTHER_RELEASE if found not in (None, self.label) else Why.OUT_OF_SCOPE
        if self._exclude(parts.path):
            return Why.EXCLUDED
        return Why.NOT_A_DOCUMENT if _NO_DOCUMENT.search(parts.path) else None

    def is_document(self, url: str) -> bool:
        """Whether a page that was visited belongs to the result, not only its links."""
        path = urlsplit(url).path
        return bool(self._include(path)) and not self._exclude(path)

    def release_of(self, url: str) -> str | None:
        """The release that the path of ``url`` names, through the declared templates."""
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) not in self._origins:
            return None
        for pattern in self._releases:
            if (match := pattern.fullmatch(parts.path)) and _MOVING.search(match["release"]):
                return match["release"]
        return None

    def slug(self, url: str) -> str:
        """What the page at ``url`` is called in every release: ``app-pgdump``, ``s3/cp``."""
        path = urlsplit(url).path
        if self._slug and (match := self._slug.fullmatch(path)):
            path = match["slug"]
        else:
            path = path.removeprefix(self.root)
        path = _DOCUMENT.sub("", path.strip("/"))
        path = path.removesuffix("/index") or "index"
        return unquote(path) if unquote(path).isprintable() else path

    def file_name(self, url: str, suffix: str) -> str:
        """Name the document inside its source: its slug and ``.html`` or ``.md``."""
        return str(PurePosixPath(self.slug(url) + suffix))

    @staticmethod
    def _start(template: str, values: dict[str, str]) -> str:
        start = canonical(fill_whole(template, values, url=True))
        if start is None:
            raise ConfigurationError(f"A crawl can't start at {template!r}.")
        return start


def _any_of(globs: Iterable[str]) -> Callable[[str], re.Match[str] | None]:
    patterns = [f"(?:{translate(glob)})" for glob in globs]
    return re.compile("|".join(patterns) or "(?!)").match


def _with_group(glob: str, mark: str, group: str) -> str:
    """The regular expression of ``glob``, in which ``mark`` is the named ``group``."""
    # Letters only, which no translation of a glob touches.
    return translate(glob.replace(mark, "QmarkQ")).replace("QmarkQ", group)
