"""Where a release can be had: the kinds of source that a product may declare."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from corpora.model import Frozen, Trust

TableFormat = Literal["azure-table"]
"""Tables that a program makes of itself; ``ingest.models`` has the script that asks for each."""

Format = Literal[
    "docbook",
    "html",
    "man",
    "markdown",
    "help",
    "ansible",
    "aws",
    "azure-yaml",
    "gcloud",
    "oclif",
    "redis",
    TableFormat,
]
"""What documents are written in. help: the text that a program prints. From ansible on they are
models of commands, read as a whole: ansible-core's modules, all files that the AWS CLI's commands
are made of, the Azure CLI's reference, the tree of the Google Cloud SDK, ``oclif.manifest.json``,
Redis' descriptions of its commands, and tables."""

_RELATIVE = r"^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
"""A path below a folder: no part of it begins with a dot."""

SourceKind = Literal["installed", "deb", "pypi", "npm", "git", "help", "table", "site"]

SOURCE_KINDS: tuple[SourceKind, ...] = (
    "installed",
    "deb",
    "pypi",
    "npm",
    "git",
    "help",
    "table",
    "site",
)
"""In the order in which they are asked: what is installed here costs nothing, registries sign what
they have, and cost no crawl; what has to be run comes after what has only to be read."""


class InstalledSource(Frozen):
    """Files of the tool itself, in folders of this machine that the operator names.

    Each folder is a release, labelled by the version that is installed there; none is declared.
    The files are read, and nothing of them is run.
    """

    version: Annotated[str, Field(pattern=_RELATIVE)]
    """The file whose first line is the full version: ``VERSION``."""
    files: Annotated[tuple[Annotated[str, Field(pattern=_RELATIVE)], ...], Field(min_length=1)]
    """Their paths in the folder. One that isn't there is left out."""
    format: Format
    url: str
    """The public address of one document."""
    trust: Trust = "official"


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

    installed: InstalledSource | None = None
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
