"""What a finished store says of itself: written last, so that its presence says it is whole."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from corpora.errors import StoreError
from corpora.model import Frozen

FORMAT = 2
_NAME = "store.json"


class Card(Frozen):
    """``files`` maps a relative path to its size in bytes."""

    format: int
    dimensions: int
    points: int
    files: dict[str, int]


def write_card(path: Path, *, dimensions: int, points: int) -> None:
    """Seal the store in folder ``path`` as it stands now."""
    draft = path / f"{_NAME}.new"
    files = {
        file.relative_to(path).as_posix(): file.stat().st_size
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in {_NAME, draft.name}
    }
    card = Card(format=FORMAT, dimensions=dimensions, points=points, files=files)
    draft.write_text(card.model_dump_json(), "utf-8")
    draft.replace(path / _NAME)


def read_card(path: Path) -> Card:
    """The card of a store of which every file is there. Raises StoreError where one isn't."""
    try:
        card = Card.model_validate_json((path / _NAME).read_bytes())
    except FileNotFoundError:
        raise StoreError(f"{path} holds no finished store.", hint="Run: flagstone build") from None
    except (OSError, ValidationError) as error:
        raise damaged(path / _NAME, error) from error
    if card.format != FORMAT:
        raise damaged(path / _NAME, f"format {card.format}; this Flagstone reads {FORMAT}")
    for name, size in card.files.items():
        found = _size(path / name)
        if found != size:
            found_bytes = "no" if found is None else found
            raise damaged(path / name, f"{found_bytes} bytes, {size} were written")
    return card


def damaged(path: Path, why: object) -> StoreError:
    """The error for a store that is not as it was written."""
    return StoreError(f"The store at {path} is damaged: {why}.", hint="Run: flagstone build")


def _size(file: Path) -> int | None:
    """Size in bytes; None where it is missing.

    Each file is asked for by name: a list of the folder would also name the engine's drafts, which
    come and go while other processes open the store.
    """
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None
    except OSError as error:
        raise damaged(file, error) from error
