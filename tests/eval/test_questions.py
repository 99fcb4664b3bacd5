"""The question sets keep the promises of their README."""

from itertools import pairwise

import pytest

from corpora.catalogue import Catalogue
from eval.retrieval.items import Split, load, load_unanswerable

SPLITS: tuple[Split, Split] = ("dev", "test")


def test_there_are_enough_and_a_third_is_version_specific() -> None:
    questions = [one for split in SPLITS for one in load(split)]
    assert len(questions) >= 60
    assert sum(one.version_specific for one in questions) * 3 >= len(questions)


def test_no_page_is_in_both_splits() -> None:
    dev, test = ({(one.product, page) for one in load(s) for page in one.pages} for s in SPLITS)
    assert not dev & test


def test_ids_are_unique() -> None:
    ids = [one.id for s in SPLITS for one in (*load(s), *load_unanswerable(s))]
    assert all(left < right for left, right in pairwise(sorted(ids)))


@pytest.mark.parametrize("split", SPLITS)
def test_twins_point_at_each_other_at_another_release(split: Split) -> None:
    questions = {one.id: one for one in load(split)}
    for one in questions.values():
        if one.twin:
            twin = questions[one.twin]
            assert twin.twin == one.id
            assert (twin.product, one.release) == (one.product, one.release)
            assert twin.release != one.release


@pytest.mark.parametrize("split", SPLITS)
def test_no_question_gives_its_answer_away(split: Split) -> None:
    assert [one.id for one in load(split) if one.key in one.question] == []


@pytest.mark.parametrize("split", SPLITS)
def test_every_release_asked_about_is_declared(split: Split) -> None:
    catalogue = Catalogue.load()
    assert all(one.release in catalogue[one.product].labels for one in load(split))
