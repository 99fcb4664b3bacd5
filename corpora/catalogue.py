"""What exists: product declarations, one small TOML file each, and the loader that checks them.

A declaration states its defaults once; a release states only its difference::

    [source.deb]                       # the default for every release
    packages = ["docker-cli"]

    [releases."20.10"]                 # this one came in another package
    deb.packages = ["docker.io"]

Templates may use ``{release}`` (the label), ``{upstream}`` (the full version found), ``{slug}``,
``{package}``, ``{suite}`` and ``{section}`` (of a manual page).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from corpora.errors import ConfigurationError, UnknownProduct, UnknownVersion
from corpora.labels import Scheme, sort_labels
from corpora.model import Frozen
from corpora.sources import SOURCE_KINDS, InstalledSource, SourceKind, Sources
from corpora.suggest import closest

Domain = Literal["system-administration", "cloud", "databases", "security", "kubernetes"]
ProductId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


_UNWRITTEN = re.compile(r"(?:[^\s,-][^\s,]* )*-[^\s,]+(?:, -[^\s,]+)*")


class Versioning(Frozen):
    """How the product labels its releases, and how a tool's own version output is read."""

    scheme: Scheme
    fingerprints: tuple[str, ...] = ()
    """Regular expressions with a group ``version``, tried in order on pasted version output."""

    @field_validator("fingerprints")
    @classmethod
    def _compilable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                groups = re.compile(pattern).groupindex
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
            if "version" not in groups:
                raise ValueError(f"{pattern!r} has no group named 'version'")
        return patterns


class Notation(Frozen):
    """How the pages of a product write what they define. Each field is off for most."""

    defaults: bool = False
    """What follows ``=`` is the default, as in the pages that cobra makes: ``--cap-add=[]``."""
    words: bool = False
    """``-name`` is one name; elsewhere ``-nNUM`` may be a letter and its value."""
    spaced_optional: bool = False
    """``--contains [<commit>]`` takes a value or none. A program that reads its options with
    getopt_long(3) can't: there the word is an operand (``sfdisk --list [device...]``)."""
    several_words: Literal["none", "one", "many"] = "none"
    """What ``--add <name> <value>`` takes. Of getopt_long(3) and of git's parser, nothing: the
    words are the operands of a mode."""
    plus: bool = False
    """Names may begin with ``+``."""
    letters_take: bool = False
    """The letter in ``-T, --tree[=column]`` may be given the value too."""
    unprinted: bool = False
    """No option is printed with its value, so that any may take one."""
    numbered: tuple[str, ...] = ()
    """How names begin that may be given a number there: ``--pg-`` for ``--pg1-path``."""
    literals: bool = False
    """Values stand in capitals, and what doesn't is the value itself: ``-p,
    --indicator-style=slash`` gives ``-p`` as short for the whole."""


class Reading(Frozen):
    """How a product's programs read their options. Most are programs on getopt_long(3)."""

    dialect: str = "gnu"
    """A preset of ``commands.dialect``."""
    programs: Mapping[str, str] = Field(default_factory=dict)
    """Programs of the product that read their options otherwise, each with its dialect."""
    phantoms: tuple[str, ...] = ()
    """Options that the pages list and no program accepts. Behind a program, only the spelling, and
    of that program alone: ``setterm -h``."""
    takes: Mapping[str, Literal["one", "optional"]] = Field(default_factory=dict)
    """Options that the pages print without the value that they take, and whether it may be left
    out. A spelling, perhaps behind the command whose option it is: ``systemctl -P``."""
    spellings: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other names that programs take for an option, and their pages don't have: as in ``takes``."""
    unwritten: Mapping[str, Literal["none", "one", "optional"]] = Field(default_factory=dict)
    """Options that no page has, and how they take a value: ``ipcrm -v, --verbose``. Without a
    command, every program of the product takes them: ``-V, --version``."""
    aliases: Mapping[str, str] = Field(default_factory=dict)
    """Other names of commands, and the command: ``trivy fs`` of ``trivy filesystem``."""
    optional: tuple[str, ...] = ()
    """Options that a usage prints as required, and are not: as in ``takes``."""
    shares: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Programs that take the options of others, and whose pages don't say so: apt those of
    apt-get."""
    parameters: tuple[str, ...] = ()
    """Pages that describe a configuration file, as globs of their slugs: ``sshd_config``."""
    program: str = ""
    """For pages that leave the program out, and are called by the command: ``docker`` where
    ``container_run.md`` documents ``docker container run``."""
    notation: Notation = Notation()

    @field_validator("unwritten")
    @classmethod
    def _options(cls, unwritten: Mapping[str, str]) -> Mapping[str, str]:
        for key in unwritten:
            if not _UNWRITTEN.fullmatch(key):
                raise ValueError(f"{key!r} is not like 'ipcrm -v, --verbose'")
        return unwritten


class Canary(Frozen):
    """A question whose answer is known: a refresh asks it before anything is published."""

    question: str
    expects: str
    """What must stand in the context, letter by letter."""
    releases: tuple[str, ...] = ()
    """Labels that it is asked of; none: of the newest that was built."""


class ReleaseDeclaration(Frozen):
    """One release with its sources, defaults filled in and ``{release}`` still a template."""

    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+~:-]{0,63}$")]
    """Never a path: templates put it into addresses and names of packages."""
    sources: Sources
    options: Reading | None = None
    """The product's, with what the release says otherwise. None: the product's."""


class Product(Frozen):
    """A documented tool, as its file in ``corpora/products/`` declares it."""

    id: ProductId
    title: str
    domain: Domain
    vendor: str
    homepage: str
    licence: str
    """SPDX expression of the documentation's licence."""
    attribution: str
    aliases: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """Executables that belong to it, for recognising the product in a command or a question."""
    versions: Versioning
    options: Reading = Reading()
    """How its pages write options, and its programs read them."""
    canaries: tuple[Canary, ...] = ()
    releases: Annotated[tuple[ReleaseDeclaration, ...], Field(min_length=1)]
    """Oldest first."""

    @property
    def source_kinds(self) -> tuple[SourceKind, ...]:
        """The kinds of source that any release declares, in the order in which they are asked."""
        declared = {kind for release in self.releases for kind in release.sources.kinds}
        return tuple(kind for kind in SOURCE_KINDS if kind in declared)

    @property
    def labels(self) -> tuple[str, ...]:
        """Release labels, oldest first."""
        return tuple(release.label for release in self.releases)

    @property
    def installed(self) -> InstalledSource | None:
        """What an installation of it is read by, where that is declared."""
        return next((one.sources.installed for one in self.releases if one.sources.installed), None)

    def with_installed(self, labels: Collection[str]) -> Product:
        """The product with releases of ``labels`` as well, which are installed on this machine.

        Raises ConfigurationError where its scheme can't read one of them.
        """
        known = {one.label: one for one in self.releases}
        sources = Sources(installed=self.installed)
        more = {one: ReleaseDeclaration(label=one, sources=sources) for one in labels} | known
        try:
            order = sort_labels(self.versions.scheme, more)
        except ValueError as error:
            raise ConfigurationError(f"{self.id}: what is installed: {error}.") from error
        return self.model_copy(update={"releases": tuple(more[label] for label in order)})

    def only(self, labels: Collection[str]) -> Product:
        """The product as if it had no other releases than ``labels``, of which it has some."""
        kept = tuple(release for release in self.releases if release.label in labels)
        return self if kept == self.releases else self.model_copy(update={"releases": kept})

    def reading(self, label: str) -> Reading:
        """How the pages and programs of a release are read, whether it is declared or not."""
        declared = (one.options for one in self.releases if one.label == label)
        return next(declared, None) or self.options

    def release(self, label: str) -> ReleaseDeclaration:
        """The declaration of one release. Raises UnknownVersion."""
        for release in self.releases:
            if release.label == label:
                return release
        raise UnknownVersion(self.id, label, available=self.labels, policy="exact")


class _Shape(BaseModel):
    """What of a file must hold before its releases can be ordered and overlaid."""

    versions: Versioning
    source: dict[str, Any] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    releases: dict[str, dict[str, Any]]


class Catalogue(Mapping[str, Product]):
    """All declared products by id. Iterates in id order."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._products = dict(sorted(products.items()))

    @classmethod
    def load(cls, folder: Path | None = None) -> Catalogue:
        """Read every ``*.toml`` of ``folder`` (default: the products that ship with Flagstone).

        Raises ConfigurationError naming the file and the field that is wrong.
        """
        root: Traversable = folder or files("corpora") / "products"
        try:
            declared = [entry for entry in root.iterdir() if entry.name.endswith(".toml")]
        except OSError as error:
            raise ConfigurationError(f"{root} can't be read: {error.strerror}.") from error
        products: dict[str, Product] = {}
        names: dict[str, str] = {}
        for entry in sorted(declared, key=lambda entry: entry.name):
            product = _product(entry.name, _text(entry))
            if entry.name != f"{product.id}.toml":
                raise ConfigurationError(f"{entry.name} declares {product.id!r}: rename the file.")
            products[product.id] = product
            for name in {product.id, *(alias.lower() for alias in product.aliases)}:
                if (other := names.setdefault(name, product.id)) != product.id:
                    raise ConfigurationError(
                        f"{entry.name}: the name {name!r} already stands for {other!r}."
                    )
        return cls(products)

    def with_installed(self, versions: Mapping[str, Collection[str]]) -> Catalogue:
        """The catalogue with the releases that are installed on this machine: product → labels.

        Raises UnknownProduct, ConfigurationError.
        """
        more = {name: self[name].with_installed(labels) for name, labels in versions.items()}
        return Catalogue({**self, **more})

    def __getitem__(self, product: str) -> Product:
        try:
            return self._products[product]
        except KeyError:
            raise UnknownProduct(
                product, available=list(self), suggestions=closest(product, self)
            ) from None

    def __contains__(self, product: object) -> bool:
        return product in self._products

    def __iter__(self) -> Iterator[str]:
        return iter(self._products)

    def __len__(self) -> int:
        return len(self._products)


def _text(entry: Traversable) -> str:
    try:
        return entry.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{entry.name} can't be read: {error}.") from error


def _product(name: str, text: str) -> Product:
    try:
        raw = tomllib.loads(text)
        shape = _Shape.model_validate(raw)
        raw.pop("source", None)
        raw["canaries"] = raw.pop("canary", ())
        raw["releases"] = [
            _release(label, shape) for label in sort_labels(shape.versions.scheme, shape.releases)
        ]
        return Product.model_validate(raw)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name} is not TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{name}: {where}: {first['msg']}.") from error
    except ValueError as error:  # of sort_labels
        raise ConfigurationError(f"{name}: releases: {error}.") from error


def _release(label: str, shape: _Shape) -> dict[str, Any]:
    """One release, with what it says laid over what the product does."""
    difference = dict(shape.releases[label])
    options = difference.pop("options", None)
    return {
        "label": label,
        "sources": _overlay(shape.source, difference),
        "options": _overlay(shape.options, options) if isinstance(options, dict) else options,
    }


def _overlay(base: Mapping[str, Any], difference: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``difference`` laid over it, tables merged, everything else replaced."""
    merged = dict(base)
    for key, value in difference.items():
        inner = merged.get(key)
        merged[key] = (
            _overlay(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
        )
    return merged
