"""Cursors: where a listing of hits goes on, in a string that the caller only hands back."""

from __future__ import annotations

import base64
import binascii

from corpora.errors import InvalidRequest


def encode_cursor(listing: str, position: int) -> str:
    """An opaque cursor: which listing of hits it belongs to, and how many of them were spent."""
    return base64.urlsafe_b64encode(f"{listing}:{position}".encode()).decode()


def decode_cursor(cursor: str, listing: str, length: int) -> int:
    """The position in a cursor of ``listing``, which has ``length`` hits.

    Raises InvalidRequest for a cursor that is not ours, or of another question or snapshot.
    """
    try:
        made_for, position = base64.urlsafe_b64decode(cursor).decode("ascii").rsplit(":", 1)
        spent = int(position)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            "The cursor is not one of ours.", hint="Send next_cursor exactly as it was given."
        ) from None
    if made_for != listing or not 0 <= spent < length:
        raise InvalidRequest(
            "The cursor belongs to another question, or to another snapshot.",
            hint="Ask the same question again without a cursor.",
        )
    return spent
