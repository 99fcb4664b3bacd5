"""The engine: a question in, a context out, at exactly one release.

1. the product and the version are taken from the request, or else read from the question
2. the version is resolved to a documented release, by the policy asked for
3. passages of that release alone are searched, by words and by meaning, and fused
4. where nothing answers, the engine abstains
5. what answers is assembled within the token budget
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial

from commands.store import SurfaceStore
from commands.storefile import SURFACES
from corpora.catalogue import Product
from corpora.errors import InvalidRequest, UnknownPassage, UnknownProduct
from corpora.model import CommandUsage, Context, Hit, Passage, Resolution, VersionPolicy
from corpora.snapshot import ProductRecord, Snapshot
from corpora.suggest import closest
from corpora.tokens import TokenCounter
from retrieval.answers import (
    CommandAnswer,
    DiffAnswer,
    SchemaAnswer,
    SearchAnswer,
    ValidationAnswer,
)
from retrieval.citations import WIDEST, Citations
from retrieval.context import Assembled, Extra, assemble, distinct
from retrieval.cursor import decode_cursor, encode_cursor
from retrieval.recognise import Recognised, recognise, spelled
from retrieval.request import (
    MAX_BUDGET,
    MIN_BUDGET,
    Ask,
    ContextRequest,
    SearchRequest,
    ValidateRequest,
    Where,
)
from retrieval.search import DEPTH, Found, Mode, Searcher
from retrieval.stopwatch import Stopwatch
from retrieval.store import Scope
from retrieval.surfaces import Surfaces
from retrieval.usage import Usages
from retrieval.versions import read_fingerprint, resolve

FOREIGN_DEPTH = 50
"""Hits read where every product is searched: most of them will be of another than the best one."""

MOST_PASSAGES = WIDEST
"""A context holds at most so many passages before a cursor is needed for more."""

VERSIONS_KEPT = 4_096
"""Versions of products of which is kept how they resolve."""

REPEATED = 2
"""So many times more hits are looked at for a list than it may have: some repeat a better one."""

IN_FULL = 2
"""What is among so many of the best is given whole; of a definition or command after them, an
excerpt (decision 7)."""

PROSE_IN_FULL = 5
"""The same for running text."""


class Engine:
    """Answers questions from one open snapshot. Safe to use from several threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        searcher: Searcher,
        products: Mapping[str, Product],
        tokens: TokenCounter,
    ) -> None:
        self.snapshot = snapshot
        self.searcher = searcher
        # A product that was dropped from the catalogue is still served from an older snapshot,
        # but its declaration is needed to read versions: the two are joined here once.
        self.products = {name: products[name] for name in snapshot.products if name in products}
        self._ids = _ids(self.products.values())
        self._resolution = lru_cache(VERSIONS_KEPT)(self._resolve)
        commands = snapshot.commands()
        self._commands = {name: commands[name] for name in self.products}
        store = SurfaceStore.open(snapshot.path / SURFACES)
        self.surfaces = Surfaces(store, self.products, self, snapshot.id)
        self._usages = Usages(store, snapshot.defines)
        self._citations = Citations(tokens, snapshot.products, self._usages.note)

    def record(self, product: str) -> ProductRecord:
        """What the snapshot holds of a product, found by id or alias. Raises UnknownProduct."""
        return self.snapshot.products[self.product_id(product)]

    def passage(self, passage: str) -> Passage:
        """One passage by its id. Raises UnknownPassage."""
        found = self.snapshot.passages([passage]).get(passage)
        if found is None:
            raise UnknownPassage(
                f"No passage has the id {passage!r} in snapshot {self.snapshot.id}.",
                hint="Ids come from /search and /context answers of the same snapshot.",
            )
        return found

    def resolve(self, where: Where, query: str = "") -> Resolution | None:
        """How the asked version becomes a documented one; None where no product is named.

        Raises UnknownProduct, UnknownVersion, InvalidRequest.
        """
        return self._understand(where, query)[0]

    def _understand(self, where: Where, query: str) -> tuple[Resolution | None, str]:
        """The resolution, and the question without the version that was read from it."""
        product, version, told = self.stated(where)
        # Where the product is known, the others must not distract from its version.
        among = {product: self.products[product]} if product else self.products
        seen = recognise(query, among, self._commands)
        if product is None and seen.product:
            product = seen.product
            told += f"The product was read from the question ({seen.evidence!r}). "
        if version is None and len(seen.versions) > 1:
            told += f"The question names several versions ({', '.join(seen.versions)}). "
        if version is None and seen.version:
            version = seen.version
            told += f"The version was read from the question ({seen.evidence!r}). "
        if product is None:
            if version:
                raise InvalidRequest(
                    f"Version {version} of what? No product is named.",
                    hint=f"Send `product`, one of: {', '.join(self.products)}.",
                )
            return None, query
        return self.resolved(product, version, where, told), _unversioned(query, seen)

    def stated(self, where: Where) -> tuple[str | None, str | None, str]:
        """Product and version that a request states, and how they were read.

        Raises UnknownProduct, and InvalidRequest for a fingerprint that says nothing.
        """
        product = self.product_id(where.product) if where.product else None
        if not where.fingerprint or where.version:
            return product, where.version, ""
        read = read_fingerprint(self.products, where.fingerprint, product)
        if read is None:
            raise InvalidRequest(
                "No version can be read from the fingerprint.",
                hint="Paste what the tool prints for its version, or send `version`.",
            )
        return *read, "The version was read from the fingerprint. "

    def validate(self, request: ValidateRequest) -> ValidationAnswer:
        """Check every command of a text. Raises UnknownProduct, UnknownVersion, InvalidRequest."""
        return self.surfaces.validate(request)

    def describe(self, product: str, version: str, path: str) -> CommandAnswer:
        """What a command accepts. Raises UnknownProduct, UnknownVersion, UnknownCommand."""
        return self.surfaces.describe(product, version, path)

    def schema(self, product: str, version: str, path: str) -> SchemaAnswer:
        """A command as schemas. Raises UnknownProduct, UnknownVersion, UnknownCommand."""
        return self.surfaces.schema(product, version, path)

    def diff(self, product: str, old: str, new: str, path: str = "") -> DiffAnswer:
        """What changed between two releases. Raises UnknownProduct, UnknownVersion."""
        return self.surfaces.diff(product, old, new, path)

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The best passages for a question, as a ranked list; also where none of them answers.

        What says the same as a better one is left out, so that there may be fewer than asked for;
        of a definition, the commands that have it as well are named with it.
        """
        resolution, found = self.find(request, depth=REPEATED * request.limit)
        hits, also = distinct(found.hits)
        return SearchAnswer(
            resolution=resolution,
            hits=tuple(
                hit.model_copy(update={"also": also[name]})
                if (name := hit.passage.id) in also
                else hit
                for hit in hits[: request.limit]
            ),
            abstained=found.abstain,
            snapshot=self.snapshot.id,
        )

    def context(self, request: ContextRequest) -> Context:
        """The context for a question.

        Raises UnknownProduct, UnknownVersion, InvalidRequest. Where nothing in the corpus answers,
        the context is empty and says ``abstained``.
        """
        timings: dict[str, float] = {}
        timer = Stopwatch(timings)
        budget = min(max(request.token_budget, MIN_BUDGET), MAX_BUDGET)
        with timer("total"):
            resolution, found = self.find(request, timer)
            hits, also = distinct(() if found.abstain else found.relevant)
            listing = self._listing(request, resolution)
            start = decode_cursor(request.cursor, listing, len(hits)) if request.cursor else 0
            with timer("assemble"):
                assembled = (
                    assemble(
                        hits,
                        resolution,
                        self.snapshot.products[resolution.product],
                        budget=budget,
                        citations=self._citations,
                        most=MOST_PASSAGES,
                        full=IN_FULL,
                        prose=PROSE_IN_FULL,
                        start=start,
                        extra=Extra(
                            partial(self._usages.card, request.query),
                            partial(self._usages.names, request.query),
                        ),
                        also=also,
                    )
                    if resolution and hits
                    else None
                )
                usages = self._used(request.query, resolution, hits, assembled)
        return Context(
            resolution=resolution,
            passages=assembled.passages if assembled else (),
            commands=usages,
            context=assembled.text if assembled else "",
            token_budget=budget,
            budget_clamped=budget != request.token_budget,
            tokens_used=assembled.tokens if assembled else 0,
            truncated=assembled.truncated if assembled else False,
            next_cursor=(
                encode_cursor(listing, assembled.next) if assembled and assembled.next else None
            ),
            abstained=found.abstain,
            snapshot=self.snapshot.id,
            timings_ms={stage: round(1000 * spent, 2) for stage, spent in timings.items()},
        )

    def _used(
        self,
        query: str,
        resolution: Resolution | None,
        hits: Sequence[Hit],
        assembled: Assembled | None,
    ) -> tuple[CommandUsage, ...]:
        """The commands that the question and the passages given are about."""
        if resolution is None or resolution.product not in self.surfaces.products:
            return ()
        given = {one.id for one in assembled.passages} if assembled else set()
        shown = [hit for hit in hits if hit.passage.id in given]
        commands = spelled(query, self._commands[resolution.product])
        return self._usages.of(query, commands, shown, resolution.product, resolution.resolved)

    def _listing(self, ask: Ask, resolution: Resolution | None) -> str:
        """Names the list of hits that a cursor points into."""
        release = f"{resolution.product}@{resolution.resolved}" if resolution else ""
        listed = f"{release}\n{ask.mode}\n{ask.query}"
        asked = hashlib.sha256(listed.encode()).hexdigest()[:16]
        return f"{self.snapshot.id}.{asked}"

    def find(
        self, ask: Ask, timer: Stopwatch | None = None, depth: int = DEPTH
    ) -> tuple[Resolution | None, Found]:
        """What a search finds for a question, and at which release.

        Raises UnknownProduct, UnknownVersion, InvalidRequest.
        """
        timer = timer or Stopwatch()
        mode: Mode | None = "lexical" if ask.mode == "fast" else None
        with timer("resolve"):
            resolution, question = self._understand(ask, ask.query)
        if resolution is not None:
            commands = spelled(question, self._commands[resolution.product])
            scope = Scope(pairs=((resolution.product, resolution.resolved),))
            found = self.searcher.search(
                question, scope, timer, mode=mode, commands=commands, depth=depth
            )
            return resolution, found
        newest = tuple(
            self.resolved(name, None, ask, "No product was named. ") for name in self.products
        )
        everywhere = Scope(pairs=tuple((one.product, one.resolved) for one in newest))
        depth = max(depth, FOREIGN_DEPTH)
        found = self.searcher.search(ask.query, everywhere, timer, mode=mode, depth=depth)
        if found.abstain or not found.hits:
            return None, found
        # The answer is about one product at one release: that of the best passage.
        best = found.hits[0].passage.product
        resolution = next(one for one in newest if one.product == best)
        return resolution, found.only(best)

    def resolved(self, product: str, version: str | None, where: Where, told: str) -> Resolution:
        """How a version of a product becomes a documented one. Raises UnknownVersion."""
        resolution = self._resolution(product, version, where.version_policy)
        return resolution.model_copy(update={"reason": told + resolution.reason})

    def _resolve(self, product: str, version: str | None, policy: VersionPolicy) -> Resolution:
        scheme = self.products[product].versions.scheme
        return resolve(product, scheme, self.snapshot.products[product].releases, version, policy)

    def product_id(self, name: str) -> str:
        """The id of a product, by id, title or alias. Raises UnknownProduct."""
        wanted = name.strip().lower()
        if wanted in self._ids:
            return self._ids[wanted]
        names = [*self.products, *(one for p in self.products.values() for one in p.aliases)]
        raise UnknownProduct(
            name, available=list(self.products), suggestions=closest(wanted, names)
        )


def _ids(products: Iterable[Product]) -> dict[str, str]:
    """The id of a product by each of its names in small letters; the first one's that has it."""
    found: dict[str, str] = {}
    for product in products:
        for name in (product.id, product.title.lower(), *(one.lower() for one in product.aliases)):
            found.setdefault(name, product.id)
    return found


def _unversioned(query: str, seen: Recognised) -> str:
    """The question without its version: the filter has it, and as a word it only misleads."""
    if not seen.version:
        return query
    number = rf"(?:\b(?:version|release)\s+)?\bv?{re.escape(seen.version)}(?![\w.]*\w)"
    rest = re.sub(number, " ", seen.evidence, count=1, flags=re.IGNORECASE)
    return query.replace(seen.evidence, rest, 1).strip(" :,-") or query
