"""The table source: what a program in Python says of its own commands, asked in a sandbox.

1. the release's version is found among those of its package as the PyPI source does it
2. the package is installed, with all that it requires, into a folder that is removed again: wheels
   alone, so that nothing of them is run by that
3. the format's script is run there, shut in, and prints the table, the release's one document
4. the table is kept under the release's fingerprint: what was asked once is not installed again

What the package requires is not part of the fingerprint: azure-cli requires exactly its own core,
where the commands are; later patches of SDKs, whose enumerations are some of its choices, are not
looked for.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import PypiSource as PypiDeclaration
from corpora.sources import TableSource as Declaration
from ingest.models import SCRIPTS
from ingest.sources.base import Document, Found, Progress, fill_whole, silent
from ingest.sources.pip import Pip
from ingest.sources.pypi import PypiSource
from ingest.sources.sandbox import Allowance, Tree
from ingest.sources.scratch import scratch

NAME = "commands.json.gz"
"""What the document is called."""

ALLOWED = Allowance(seconds=900, memory=4 * 2**30, output=32 * 2**20)
"""azure-cli 2.89.1, started twice, takes 44 s of processor time where its byte code is there, about
twice that where it isn't, and 950 MB; it prints 1.2 MB."""

SPACE = 2**30
"""Bytes that must be free. At most 573 MB were in use at once for azure-cli 2.72, the largest."""

_PACKAGES = "packages"
_SCRIPT = "ask.py"


class TableSource:
    """One product's tables, as its own programs print them.

    ``unconfined``: run them even where nothing shuts them in. ``scripts``: format → what asks.
    """

    def __init__(
        self,
        product: Product,
        pip: Pip,
        *,
        unconfined: bool = False,
        scripts: Mapping[str, Path] = SCRIPTS,
    ) -> None:
        self.product = product
        self._pip = pip
        self._unconfined = unconfined
        self._scripts = scripts
        self._packages = PypiSource(_as_packages(product, scripts), pip)

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases the index has. Raises SourceError, ToolMissing."""
        Tree(Path("/"), unconfined=self._unconfined)  # to say at once where nothing may be run
        return self._packages.releases(on_progress=on_progress)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Download the package of ``found``, unless its table is there. Raises SourceError."""
        if self._kept(found).is_file():
            return found
        return self._packages.prepare(found, on_progress=on_progress)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """The table of ``found``; installed and asked for only where it isn't there yet.

        Raises SourceError, ToolMissing.
        """
        declared = self.product.release(found.label).sources.table
        if declared is None:
            raise SourceError(f"{self.product.id} {found.label}", Reason.NOT_FOUND, "no table")
        kept = self._kept(found)
        if not kept.is_file():
            self._ask(found, declared, kept, on_progress)
        slug = NAME.partition(".")[0]
        values = {"release": found.label, "upstream": found.upstream, "slug": slug}
        yield Document(
            name=NAME,
            data=kept.read_bytes(),
            url=fill_whole(declared.url, values, url=True),
            slug=slug,
            fetched_at=datetime.fromtimestamp(kept.stat().st_mtime, UTC),
        )

    def versions(self) -> tuple[str, ...]:
        """Every final version of the package. Raises SourceError."""
        return self._packages.versions()

    def _kept(self, found: Found) -> Path:
        return self._pip.state / "tables" / f"{found.fingerprint}.json.gz"

    def _ask(self, found: Found, declared: Declaration, kept: Path, on_progress: Progress) -> None:
        """Install, ask, and keep what was said. What was installed is gone afterwards."""
        wheel, *_ = self._packages.wheels(found)
        # Beside what will be kept: a machine's /tmp may be small, or in its memory.
        with scratch(self._pip.state, "installed-") as folder:
            free = shutil.disk_usage(folder).free
            if free < SPACE:
                detail = f"{free // 2**20} MB are free, and {SPACE // 2**20} are needed"
                hint = "Make room where FLAGSTONE_DATA is."
                raise SourceError(found.origin, Reason.TOO_LARGE, detail, hint=hint)
            tree, temporary = folder / "tree", folder / "tmp"
            for one in (tree, temporary):
                one.mkdir()
            on_progress(0, 2, f"{found.origin} installed, to be asked")
            self._pip.install(
                wheel, tree / _PACKAGES, beside=declared.requires, temporary=temporary
            )
            shutil.copyfile(self._scripts[found.format], tree / _SCRIPT)
            on_progress(1, 2, f"{found.origin} installed, to be asked")
            table = self._said(found, tree)
            kept.parent.mkdir(exist_ok=True)
            arrived = temporary / NAME
            arrived.write_bytes(table)
            arrived.replace(kept)
            on_progress(2, 2, f"{found.origin} installed, to be asked")

    def _said(self, found: Found, folder: Path) -> bytes:
        program, beside = interpreter()
        tree = Tree(
            folder,
            {"PYTHONPATH": f"{{root}}/{_PACKAGES}", "PYTHONHASHSEED": "0"},
            unconfined=self._unconfined,
            beside=beside,
        )
        # Without the site packages of the Python that runs this, and without writing byte code.
        answer = tree.answer(program, ["-S", "-s", "-B", tree.seen(folder / _SCRIPT)], ALLOWED)
        last = (answer.errors.strip().splitlines() or [""])[-1][:300]
        if answer.status is None:
            detail = f"it took more than {ALLOWED.seconds} s to say what it accepts"
            raise SourceError(found.origin, Reason.TIMED_OUT, detail)
        if answer.status != 0 or not answer.output:
            detail = last or f"it ended with status {answer.status}"
            raise SourceError(found.origin, Reason.CRASHED, detail)
        if len(answer.output) == ALLOWED.output:
            raise SourceError(found.origin, Reason.TOO_LARGE, "it says too much")
        return answer.output


def interpreter() -> tuple[Path, tuple[Path, ...]]:
    """The Python that runs this, without its virtual environment; folders that it needs."""
    base = Path(sys.base_prefix).resolve()
    everywhere = base.is_relative_to("/usr")
    return Path(sys.executable).resolve(), () if everywhere else (base,)


def _as_packages(product: Product, scripts: Mapping[str, Path]) -> Product:
    """The product as if its packages were its documents, for finding their versions."""
    releases = []
    for release in product.releases:
        told = release.sources.table
        pypi = told and PypiDeclaration(
            packages=(told.package,),
            format=told.format,
            include=("*",),
            # Another script asks for other things: it is part of what is fetched.
            exclude=(
                hashlib.sha256(scripts[told.format].read_bytes()).hexdigest(),
                *told.requires,
            ),
            url=told.url,
            trust=told.trust,
        )
        sources = release.sources.model_copy(update={"pypi": pypi})
        releases.append(release.model_copy(update={"sources": sources}))
    return product.model_copy(update={"releases": tuple(releases)})
