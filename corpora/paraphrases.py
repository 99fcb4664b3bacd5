"""What operators say who need an option or a command, and have never seen its name.

Documentation calls a thing by its name, and a question avoids it: "put it back the way it was if
the upgrade goes wrong" is asked of ``--atomic``. So passages are indexed together with some ways of
asking for them, written beforehand by a language model from the documentation alone
(``python -m eval.paraphrases``). This is document expansion: R. Nogueira, W. Yang, J. Lin, K. Cho,
Document Expansion by Query Prediction, 2019. Nobody is shown them; they only help to find.

There is one file per product, beside its declaration: ``restic.tsv``, a line for each definition,
each command, and, where somebody had them written, each piece of running text::

    KEY <tab> its names <tab> paraphrase <tab> paraphrase <tab> paraphrase

The key is made of what a passage defines and of how its text begins, so that a line holds for all
releases that say the same, and for none where another thing goes by that name.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from corpora.errors import ConfigurationError
from corpora.model import Passage

MOST, LONGEST = 8, 300
"""Paraphrases of one passage, and characters of one: a question, not a page."""

_HEAD = 60
"""Letters and digits of the beginning of a text, by which two definitions of one name differ."""

_KEY = re.compile(r"[0-9a-f]{12}")
_OTHER = re.compile(r"\W+")


def paraphrase_key(passage: Passage) -> str:
    """By which a passage finds its paraphrases: 12 hex digits."""
    said: tuple[str, ...]
    if passage.kind == "synopsis":
        said = ("", passage.command or passage.title)
    else:
        said = (*passage.names, _OTHER.sub("", passage.text[: 10 * _HEAD])[:_HEAD])
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:12]


class Paraphrases:
    """The paraphrases of some folders; where two have any for a passage, the first one's."""

    def __init__(self, *folders: Traversable) -> None:
        self._folders = folders
        self._product = cache(self._read)

    @classmethod
    def load(cls, own: Path | None = None) -> Paraphrases:
        """Those that ship with Flagstone; those in an operator's ``own`` folder go before them."""
        return cls(*([own] if own else []), files("corpora") / "products")

    def of(self, passage: Passage) -> tuple[str, ...]:
        """The paraphrases of a passage, none where nobody wrote any. Raises ConfigurationError."""
        held = self._product(passage.product)
        return held.get(paraphrase_key(passage), ()) if held else ()

    def keys(self, product: str) -> frozenset[str]:
        """Of which passages of a product there are any."""
        return frozenset(self._product(product))

    @cached_property
    def digest(self) -> str:
        """Changes with every word of them."""
        content = hashlib.sha256()
        for folder in self._folders:
            for file in sorted(folder.iterdir(), key=lambda one: one.name):
                if file.name.endswith(".tsv"):
                    content.update(f"{file.name}\x1f".encode() + file.read_bytes())
        return content.hexdigest()[:16]

    def _read(self, product: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for folder in reversed(self._folders):
            file = folder / f"{product}.tsv"
            if file.is_file():
                found |= _parsed(file)
        return found


def _parsed(file: Traversable) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{file} can't be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        key, _, *paraphrases = line.split("\t") if "\t" in line else (line, "")
        if not _KEY.fullmatch(key) or not 1 <= len(paraphrases) <= MOST:
            raise ConfigurationError(
                f"{file}, line {number}: a key, names and up to {MOST} paraphrases belong there.",
                hint="Write them with: python -m eval.paraphrases",
            )
        if any(not one.strip() or len(one) > LONGEST for one in paraphrases):
            raise ConfigurationError(
                f"{file}, line {number}: a paraphrase is empty, or longer than {LONGEST}"
                " characters."
            )
        if key in found:
            raise ConfigurationError(f"{file}, line {number}: {key} stands there twice.")
        found[key] = tuple(paraphrases)
    return found
