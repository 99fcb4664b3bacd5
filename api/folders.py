"""Folders of this machine that settings name, each for something: ``docker/cli=/srv/mirror``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from api.settings import PREFIX, Settings
from corpora.catalogue import Catalogue
from corpora.errors import ConfigurationError, SourceError
from ingest.sources.installed import installed_version


def named_folders(
    variable: str, what: str, given: Sequence[str], roots: Sequence[Path]
) -> Iterator[tuple[str, Path]]:
    """Name and folder of each, below one of the allowed ``roots`` where there are any.

    ``what`` is named there. Raises ConfigurationError naming the variable.
    """
    allowed = [one.resolve() for one in roots]
    for one in given:
        name, equals, folder = one.partition("=")
        path = Path(folder).resolve()
        if not equals or not path.is_dir():
            raise ConfigurationError(
                f"{PREFIX}{variable}: {one!r} is not {what}=FOLDER of a folder there is."
            )
        if allowed and not any(path.is_relative_to(root) for root in allowed):
            raise ConfigurationError(
                f"{PREFIX}{variable}: {folder} is below none of {PREFIX}SOURCE_ROOTS."
            )
        yield name, path


def installed_folders(settings: Settings) -> dict[str, list[Path]]:
    """Product → the folders it is installed in. Raises ConfigurationError."""
    found: dict[str, list[Path]] = {}
    named = named_folders("INSTALLED", "PRODUCT", settings.installed, settings.source_roots)
    for product, path in named:
        found.setdefault(product, []).append(path)
    return found


def catalogue(settings: Settings) -> Catalogue:
    """The declared products, with the releases that are installed on this machine.

    Raises ConfigurationError, also where a folder isn't what its setting says, and UnknownProduct.
    """
    declared = Catalogue.load(settings.products)
    versions: dict[str, list[str]] = {}
    for product, folders in installed_folders(settings).items():
        source = declared[product].installed
        if source is None:
            raise ConfigurationError(
                f"{PREFIX}INSTALLED: {product} is not read from an installation.",
                hint="Only products that declare [source.installed] are.",
            )
        try:
            versions[product] = [installed_version(folder, source) for folder in folders]
        except SourceError as error:
            raise ConfigurationError(
                f"{PREFIX}INSTALLED: {error.message}", hint=error.hint
            ) from error
    return declared.with_installed(versions)
