"""``file://`` addresses, inside allowed folders only."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from corpora.errors import Reason, SourceError

log = logging.getLogger(__name__)


def read_file(url: str, roots: Sequence[Path], limit: int) -> bytes:
    """Read a regular file below one of ``roots``, links followed first.

    Raises SourceError: REFUSED outside the roots, NOT_FOUND, TOO_LARGE (``limit`` in bytes).
    """
    parts = urlsplit(url)
    text = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or "\0" in text or not text.startswith("/"):
        log.warning("refused %r: not a plain local file address", url)
        raise SourceError(url, Reason.REFUSED, "not allowed")
    # Resolved before it is looked at: what exists outside the roots is nobody's business.
    path = Path(text).resolve()
    if not any(path.is_relative_to(root.resolve()) for root in roots):
        log.warning("refused %r: %s is outside the allowed folders", url, path)
        raise SourceError(url, Reason.REFUSED, "not allowed")
    try:
        # Not blocking on a pipe, and not following a link put there since.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        log.info("%s: %s", path, error)
        raise SourceError(url, Reason.NOT_FOUND) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(url, Reason.NOT_FOUND, "not a file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise SourceError(url, Reason.TOO_LARGE, f"more than {limit:,} bytes")
    return data
