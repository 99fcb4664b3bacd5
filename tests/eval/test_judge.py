import math

import pytest

from eval.retrieval.contenders import Answer, Retrieved
from eval.retrieval.items import Other, Question
from eval.retrieval.judge import Verdict, is_relevant, judge

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


def test_the_same_words_on_another_page_hide_nothing() -> None:
    copy = GOLD.model_copy(update={"page": "app-pgrestore"})
    assert verdict((copy, GOLD)).scores["MRR@10"] == 0.5


def test_nothing_found_scores_zero_and_not_nothing() -> None:
    empty = verdict(())
    assert set(empty.scores.values()) == {0.0}
    assert empty.tokens_to_all == math.inf


def test_a_text_of_another_release_lowers_the_version_precision() -> None:
    stale = GOLD.model_copy(update={"releases": ("17",)})
    assert verdict((GOLD, stale)).version_precision == 0.5


def test_tokens_are_counted_to_the_end_of_the_key_in_the_relevant_text() -> None:
    decoy = OTHER.model_copy(update={"text": "others do not dump data", "page": "elsewhere"})
    context = f"head\n{decoy.text}\n{GOLD.text}\n"
    found = verdict((GOLD,), context, (decoy, GOLD))
    assert found.tokens_to_all == words(context[: context.rindex("data of") + 4])
    assert verdict((GOLD,), context, (decoy,)).tokens_to_all == math.inf


OPTIONS = QUESTION.model_copy(
    update={"key": "--retry", "more_keys": ("--delay",), "gold": ("--retry", "--delay")}
)


def text(body: str) -> Retrieved:
    return GOLD.model_copy(update={"text": body})


@pytest.mark.parametrize(
    "body",
    [
        "--retry <n>\n\nTry again.",
        "  -r, --retry=N",
        "-r|--retry",
        "[-r] n, [--retry=]n",
        "--retry",
    ],
)
def test_an_option_is_defined_where_its_term_stands(body: str) -> None:
    assert is_relevant(text(body), OPTIONS)


@pytest.mark.parametrize(
    "body",
    ["--retry-all n", "--retrying", "Use it with --retry to be sure", "As for --retry, never mind"],
)
def test_a_mention_is_no_definition_and_neither_is_a_longer_name(body: str) -> None:
    assert not is_relevant(text(body), OPTIONS)


def test_of_two_gold_options_one_is_half() -> None:
    one, both = text("--retry n"), text("--retry n\n--delay s")
    context = f"head\n{one.text}\n"

    def asked(ranked: tuple[Retrieved, ...]) -> Verdict:
        answer = Answer(context=context, texts=(one,))
        return judge(OPTIONS, answer, ranked, [one, both], 0.01, words)

    assert asked((one,)).coverage == 0.5
    assert asked((both,)).coverage == 1
    assert asked((one,)).context_recall(500) == 0.5
    assert asked((one,)).context_recall(1) == 0
    assert asked((one,)).tokens_to_all == math.inf


def test_a_key_counts_only_within_the_text_that_it_belongs_to() -> None:
    elsewhere = text("--retry n").model_copy(update={"page": "other"})
    right = text("see also")
    context = f"{right.text}\n{elsewhere.text}\n"
    answer = Answer(context=context, texts=(right, elsewhere))
    verdict = judge(OPTIONS, answer, (), [], 0.01, words)
    assert verdict.tokens_to_keys == (math.inf, math.inf)


def test_where_options_have_no_text_the_command_is_found_and_the_options_are_in_the_context() -> (
    None
):
    card = text("Starts machines for you.\n\naws run [--retry] [--delay]")
    question = OPTIONS.model_copy(update={"main": "Starts machines for you"})
    assert is_relevant(card, question)
    bare = Answer(context=card.text, texts=(card,))
    told = Answer(context=f"{card.text}\n--retry n: again\n--delay s: wait", texts=(card,))
    needed = [judge(question, one, (card,), [card], 0.01, words) for one in (bare, told)]
    assert [one.context_recall(500) for one in needed] == [0, 1]
    assert [one.coverage for one in needed] == [1, 1]


OTHERS = QUESTION.model_copy(
    update={
        "others": (
            Other(page="app-pgrestore", key="-L, --use-list", term=True),
            Other(page="backup", key="A plain copy does", term=False, ends="from its disk."),
        )
    }
)


@pytest.mark.parametrize(
    ("page", "body", "answers"),
    [
        ("app-pgrestore", "-L, --use-list=FILE\n\nRestore those alone.", True),
        ("app-pgrestore", "[2] -L,  --use-list: Restore those alone.", True),
        ("app-pgrestore", "See -L, --use-list for that.", False),
        ("app-pgrestore", "-L, --use-list-first", False),
        ("app-pgdump", "-L, --use-list=FILE", False),
        ("backup", "Often enough: A plain\ncopy does it.", True),
    ],
)
def test_other_answers_count_on_their_own_page_and_not_as_it_was_written(
    page: str, body: str, answers: bool
) -> None:
    other = text(body).model_copy(update={"page": page})
    assert is_relevant(other, OTHERS) is answers
    assert not is_relevant(other, OTHERS.as_written)
    assert set(OTHERS.places) == {"app-pgdump", "app-pgrestore", "backup"}


def test_a_context_has_what_was_asked_for_where_the_first_answer_is_complete() -> None:
    other = text("-L, --use-list\n\nThose.").model_copy(update={"page": "app-pgrestore"})
    context = f"head\n{other.text}\n{GOLD.text}\n"
    answer = Answer(context=context, texts=(other, GOLD))
    found, written = (
        judge(one, answer, (other, GOLD), [GOLD, other], 0.01, words)
        for one in (OTHERS, OTHERS.as_written)
    )
    assert found.tokens_to_all == words("head\n-L, --use-list")
    assert written.tokens_to_all == words(context[: context.rindex("data of") + 4])
    assert (found.scores["recall@1"], written.scores["recall@1"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ("A plain copy does", 0),
        ("A plain copy does if nobody writes.", 0),
        ("A plain copy does, if nobody\nwrites, from  its disk.", 1),
        ("Not from its disk. A plain copy does", 0),
    ],
)
def test_of_other_prose_a_context_needs_all(body: str, held: int) -> None:
    prose = text(body).model_copy(update={"page": "backup"})
    answer = Answer(context=body, texts=(prose,))
    found = judge(OTHERS, answer, (prose,), [prose], 0.01, words)
    assert (found.scores["recall@1"], found.context_recall(500)) == (1, held)


def test_where_several_options_are_asked_for_another_answer_does_not_stand_for_all() -> None:
    several = OPTIONS.model_copy(update={"others": OTHERS.others})
    other = text("-L, --use-list").model_copy(update={"page": "app-pgrestore"})
    answer = Answer(context=other.text, texts=(other,))
    assert judge(several, answer, (other,), [other], 0.01, words).context_recall(500) == 0


def test_a_text_stands_for_the_commands_that_are_named_with_it() -> None:
    question = OPTIONS.model_copy(
        update={"command": "run later", "more_keys": (), "gold": ("--retry",)}
    )
    other = text("--retry n: again").model_copy(update={"page": "run-now"})
    named = other.model_copy(update={"also": ("run", "run later")})
    context = f"[1] (also in run, run later) {other.text}"
    for shown, held in ((other, 0), (named, 1)):
        answer = Answer(context=context, texts=(shown,))
        assert judge(question, answer, (), [], 0.01, words).context_recall(500) == held
        assert judge(question, answer.plain, (), [], 0.01, words).context_recall(500) == 0
