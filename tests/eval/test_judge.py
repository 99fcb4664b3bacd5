import math

import pytest

from eval.retrieval.contenders import Answer, Retrieved
from eval.retrieval.items import Question
from eval.retrieval.judge import is_relevant, judge

QUESTION = Question(
    id="q",
    question="leave out one table's data",
    product="postgresql",
    release="13",
    pages=("app-pgdump",),
    key="do not dump data",
    kind="option",
    version_specific=False,
    twin=None,
)
GOLD = Retrieved(
    text="--exclude-table-data: do not\n dump   data of it.",
    product="postgresql",
    releases=("13", "15"),
    page="app-pgdump",
)
OTHER = Retrieved(text="--schema-only", product="postgresql", releases=("13",), page="app-pgdump")


def words(text: str) -> int:
    return len(text.split())


def verdict(ranked: tuple[Retrieved, ...], context: str = "", texts: tuple[Retrieved, ...] = ()):
    return judge(QUESTION, Answer(context=context, texts=texts), ranked, [GOLD], 0.01, words)


@pytest.mark.parametrize(
    "wrong",
    [
        {"releases": ("15",)},
        {"page": "app-pgrestore"},
        {"product": "git"},
        {"text": "--exclude-table-data: do not Dump data"},
    ],
)
def test_release_page_product_and_key_must_all_be_right(wrong: dict[str, object]) -> None:
    assert is_relevant(GOLD, QUESTION)
    assert not is_relevant(GOLD.model_copy(update=wrong), QUESTION)


def test_the_rank_of_the_first_relevant_text_decides() -> None:
    scores = verdict((OTHER, OTHER, GOLD)).scores
    assert scores["recall@1"] == 0
    assert scores["recall@5"] == 1
    assert scores["MRR@10"] == pytest.approx(1 / 3)
    assert scores["nDCG@10"] == pytest.approx(1 / math.log2(4))


def test_the_same_text_twice_is_found_once() -> None:
    assert verdict((GOLD, GOLD)).scores["nDCG@10"] == 1


def test_nothing_found_scores_zero_and_not_nothing() -> None:
    empty = verdict(())
    assert set(empty.scores.values()) == {0.0}
    assert empty.tokens_to_key == math.inf


def test_a_text_of_another_release_lowers_the_version_precision() -> None:
    stale = GOLD.model_copy(update={"releases": ("17",)})
    assert verdict((GOLD, stale)).version_precision == 0.5


def test_tokens_are_counted_to_the_end_of_the_key_in_the_relevant_text() -> None:
    decoy = OTHER.model_copy(update={"text": "others do not dump data", "page": "elsewhere"})
    context = f"head\n{decoy.text}\n{GOLD.text}\n"
    found = verdict((GOLD,), context, (decoy, GOLD))
    assert found.tokens_to_key == words(context[: context.rindex("data of") + 4])
    assert verdict((GOLD,), context, (decoy,)).tokens_to_key == math.inf
