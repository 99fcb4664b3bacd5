"""The sources that a build may ask, opened as the settings say, each when it is first needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from api.folders import installed_folders, named_folders
from api.settings import Settings
from corpora.catalogue import Product
from corpora.errors import ConfigurationError
from corpora.sources import SourceKind
from ingest.crawl.report import CrawlReport
from ingest.egress import Door, Policy
from ingest.refresh import later_lines
from ingest.sources.apt import AptArchive
from ingest.sources.base import Source
from ingest.sources.deb import DebSource
from ingest.sources.git import GitSource
from ingest.sources.help import HelpSource
from ingest.sources.installed import InstalledSource
from ingest.sources.npm import NpmSource
from ingest.sources.npm_program import Npm
from ingest.sources.pip import Pip
from ingest.sources.pypi import PypiSource
from ingest.sources.several import Opener, SeveralSources
from ingest.sources.site import SiteSource
from ingest.sources.table import TableSource


class Supply:
    """Every product's sources. Close it, or use ``with``: sites keep files open.

    What several products share (apt's indexes, pip's answers, connections) is asked for once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._downloads = settings.data / "downloads"
        self._closing = ExitStack()
        self._sites: dict[str, SiteSource] = {}
        self._made: dict[str, SeveralSources] = {}
        self._openers: Mapping[SourceKind, Opener] = MappingProxyType(
            {
                "installed": lambda product: InstalledSource(
                    product, self._installed.get(product.id, ())
                ),
                "deb": lambda product: DebSource(product, self._apt),
                "pypi": lambda product: PypiSource(product, self._pip),
                "npm": lambda product: NpmSource(product, self._npm),
                "git": lambda product: GitSource(
                    product, self._downloads / "git", self._door.addresses, mirrors=self._mirrors
                ),
                "help": lambda product: HelpSource(
                    product, self._apt, unconfined=self._settings.unconfined_help
                ),
                "table": lambda product: TableSource(
                    product, self._pip, unconfined=self._settings.unconfined_help
                ),
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
        made = self._made[product.id] = SeveralSources(
            product, [self._openers[kind] for kind in kinds]
        )
        return made

    def versions(self, product: Product) -> tuple[str, ...]:
        """Every upstream version known to those sources of ``product`` that were asked."""
        return self._made[product.id].versions()

    def later(self, products: Iterable[Product]) -> dict[str, tuple[str, ...]]:
        """Release lines that the sources asked have, later than all that a product declares."""
        found = {
            product.id: later_lines(product, self.versions(product))
            for product in products
            if product.id in self._made
        }
        return {product: labels for product, labels in found.items() if labels}

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
    def _npm(self) -> Npm:
        return Npm(self._downloads / "npm", registry=self._settings.npm_registry)

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

    @cached_property
    def _mirrors(self) -> Mapping[str, Path]:
        """Repository → folder, each below one of the allowed roots where there are any."""
        given, roots = self._settings.mirrors, self._settings.source_roots
        return dict(named_folders("MIRRORS", "REPOSITORY", given, roots))

    @cached_property
    def _installed(self) -> Mapping[str, Sequence[Path]]:
        return installed_folders(self._settings)

    def _site(self, product: Product) -> SiteSource:
        if last := self._sites.pop(product.id, None):
            last.close()
        site = SiteSource(product, self._door, self._downloads / "sites")
        self._closing.callback(site.close)
        self._sites[product.id] = site
        return site
