"""The sources that a build may ask, opened as the settings say, each when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from types import MappingProxyType, TracebackType
from typing import Self

from api.settings import Settings
from corpora.catalogue import Product, SourceKind
from corpora.errors import ConfigurationError
from ingest.crawl.report import CrawlReport
from ingest.egress import Door, Policy
from ingest.sources.apt import AptArchive
from ingest.sources.base import Source
from ingest.sources.deb import DebSource
from ingest.sources.pip import Pip
from ingest.sources.pypi import PypiSource
from ingest.sources.several import Opener, SeveralSources
from ingest.sources.site import SiteSource


class Supply:
    """Every product's sources. Close it, or use ``with``: sites keep files open.

    What several products share (apt's indexes, pip's answers, connections) is asked for once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._downloads = settings.data / "downloads"
        self._closing = ExitStack()
        self._sites: dict[str, SiteSource] = {}
        self._openers: Mapping[SourceKind, Opener] = MappingProxyType(
            {
                "deb": lambda product: DebSource(product, self._apt),
                "pypi": lambda product: PypiSource(product, self._pip),
                "site": self._site,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and state files."""
        self._closing.close()

    def source(self, product: Product) -> Source:
        """The sources that ``product`` declares and the settings allow.

        Raises ConfigurationError where that leaves none.
        """
        kinds = [
            kind
            for kind in self._settings.sources
            if kind in product.source_kinds and kind in self._openers
        ]
        if not kinds:
            raise ConfigurationError(
                f"{product.id} declares none of the sources that are allowed.",
                hint=f"It declares: {', '.join(product.source_kinds)}. See FLAGSTONE_SOURCES.",
            )
        return SeveralSources(product, [self._openers[kind] for kind in kinds])

    def crawls(self, product: str) -> Mapping[str, CrawlReport]:
        """What was crawled of a product: release → report."""
        site = self._sites.get(product)
        return site.reports if site else {}

    @cached_property
    def _apt(self) -> AptArchive:
        return AptArchive(self._downloads, mirror=self._settings.debian_mirror)

    @cached_property
    def _pip(self) -> Pip:
        return Pip(self._downloads / "pip", index=self._settings.pypi_index)

    @cached_property
    def policy(self) -> Policy:
        """Where requests may go."""
        proxy = self._settings.egress_proxy
        return Policy(
            hosts=self._settings.egress_hosts,
            networks=self._settings.egress_networks,
            roots=self._settings.source_roots,
            proxy=proxy.get_secret_value() if proxy else "",
            ca_file=self._settings.egress_ca_file,
        )

    @cached_property
    def _door(self) -> Door:
        door = Door(self.policy)
        self._closing.callback(door.close)
        return door

    def _site(self, product: Product) -> SiteSource:
        if last := self._sites.pop(product.id, None):
            last.close()
        site = SiteSource(product, self._door, self._downloads / "sites")
        self._closing.callback(site.close)
        self._sites[product.id] = site
        return site
