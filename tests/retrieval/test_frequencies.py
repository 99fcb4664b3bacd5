"""Document frequencies of releases: counted while an index is built, read when it is asked."""

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.frequencies import Frequencies, FrequencyCounter, TermCounts, summed
from retrieval.lexical import of_product
from retrieval.store import Scope, SparseVector

Passage = tuple[str, tuple[str, ...], tuple[int, ...]]
"""Product, releases, and terms."""

PASSAGES: list[Passage] = [
    ("git", ("2.30", "2.39"), (1, 5)),
    ("git", ("2.39",), (5, 9)),
    ("git", ("2.39",), (5,)),
    ("restic", ("0.16",), (9,)),
]


def terms(*indices: int) -> np.ndarray:
    return np.array(indices, np.uint32)


def words(*indices: int, weight: float = 1.0) -> SparseVector:
    return SparseVector(terms(*indices), np.full(len(indices), weight, np.float32))


def counted(passages: Sequence[Passage], folder: Path) -> Frequencies:
    counter = FrequencyCounter()
    for product, releases, indices in passages:
        counter.add(product, releases, terms(*indices))
    sizes = counter.save(folder / "terms.npz")
    return Frequencies.load(folder / "terms.npz", sizes)


def weights(found: SparseVector, product: str) -> dict[int, float]:
    """The weight of each term, the dimensions being those that ``product`` has for them."""
    assert found.indices.tolist() == sorted(set(found.indices.tolist()))  # what an engine asks for
    numbered = of_product(found.indices, product)
    return dict(zip(numbered.tolist(), found.values.tolist(), strict=True))


def idf(among: int, standing: int) -> float:
    return math.log(1 + (among - standing + 0.5) / (standing + 0.5))


def test_a_term_weighs_by_how_rare_it_is_at_the_release(tmp_path: Path) -> None:
    frequencies = counted(PASSAGES, tmp_path)
    newer = frequencies.weighted(words(1, 5, 9), Scope(pairs=(("git", "2.39"),)))
    assert weights(newer, "git") == pytest.approx({1: idf(3, 1), 5: idf(3, 3), 9: idf(3, 1)})
    older = frequencies.weighted(words(1, 5, 9, weight=2), Scope(pairs=(("git", "2.30"),)))
    # The third stands nowhere: nothing to look for.
    assert weights(older, "git") == pytest.approx({1: 2 * idf(1, 1), 5: 2 * idf(1, 1)})


def test_over_several_products_their_passages_add_up(tmp_path: Path) -> None:
    frequencies = counted(PASSAGES, tmp_path)
    both = Scope(pairs=(("git", "2.39"), ("restic", "0.16")))
    found = frequencies.weighted(words(1, 9), both)
    # A dimension for each product where the term stands, and a weight for both together.
    expected = {
        ("git", 1): idf(4, 1),
        ("git", 9): idf(4, 2),
        ("restic", 9): idf(4, 2),
    }
    numbered = {int(of_product(terms(term), one)[0]): (one, term) for one, term in expected}
    told = dict(zip(found.indices.tolist(), found.values.tolist(), strict=True))
    assert {numbered[at]: weight for at, weight in told.items()} == pytest.approx(expected)
    assert frequencies.corpus.passages == 4
    assert frequencies.corpus.of(terms(1, 5, 7, 9)).tolist() == [1, 3, 0, 2]


def test_over_several_releases_of_a_product_a_passage_counts_for_each(tmp_path: Path) -> None:
    frequencies = counted(PASSAGES, tmp_path)
    both = Scope(pairs=(("git", "2.39"), ("git", "2.30"), ("git", "2.39")))
    assert weights(frequencies.weighted(words(1, 5, 9), both), "git") == pytest.approx(
        {1: idf(4, 2), 5: idf(4, 4), 9: idf(4, 1)}
    )


def test_dimensions_of_two_products_that_meet_are_asked_for_once(tmp_path: Path) -> None:
    shared = int(of_product(terms(1), "git")[0])
    other = int(of_product(terms(shared), "restic")[0])
    held = [("git", ("2.39",), (1,)), ("restic", ("0.16",), (other,))]
    both = Scope(pairs=(("git", "2.39"), ("restic", "0.16")))
    found = counted(held, tmp_path).weighted(words(*sorted((1, other))), both)
    assert found.indices.tolist() == [shared]
    assert len(found.values) == 1


@pytest.mark.parametrize("pairs", [(), (("git", "1.0"),), (("svn", "2.39"),)])
def test_where_nothing_is_nothing_weighs(
    tmp_path: Path, pairs: tuple[tuple[str, str], ...]
) -> None:
    assert not len(counted(PASSAGES, tmp_path).weighted(words(1, 5), Scope(pairs=pairs)))
    assert not len(counted([], tmp_path).weighted(words(1, 5), Scope(pairs=pairs)))


def test_a_size_without_a_table_is_refused(tmp_path: Path) -> None:
    counter = FrequencyCounter()
    counter.add("git", ("2.39",), terms(1))
    sizes = counter.save(tmp_path / "terms.npz")
    with pytest.raises(KeyError):
        Frequencies.load(tmp_path / "terms.npz", {**sizes, "restic": sizes["git"]})
    longer = sizes["git"].model_copy(update={"releases": {"2.39": 1, "2.40": 1}})
    with pytest.raises(ValueError, match="zip"):
        Frequencies.load(tmp_path / "terms.npz", {"git": longer})


RELEASES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True).map(tuple)
TERMS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 9), max_size=6, unique=True)


@given(
    st.lists(
        st.tuples(st.sampled_from(["git", "psql"]), RELEASES, TERMS.map(sorted).map(tuple)),
        max_size=12,
    ),
    st.sampled_from(["git", "psql"]),
    st.sampled_from("abcde"),
    TERMS.map(sorted),
)
def test_counts_are_those_of_the_passages(
    passages: list[Passage], product: str, release: str, asked: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        frequencies = counted(passages, Path(folder))
    held = [one for one in passages if one[0] == product and release in one[1]]
    expected = {
        term: idf(len(held), standing)
        for term in asked
        if (standing := sum(term in one[2] for one in held))
    }
    found = frequencies.weighted(words(*asked), Scope(pairs=((product, release),)))
    assert weights(found, product) == pytest.approx(expected)
    everywhere = [sum(term in one[2] for one in passages) for term in asked]
    assert frequencies.corpus.of(terms(*asked)).tolist() == everywhere


def test_frequencies_add_up_over_products() -> None:
    one = TermCounts(terms(1, 5), terms(2, 3), 10)
    other = TermCounts(terms(5, 9), terms(4, 1), 20)
    both = summed([one, other])
    assert both.of(terms(1, 5, 7, 9)).tolist() == [2, 7, 0, 1]
    assert both.passages == 30
    assert summed([]).of(terms(1)).tolist() == [0]
