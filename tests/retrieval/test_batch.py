"""The cache that reads what is missing in one call."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from retrieval.batch import BatchCache

KEYS = st.lists(st.integers(0, 30), max_size=20, unique=True)


def squares(keys: Sequence[int]) -> dict[int, int]:
    return {key: key * key for key in keys if key % 7}


@given(st.lists(KEYS, max_size=20), st.integers(0, 40))
def test_it_gives_what_reading_gives_and_keeps_no_more_than_it_may(
    asked: list[list[int]], most: int
) -> None:
    cache = BatchCache(most, squares)
    for keys in asked:
        assert cache.of(keys) == squares(keys)
        assert len(cache) <= most


def test_a_batch_is_read_once_and_only_what_is_missing() -> None:
    read: list[Sequence[int]] = []

    def reading(keys: Sequence[int]) -> dict[int, int]:
        read.append(keys)
        return squares(keys)

    cache = BatchCache(10, reading)
    cache.of([1, 2, 3])
    cache.of([3, 4, 1])
    cache.of([1, 2, 3, 4])
    assert read == [[1, 2, 3], [4]]
