"""What operators say who need an option or a command, and have never seen its name.

Documentation calls a thing by its name, and a question avoids it: "put it back the way it was if
the upgrade goes wrong" is asked of ``--atomic``. So passages are indexed together with some ways of
asking for them, written beforehand by a language model from the documentation alone
(``python -m eval.paraphrases``). This is document expansion: R. Nogueira, W. Yang, J. Lin, K. Cho,
Document Expansion by Query Prediction, 2019. Nobody is shown them; they only help to find.

There is one file per product, beside its declaration: ``restic.tsv``, a line for each definition,
each command, and, where somebody had them written, each piece of running text, with one to three
sets of three::

    KEY <tab> its names <tab> paraphrase <tab> paraphrase <tab> paraphrase

The key is made of what a passage defines and of how its text begins: so a line holds for all
releases and commands that say the same. It also holds for texts of one name that differ further on
alone; that makes one of them easier to find for what the other is asked, and shows nothing wrong.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from corpora.errors import ConfigurationError
from corpora.model import Passage

ONE_SET = 3
"""Paraphrases that are written at a time, and embedded as one text."""

MOST, LONGEST = 9, 300
"""Paraphrases of one passage, and characters of one: a question, not a page."""

_HEAD = 60
"""Letters and digits of the beginning of a text, by which two definitions of one name differ."""

_KEY = re.compile(r"[0-9a-f]{12}")
_OTHER = re.compile(r"\W+")

_ByKey = dict[str, tuple[str, ...]]


def paraphrase_key(passage: Passage) -> str:
    """By which a passage finds its paraphrases: 12 hex digits."""
    said: tuple[str, ...]
    if passage.kind == "synopsis":
        said = ("", passage.command or passage.title)
    else:
        said = (*passage.names, _OTHER.sub("", passage.text[: 10 * _HEAD])[:_HEAD])
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:12]


class Paraphrases:
    """The paraphrases of some folders, read when first asked for.

    Where two folders have any for a passage, the first one's count. All methods raise
    ConfigurationError for a file that is wrong, naming the line.
    """

    def __init__(self, *folders: Traversable) -> None:
        self._folders = folders

    @classmethod
    def load(cls, own: Path | None = None) -> Paraphrases:
        """Those that ship with Flagstone; those in an operator's ``own`` folder go before them."""
        return cls(own, *_shipped()._folders) if own else _shipped()

    def of(self, passage: Passage) -> tuple[str, ...]:
        """The paraphrases of a passage, none where nobody wrote any."""
        held = self._read[0].get(passage.product)
        return held.get(paraphrase_key(passage), ()) if held else ()

    def keys(self, product: str) -> frozenset[str]:
        """Of which passages of a product there are any."""
        return frozenset(self._read[0].get(product, ()))

    @property
    def digest(self) -> str:
        """Changes with every word of them."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Mapping[str, _ByKey], str]:
        found: dict[str, _ByKey] = {}
        content = hashlib.sha256()
        for folder in reversed(self._folders):
            for file in sorted(folder.iterdir(), key=lambda one: one.name):
                if file.name.endswith(".tsv") and file.is_file():
                    try:
                        raw = file.read_bytes()
                        lines = raw.decode("utf-8").splitlines()
                    except (OSError, UnicodeError) as error:
                        raise ConfigurationError(f"{file} can't be read: {error}.") from error
                    content.update(f"{file.name}\x1f{len(raw)}\x1f".encode() + raw)
                    found.setdefault(file.name.removesuffix(".tsv"), {}).update(
                        _parsed(str(file), lines)
                    )
        return found, content.hexdigest()[:16]


@cache
def _shipped() -> Paraphrases:
    return Paraphrases(files("corpora") / "products")


def _parsed(file: str, lines: list[str]) -> _ByKey:
    found: _ByKey = {}
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
