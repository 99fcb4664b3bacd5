"""The help source: what programs of Debian packages print of themselves, asked in a sandbox.

1. the packages of a release are found and downloaded as the Debian source does it
2. programs and libraries are unpacked into a folder that is removed again
3. each program is asked for its help, and so is every subcommand that a help text lists

Only ``--help`` and its like are asked, with words that the program itself printed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import DebSource as DebDeclaration
from corpora.sources import HelpSource as Declaration
from ingest.parse.help_text import commands_in, help_text
from ingest.sources.apt import AptArchive
from ingest.sources.archive import Alias, Limits, Member, read_deb, selector
from ingest.sources.base import Document, Found, Progress, fill, fill_whole, silent
from ingest.sources.deb import DebSource
from ingest.sources.sandbox import Tree

MAX_COMMANDS = 2000
"""Of one program. kubectl has 106, docker 190."""

_FILES = ("*bin/*", "*/lib*/*.so*", "*/lib/*.so*", "usr/lib/postgresql/*/bin/*")
_UNPACKED = Limits(member_bytes=512 * 2**20, total_bytes=2 * 2**30)
"""Programs are larger than documents: kubectl 1.36 has 58 MB, docker's daemon 100."""


class HelpSource:
    """One product's help texts, out of the packages that its declaration names."""

    def __init__(self, product: Product, archive: AptArchive, *, unconfined: bool = False) -> None:
        self.product = product
        self._unconfined = unconfined
        self._debs = DebSource(_as_debs(product), archive)

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the archive has. Raises SourceError, ToolMissing."""
        Tree(Path("/"), unconfined=self._unconfined)  # to say at once where nothing may be run
        return self._debs.releases(on_progress=on_progress)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Download the packages of ``found``; return it, or the next best. Raises SourceError."""
        return self._debs.prepare(found, on_progress=on_progress)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """The help of every command, a program's own first. Raises SourceError, ToolMissing."""
        declared = self.product.release(found.label).sources.help
        if declared is None:
            raise SourceError(f"{self.product.id} {found.label}", Reason.NOT_FOUND, "no help")
        url = fill(declared.url, {"release": found.label, "upstream": found.upstream}, url=True)
        with tempfile.TemporaryDirectory(prefix="flagstone-programs-") as folder:
            root = Path(folder)
            for deb in self._debs.archives(found, on_progress=on_progress):
                _unpack(deb, root, found.origin)
            tree = Tree(root, unconfined=self._unconfined)
            done = 0
            for program in declared.programs:
                path = tree.program(program)
                if path is None:
                    raise SourceError(found.origin, Reason.NOT_FOUND, f"no program {program}")
                for words, text in _texts(tree, path, program, declared):
                    done += 1
                    on_progress(done, None, f"help of {self.product.title} {found.label}")
                    yield Document(
                        name="/".join(words),
                        data=text.encode(),
                        url=fill_whole(url, {"slug": "-".join(words), "path": "_".join(words)}),
                        slug="-".join(words),
                        fetched_at=datetime.now(UTC),
                        format="help",
                    )


def _texts(
    tree: Tree, path: Path, program: str, declared: Declaration
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command of a program with its help, level by level, as far as they list others."""
    level: list[tuple[str, ...]] = [()]
    asked = 0
    above: dict[tuple[str, ...], str] = {}
    while level:
        below: list[tuple[str, ...]] = []
        for words in level:
            if asked == MAX_COMMANDS:
                raise SourceError(program, Reason.TOO_LARGE, f"more than {asked} commands")
            asked += 1
            text = tree.output(path, [*words, *declared.ask])
            if not text.strip() or text == above.get(words[:-1]):
                continue  # it doesn't know the word, and shows the help of what it knows
            above[words] = text
            listed = commands_in(help_text(program, text.encode()))
            if len(words) < declared.depth:
                below += [(*words, one) for one in listed if one != "help" and one not in words]
            if not words:
                text = "\n".join([text, *(tree.output(path, more) for more in declared.also)])
            yield (program, *words), text
        level = list(dict.fromkeys(below))


def _unpack(deb: Path, root: Path, name: str) -> None:
    """Programs and libraries of a package, below ``root``; links as copies of what they lead to."""
    members: dict[str, Member] = {}
    for one in read_deb(deb, selector(_FILES), limits=_UNPACKED, strict=False, name=name):
        if isinstance(one, Alias):
            source = members.get(one.target)
            data = source.data if source else b""
        else:
            members[one.path], data = one, one.data
        place = root / one.path
        if data and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod(0o755)


def _as_debs(product: Product) -> Product:
    """The product as if its programs were its documents, for finding the packages."""
    releases = []
    for release in product.releases:
        told = release.sources.help
        debs = told and DebDeclaration(
            packages=told.packages,
            format="help",
            include=("*",),
            # Other words bring other texts: they are part of what is fetched.
            exclude=(*told.programs, *told.ask, *(" ".join(one) for one in told.also)),
            url=told.url,
            trust=told.trust,
        )
        sources = release.sources.model_copy(update={"deb": debs})
        releases.append(release.model_copy(update={"sources": sources}))
    return product.model_copy(update={"releases": tuple(releases)})
