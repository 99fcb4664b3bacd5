"""What the vector of a passage is made of."""

import numpy as np
import pytest

from corpora.model import Passage
from corpora.tokens import default_counter
from retrieval.index import ASKED_WEIGHT, Part, dense_parts, lexical_vector, mean_of
from retrieval.lexical import Bm25

OPTION = Passage(
    id="0" * 32,
    product="git",
    kind="option",
    page="git-commit",
    title="git-commit",
    command="git commit",
    summary="Record changes",
    heading=("git-commit", "Options"),
    names=("--amend",),
    text="--amend\n\nReplace the tip of the current branch.",
    tokens=12,
)


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ((), ()),
        (("a", "b", "c"), ("a. b. c",)),
        (("a", "b", "c", "d", "e"), ("a. b. c", "d. e")),
        (("a", "b", "c", "d", "e", "f"), ("a. b. c", "d. e. f")),
        (tuple("abcdefghi"), ("a. b. c", "d. e. f")),
    ],
)
def test_paraphrases_are_embedded_three_at_a_time(asked, parts):
    whole, alone, *rest = dense_parts(OPTION, default_counter(), asked)
    assert whole == Part("git commit: Record changes. Options\n" + OPTION.text)
    assert alone == Part(OPTION.text)
    assert rest == [Part(text, ASKED_WEIGHT) for text in parts]
    prose = OPTION.model_copy(update={"names": ()})
    assert len(dense_parts(prose, default_counter(), asked)) == 1 + len(parts)


def test_words_know_every_paraphrase():
    asked = [f"paraphrase{number}" for number in range(9)]
    terms = lexical_vector(Bm25(), OPTION, asked).indices
    for one in asked:
        assert np.isin(Bm25().query(one).indices, terms).all()


def test_a_vector_is_the_weighted_mean_of_its_parts():
    axes = dict(zip("xyz", np.eye(3, dtype=np.float32), strict=True))
    found = mean_of(
        [[Part("x"), Part("y", 1.5)], [], [Part("z", 0.1)]],
        lambda texts: np.stack([axes[text] for text in texts]),
    )
    expected = np.array([[1, 1.5, 0], [0, 0, 0], [0, 0, 1]], np.float32)
    expected[0] /= np.linalg.norm(expected[0])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
