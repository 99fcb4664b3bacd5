"""Cursors: only ours are taken, and only for the listing that they were made for."""

from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import InvalidRequest
from retrieval.cursor import decode_cursor, encode_cursor

LISTING = f"{'0' * 16}.{'1' * 16}"


@given(st.from_regex(r"[0-9a-f]{16}\.[0-9a-f]{16}", fullmatch=True), st.integers(0, 10**6))
def test_a_cursor_gives_back_its_position(listing: str, position: int) -> None:
    cursor = encode_cursor(listing, position)
    assert decode_cursor(cursor, listing, position + 1) == position
    assert len(cursor) <= 128
    assert cursor == quote(cursor, safe="=")


@given(st.text(max_size=128))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode_cursor(text, LISTING, 10)
    assert caught.value.hint


@given(st.binary(max_size=96))
def test_any_other_bytes_are_no_cursor(raw: bytes) -> None:
    with pytest.raises(InvalidRequest):
        decode_cursor(urlsafe_b64encode(raw).decode(), LISTING, 10)


@pytest.mark.parametrize(
    ("listing", "position"), [("f" * 33, 3), (LISTING, -1), (LISTING, 10), (LISTING, 10**9)]
)
def test_a_cursor_of_another_listing_or_outside_of_this_one_is_refused(
    listing: str, position: int
) -> None:
    with pytest.raises(InvalidRequest):
        decode_cursor(encode_cursor(listing, position), LISTING, 10)
