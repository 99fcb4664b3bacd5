"""The options of a command, ranked by the words of a question."""

from hypothesis import given
from hypothesis import strategies as st

from commands.model import Option
from retrieval.ranking import OptionRanking

OPTIONS = (
    Option(names=("-r", "--recursive"), arity="none", description="Descend into folders."),
    Option(
        names=("-q", "--quiet"),
        arity="none",
        description="Say nothing of folders that are skipped.",
    ),
    Option(
        names=("--depth",), arity="one", description="Descend so far, and no further.", metavar="N"
    ),
)


def test_what_shares_rare_words_comes_first() -> None:
    ranked = OptionRanking(OPTIONS).of("quiet about skipped folders")
    assert [OPTIONS[number].name for number, _ in ranked] == ["--quiet", "--recursive"]


def test_a_name_counts_more_than_a_description() -> None:
    assert OptionRanking(OPTIONS).of("depth to descend")[0][0] == 2


def test_options_that_nothing_is_said_of_are_no_reason_to_fail() -> None:
    assert OptionRanking([Option(names=("-",), arity="none")]).of("anything") == []
    assert OptionRanking([]).of("anything") == []


def test_what_a_question_spells_comes_before_what_else_is_named() -> None:
    ranking = OptionRanking(OPTIONS)
    assert ranking.named("what is -q", ["--depth", "-r", "--recursive", "--other"]) == [1, 2, 0]
    assert ranking.named("--depth or -r", ["-q", "-r"]) == [0, 2, 1]
    assert ranking.named("depth", []) == []


LINES = st.text("abcdef -_éß0123.,", max_size=40)


@given(st.lists(st.tuples(st.text("abc-0", max_size=12), LINES), max_size=6), st.text(max_size=40))
def test_any_option_may_be_ranked(said: list[tuple[str, str]], question: str) -> None:
    options = [Option(names=(f"--{name}",), arity="one", description=text) for name, text in said]
    scores = [score for _, score in OptionRanking(options).of(question)]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
