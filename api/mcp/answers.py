"""What the tools give: the engine's answers without what an agent has no use for."""

from __future__ import annotations

from corpora.model import Context, Frozen, Passage, Resolution
from corpora.snapshot import ProductRecord
from retrieval.answers import DiffAnswer


class Resolved(Frozen):
    """How the version that was asked for became a documented one."""

    product: str
    requested: str | None
    resolved: str
    match: str
    reason: str

    @classmethod
    def of(cls, one: Resolution) -> Resolved:
        """Without the list of all releases, which `list_products` has."""
        return cls.model_validate(one.model_dump(exclude={"available"}))


class Source(Frozen):
    """Where a passage of the context stands."""

    id: str
    url: str


class ContextTold(Frozen):
    """The context for a question."""

    resolution: Resolved | None
    context: str
    sources: tuple[Source, ...]
    abstained: bool
    next_cursor: str | None = None
    snapshot: str

    @classmethod
    def of(cls, answer: Context) -> ContextTold:
        """The passages are told once: in the context."""
        return cls(
            resolution=Resolved.of(answer.resolution) if answer.resolution else None,
            context=answer.context,
            sources=tuple(Source(id=one.id, url=one.url) for one in answer.passages),
            abstained=answer.abstained,
            next_cursor=answer.next_cursor,
            snapshot=answer.snapshot,
        )


class ProductTold(Frozen):
    """A product and its documented releases, oldest first."""

    id: str
    title: str
    releases: tuple[str, ...]


class ProductsTold(Frozen):
    """What the corpus holds."""

    products: tuple[ProductTold, ...]
    snapshot: str

    @classmethod
    def of(cls, records: tuple[ProductRecord, ...], snapshot: str) -> ProductsTold:
        """Names and labels alone."""
        told = tuple(
            ProductTold(
                id=one.id, title=one.title, releases=tuple(each.label for each in one.releases)
            )
            for one in records
        )
        return cls(products=told, snapshot=snapshot)


class PassageTold(Frozen):
    """One passage, whole."""

    id: str
    product: str
    heading: tuple[str, ...]
    text: str
    releases: tuple[str, ...]
    url: str

    @classmethod
    def of(cls, passage: Passage) -> PassageTold:
        """With the address in the newest release that has it."""
        return cls(
            id=passage.id,
            product=passage.product,
            heading=passage.heading,
            text=passage.text,
            releases=passage.releases,
            url=passage.locations[-1].url if passage.locations else "",
        )


class DiffTold(Frozen):
    """What changed between two releases: ``+`` added, ``-`` removed, ``~`` changed."""

    product: str
    old: Resolved
    new: Resolved
    text: str
    snapshot: str

    @classmethod
    def of(cls, answer: DiffAnswer) -> DiffTold:
        """As text, which is a fifth of the same as data."""
        return cls(
            product=answer.new.product,
            old=Resolved.of(answer.old),
            new=Resolved.of(answer.new),
            text=answer.text,
            snapshot=answer.snapshot,
        )
