"""Pages of a list: a limit, a cursor, and in headers where the next page begins.

The body stays a plain list. The cursor belongs to one list of one snapshot, so that a reader who is
under way when another snapshot is published is told so, and never gets halves of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from retrieval.cursor import decode_cursor, encode_cursor

LONGEST, USUAL = 500, 100
"""Entries of one page. A product record with five releases has some 1,500 bytes."""

NEXT_CURSOR = "X-Flagstone-Next-Cursor"

PageLimit = Annotated[
    int, Query(ge=1, le=LONGEST, description="Most entries in the answer.", examples=[10])
]
PageCursor = Annotated[
    str | None,
    Query(max_length=256, description=f"`{NEXT_CURSOR}` of the page before; empty: the first."),
]

Entry = TypeVar("Entry")


def page(
    entries: Sequence[Entry],
    snapshot: str,
    request: Request,
    response: Response,
    limit: int,
    cursor: str | None,
) -> tuple[Entry, ...]:
    """One page of ``entries``; the headers of ``response`` say where the next one begins.

    Raises InvalidRequest for a cursor of another list or another snapshot.
    """
    listing = f"{snapshot}.{request.url.path}"
    start = decode_cursor(cursor, listing, len(entries)) if cursor else 0
    end = start + limit
    if end < len(entries):
        following = encode_cursor(listing, end)
        query = urlencode({"limit": limit, "cursor": following})
        response.headers[NEXT_CURSOR] = following
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return tuple(entries[start:end])
