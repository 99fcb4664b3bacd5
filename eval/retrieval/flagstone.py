"""Flagstone's engine as a contender."""

from __future__ import annotations

from corpora.errors import RequestError
from corpora.files import disk_usage
from corpora.model import Passage
from eval.retrieval.contenders import RANKS, Answer, Retrieved
from eval.retrieval.items import Question, Unanswerable
from retrieval.citations import NAMED
from retrieval.engine import Engine
from retrieval.request import ContextRequest, SearchRequest


class Flagstone:
    """The engine as a caller sees it, at its defaults."""

    def __init__(self, engine: Engine, name: str = "flagstone") -> None:
        self.name = name
        self.points = engine.snapshot.manifest.distinct_passages
        self.size = disk_usage(engine.snapshot.path)
        self._engine = engine

    def answer(self, question: Question | Unanswerable) -> Answer:
        """One ``/context`` call."""
        request = ContextRequest(
            query=question.question,
            product=question.product,
            version=question.release,
            version_policy="exact",
        )
        try:
            context = self._engine.context(request)
        except RequestError:
            # The question itself names a product or version that the corpus doesn't have.
            return Answer(context="", texts=(), abstained=True)
        return Answer(
            context=context.context,
            texts=tuple(
                # What the context gives of a passage, which may be an excerpt.
                _retrieved(self._engine.passage(one.id)).model_copy(
                    update={"text": one.text, "also": one.also[:NAMED]}
                )
                for one in context.passages
            ),
            abstained=context.abstained,
        )

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """One ``/search`` call."""
        request = SearchRequest(
            query=question.question,
            product=question.product,
            version=question.release,
            version_policy="exact",
            limit=RANKS,
        )
        return tuple(
            _retrieved(hit.passage).model_copy(update={"also": hit.also[:NAMED]})
            for hit in self._engine.search(request).hits
        )

    def pool(self, question: Question) -> list[Retrieved]:
        """The passages of the pages that answer, from the snapshot."""
        return [
            _retrieved(passage)
            for page in question.places
            for passage in self._engine.snapshot.page(question.product, question.release, page)
        ]


def _retrieved(passage: Passage) -> Retrieved:
    return Retrieved(
        text=passage.text,
        product=passage.product,
        releases=passage.releases,
        page=passage.page,
    )
