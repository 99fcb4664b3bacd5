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
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from corpora.errors import ConfigurationError, UnknownProduct, UnknownVersion
from corpora.labels import Scheme, sort_labels
from corpora.model import Frozen, Trust
from corpora.suggest import closest

Domain = Literal["system-administration", "cloud", "databases", "security", "kubernetes"]
ProductId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


TableFormat = Literal["azure-table"]
"""Tables that a program makes of itself; ``ingest.models`` has the script that asks for each."""

Format = (
    Literal[
        "docbook",
        "html",
        "man",
        "markdown",
        "help",
        "ansible",
        "aws",
        "azure-yaml",
        "oclif",
        "redis",
    ]
    | TableFormat
)
"""What documents are written in. help: the text that a program prints. From ansible on they are
models of commands, read as a whole: ansible-core's modules, all files that the AWS CLI's commands
are made of, the Azure CLI's reference, ``oclif.manifest.json``, Redis' descriptions of its
commands, and tables."""

SourceKind = Literal["deb", "pypi", "npm", "git", "help", "table", "site"]

SOURCE_KINDS: tuple[SourceKind, ...] = ("deb", "pypi", "npm", "git", "help", "table", "site")
"""In the order in which they are asked: registries sign what they have, and cost no crawl; what
has to be run comes after what has only to be read."""


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


class DebSource(Frozen):
    """Documentation inside Debian packages."""

    packages: tuple[str, ...]
    format: Format
    include: tuple[str, ...]
    """Glob patterns of member paths, without a leading slash."""
    exclude: tuple[str, ...] = ()
    url: str
    """The public address of one page."""
    trust: Trust = "distribution"


class PypiSource(Frozen):
    """Documentation, or models of commands, inside Python packages.

    The first package decides the version; the others come at the version that it requires, and are
    left out where it doesn't require them.
    """

    packages: Annotated[tuple[str, ...], Field(min_length=1)]
    format: Format
    include: tuple[str, ...]
    """Glob patterns of member paths inside the wheels."""
    exclude: tuple[str, ...] = ()
    url: str
    """The public address of one document."""
    trust: Trust = "official"


class NpmSource(Frozen):
    """Documentation, or descriptions of commands, inside one package of an npm registry."""

    package: Annotated[str, Field(pattern=r"^(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$")]
    format: Format
    include: tuple[str, ...]
    """Glob patterns of member paths inside the tarball, without its leading ``package/``."""
    exclude: tuple[str, ...] = ()
    url: str
    """The public address of one document."""
    trust: Trust = "official"


class GitSource(Frozen):
    """Documentation in a git repository: of a tag, of a branch, or in a folder of a branch.

    One of ``tag`` and ``branch``. Where a branch holds a folder for each release, ``include`` says
    ``{release}``.
    """

    repository: Annotated[str, Field(pattern=r"^https://[^/@\s?#]+/[^@\s?#]+$")]
    tag: str = ""
    """Glob of the tags of a release, ``v{release}.*``: the newest version among them is taken."""
    branch: str = ""
    """The branch of a release: ``release-{release}``; ``main`` where folders tell them apart."""
    format: Format = "markdown"
    include: tuple[str, ...]
    """Glob patterns of paths, without a leading slash."""
    exclude: tuple[str, ...] = ()
    url: str
    """The public address of one document. ``{path}`` is its path in the repository, ``{ref}`` the
    tag or branch."""
    trust: Trust = "official"

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if bool(self.tag) == bool(self.branch):
            raise ValueError("declare either a tag or a branch")
        return self


class HelpSource(Frozen):
    """What programs print of themselves: their help, asked for in a sandbox.

    The programs come out of packages of one registry, and are run for nothing else.
    """

    packages: Annotated[tuple[str, ...], Field(min_length=1)]
    """Debian packages; the first decides the version, and the others bring its libraries."""
    programs: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of executables: the first of each name in the packages is asked."""
    ask: tuple[str, ...] = ("--help",)
    """The words that make a command print its help: ``-help``, ``--help``."""
    also: tuple[tuple[str, ...], ...] = ()
    """Further pages of the program itself: ``[["options"]]`` of kubectl."""
    depth: Annotated[int, Field(ge=0, le=8)] = 5
    """Levels of subcommands that are asked. ``aws`` and ``gcloud`` apart, none has more."""
    url: str
    """The public address that describes a command, for citing it."""
    trust: Trust = "distribution"


class TableSource(Frozen):
    """The table of its commands that a program in Python makes of itself, asked in a sandbox.

    The package is installed from a Python package index with all that it requires, for as long as
    it is asked, and run for nothing else.
    """

    package: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    format: TableFormat
    """Which table: the format has its script."""
    requires: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*[<>=!~]")], ...] = ()
    """Requirements that hold beside those that it states: ``setuptools<81``."""
    url: str
    """The public address of a document beside those that describe the commands."""
    trust: Trust = "official"


class SiteSource(Frozen):
    """Documentation on the vendor's public site, which is crawled.

    Patterns are globs of the path, in which ``*`` also matches ``/``. Where neither ``start`` nor
    ``include`` says ``{release}``, the site describes one release: declare it under that release.
    """

    start: Annotated[str, Field(pattern=r"^https?://[^/@\s]+/")]
    """Where the crawl begins. Its folder is the root of the slugs."""
    include: tuple[str, ...] = ()
    """Paths of documents. Default: everything below the folder of ``start``."""
    exclude: tuple[str, ...] = ()
    format: Format = "html"
    slug: str = ""
    """Where ``{slug}`` stands in a document's path: ``/docs/{slug}/{release}*``. Default: the path
    below the folder of ``start``, without ``.html`` or ``.md``."""
    discover: tuple[Literal["links", "sitemap", "llms"], ...] = ("links", "sitemap", "llms")
    """How documents are found: links of pages, ``sitemap.xml``, ``llms.txt``."""
    markdown: Literal["never", "suffix", "accept"] = "never"
    """Ask for Markdown instead of HTML: at the page's address with ``.md``, or by Accept."""
    keep_query: tuple[str, ...] = ()
    """Query parameters that name a document. All others are dropped: most are traps."""
    max_pages: Annotated[int, Field(ge=1, le=200_000)] = 20_000
    max_depth: Annotated[int, Field(ge=0, le=100)] = 16
    """Links from ``start`` to the farthest document. PostgreSQL's documentation needs 4."""
    delay: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Least seconds between two requests. The site's robots.txt may ask for more."""
    trust: Trust = "official"

    @field_validator("slug")
    @classmethod
    def _names_once(cls, pattern: str) -> str:
        if pattern and pattern.count("{slug}") != 1:
            raise ValueError(f"{pattern!r} must say {{slug}} once")
        return pattern


class Sources(Frozen):
    """Where a release can be had. At least one."""

    deb: DebSource | None = None
    pypi: PypiSource | None = None
    npm: NpmSource | None = None
    git: GitSource | None = None
    help: HelpSource | None = None
    table: TableSource | None = None
    site: SiteSource | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.kinds:
            raise ValueError("no source is declared")
        return self

    @property
    def kinds(self) -> tuple[SourceKind, ...]:
        """Those declared, in the order in which they are asked."""
        return tuple(kind for kind in SOURCE_KINDS if getattr(self, kind) is not None)


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
    """Options that the pages list and no program accepts."""
    takes: Mapping[str, Literal["one", "optional"]] = Field(default_factory=dict)
    """Options that the pages print without the value that they take, and whether it may be left
    out. A spelling, perhaps behind the command whose option it is: ``systemctl -P``."""
    spellings: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other names that programs take for an option, and their pages don't have: as in ``takes``."""
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

    def only(self, labels: Collection[str]) -> Product:
        """The product as if it had no other releases than ``labels``, of which it has some."""
        kept = tuple(release for release in self.releases if release.label in labels)
        return self if kept == self.releases else self.model_copy(update={"releases": kept})

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
            {"label": label, "sources": _overlay(shape.source, shape.releases[label])}
            for label in sort_labels(shape.versions.scheme, shape.releases)
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


def _overlay(base: Mapping[str, Any], difference: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``difference`` laid over it, tables merged, everything else replaced."""
    merged = dict(base)
    for key, value in difference.items():
        inner = merged.get(key)
        merged[key] = (
            _overlay(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
        )
    return merged
