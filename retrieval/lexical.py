"""The lexical side: words and identifiers of a text, and their BM25 weights.

Documentation of commands is full of names that are one word to a reader: ``--dry-run``,
``max_wal_size``, ``commit.gpgSign``. They are indexed whole *and* in parts, so that both the exact
spelling and "how large may the wal be" find them.

The weight of term t in document d is that of simple BM25F (S. Robertson, H. Zaragoza: The
Probabilistic Relevance Framework: BM25 and Beyond, 2009, section 3.6)::

    tf'(t, d) = Σ over fields f of  weight_f · tf(t, f) / (1 - b_f + b_f · length_f / average_f)
    w(t, d)   = (k1 + 1) · tf'(t, d) / (k1 + tf'(t, d))

The score is Σ over the terms of the query of idf(t) · w(t, d), which is the dot product of two
sparse vectors. The query's has idf in it, that of the passages searched
(`retrieval.frequencies`)::

    idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))

In an index each product numbers its terms for itself (`of_product`): an engine that searches one
product by a common word then reads the passages of that product, not of all that have the word.
Where all products are searched, a term is asked for once for each, which takes a third longer.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
import snowballstemmer  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pydantic import Field

from corpora.model import Frozen
from retrieval.store.base import SparseVector

MAX_TERM = 100
"""Characters. Longer runs are keys, hashes and encoded data, which nobody asks for whole."""

_FUNCTION_WORDS = """
a an and are as at be been being but by can could did do does for from had has have how i if in
into is it its may me might my of on or our shall should so such than that the their them then
there these they this those to us was we were what when where which while who whom why will with
would you your
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Function words. Not here: ``no``, ``not``, ``all``, ``only``, ``off``, ``before``, ``after``,
``without`` and the like, which tell one option from another."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–−﹣－", "-"))
"""Typeset hyphens and minus signs: manual pages print options with them."""

_TYPESET_OPTION = re.compile(r"(?<![\w–—-])[–—](?=[^\W\d_])")
"""``–dry-run``: two hyphens that a typesetter made one dash of. Between words it is a dash."""

_OPTIONAL_NO = re.compile(r"--\[no-\](\w[\w-]*)")
_CONTRACTION = re.compile(r"(?<=\w)['’](?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
_CHUNK = re.compile(r"-{0,2}\w+(?:(?:-+|[.:/+@~])\w+)*(?:\+\+)?")
"""An option, identifier, path or word: letters and digits joined by connectors. Not by ``=``, which
parts an option from its value, and not by ``/-``, which parts ``-t`` from ``--table``."""

_LEVELS = tuple(map(re.compile, (r"[/:@~+]", r"\.", r"[-_]+")))
"""A chunk is taken apart coarsest first: ``etc/ssh/sshd_config`` holds ``sshd_config`` whole."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_QUOTED = re.compile(r"(?<!\w)(?P<quote>['\"`])[^'\"`\n]{1,100}(?P=quote)(?!\w)")
_SHORT_OPTION = re.compile(r"-[^\W\d_]")
_STEMMABLE = re.compile(r"[a-z]{3,}")

_thread = threading.local()


class FieldWeight(Frozen):
    """How one field counts."""

    weight: float = Field(gt=0)
    b: float = Field(ge=0, le=1)
    """How much a longer field is discounted: 0 not at all, 1 in full."""
    average: float = Field(gt=0)
    """Mean length in terms. Given, not computed, so that a vector depends on its text alone.
    In PostgreSQL 17's pages, 6,815 entries and sections: texts 47, terms of definitions 4.4."""


class Bm25(Frozen):
    """Parameters of BM25F, and the two vectors it makes."""

    k1: float = Field(1.2, gt=0)
    """Saturation. 1.2 is the customary value (Robertson & Zaragoza 2009: 1.2 to 2)."""
    names: FieldWeight = FieldWeight(weight=3, b=0.3, average=4)
    title: FieldWeight = FieldWeight(weight=2, b=0.3, average=4)
    """The command or the page's title. Weight 2: "title weighted twice" brought R@1 from .43 to .50
    on 60 PostgreSQL questions, together with the heading prefix."""
    heading: FieldWeight = FieldWeight(weight=1, b=0.3, average=4)
    text: FieldWeight = FieldWeight(weight=1, b=0.75, average=50)

    def document(
        self, text: str, *, names: str = "", title: str = "", heading: str = ""
    ) -> SparseVector:
        """Weigh the terms of a passage: saturated term frequencies, without idf."""
        fields = ((names, self.names), (title, self.title), (heading, self.heading))
        frequencies: defaultdict[str, float] = defaultdict(float)
        for content, field in (*fields, (text, self.text)):
            counts = Counter(terms(content))
            norm = 1 - field.b + field.b * counts.total() / field.average
            for term, count in counts.items():
                frequencies[term] += field.weight * count / norm
        return _vector(
            {term: (self.k1 + 1) * tf / (self.k1 + tf) for term, tf in frequencies.items()}
        )

    def query(self, text: str) -> SparseVector:
        """Weigh the terms of a question: how often each stands in it."""
        return _vector(Counter(terms(text)))


def idf(counts: NDArray[np.uint32], passages: int) -> NDArray[np.float64]:
    """Inverse document frequency of terms that stand in so many of the ``passages``."""
    seen = counts.astype(np.float64)
    return np.asarray(np.log1p((passages - seen + 0.5) / (seen + 0.5)), np.float64)


def word_indices(text: str) -> NDArray[np.uint32]:
    """The dimensions of the plain words of a question.

    Not of values: names in quotes, paths, addresses, versions and identifiers, which a question
    makes up (``dump shop to /backup/shop.dump``) and no documentation knows.
    """
    plain = (chunk for chunk in _CHUNK.findall(_QUOTED.sub(" ", text)) if chunk.isalpha())
    found = {_index(term) for chunk in plain for term in _chunk_terms(chunk)}
    return np.array(sorted(found), np.uint32)


def terms(text: str) -> list[str]:
    """Index terms of a text, in their order, with repetitions.

    ``--dry-run=server`` gives ``--dry-run``, ``dry-run``, ``dri``, ``run``, ``server``: identifiers
    whole and in lower case, parts and plain words stemmed, stop words left out. A short option
    keeps its case: ``-T`` is another than ``-t``.
    """
    if not text.isascii():
        text = _TYPESET_OPTION.sub("--", text)
        text = unicodedata.normalize("NFKC", text.translate(_DASHES))
    if "--[no-]" in text:
        text = _OPTIONAL_NO.sub(r"--\1 --no-\1", text)
    if "'" in text or "’" in text:
        text = _CONTRACTION.sub("", text)
    return [term for chunk in _CHUNK.findall(text) for term in _chunk_terms(chunk)]


@lru_cache(maxsize=65_536)
def _chunk_terms(chunk: str) -> tuple[str, ...]:
    if _SHORT_OPTION.fullmatch(chunk):
        return (chunk,)
    body = chunk.lstrip("-")
    option = [chunk.lower()] if body != chunk else []
    if body.endswith("++"):
        option.append(body.lower())
        body = body[:-2]
    found = (*option, *_apart(body, 0, alone=True))
    return tuple(term for term in found if len(term) <= MAX_TERM)


def _apart(text: str, level: int, *, alone: bool) -> Iterator[str]:
    """Yield the terms of an identifier: itself, then its parts."""
    while level < len(_LEVELS):
        parts = [part for part in _LEVELS[level].split(text) if part]
        level += 1
        if parts and parts != [text]:
            yield text.lower()
            for part in parts:
                yield from _apart(part, level, alone=False)
            return
        text = parts[0] if parts else ""
    # Single letters and short numbers say something alone (`-F c`), but not as a part (`utf-8`).
    if text and (alone or len(text) > 2 or (len(text) == 2 and not text.isdigit())):
        yield from _word(text)


def _word(text: str) -> Iterator[str]:
    if len(text) > MAX_TERM:
        return
    humps = _CAMEL.split(text)
    for word in (text, *(humps if len(humps) > 1 else ())):
        lower = word.lower()
        if lower not in STOP_WORDS:
            yield _stem(lower)


def _stem(word: str) -> str:
    if not _STEMMABLE.fullmatch(word):
        return word
    stemmer = getattr(_thread, "stemmer", None)
    if stemmer is None:  # it keeps the word it works on in itself: one per thread
        stemmer = _thread.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


def indexed(vector: SparseVector, product: str) -> SparseVector:
    """The same at the dimensions that its terms have in an index, where they are of ``product``."""
    indices = of_product(vector.indices, product)
    order = np.argsort(indices)
    return SparseVector(indices[order], vector.values[order])


def of_product(indices: NDArray[np.uint32], product: str) -> NDArray[np.uint32]:
    """The dimensions that terms have in an index, where they are of ``product``. In no order.

    Given those, the dimensions of the terms again.
    """
    return indices ^ _product(product)


@lru_cache(maxsize=1_024)
def _product(name: str) -> np.uint32:
    # Personalised: a product's name is a term as well, and would be term 0 of each product.
    digest = hashlib.blake2b(name.encode(), digest_size=4, person=b"product").digest()
    return np.uint32(int.from_bytes(digest, "little"))


@lru_cache(maxsize=65_536)
def _index(term: str) -> int:
    """Return the dimension of a term: 32 bits of BLAKE2b, the same in every process and version.

    Among 200,000 terms some five pairs share a dimension: no more than a homonym each.
    """
    digest = hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "little")


def _vector(weights: Mapping[str, float]) -> SparseVector:
    indices = np.fromiter(map(_index, weights), np.uint32, len(weights))
    values = np.fromiter(weights.values(), np.float64, len(weights))
    order = np.argsort(indices, kind="stable")
    indices, values = indices[order], values[order]
    first = np.flatnonzero(np.diff(indices, prepend=indices[:1] + np.uint32(1)))
    if len(first) < len(indices):  # two terms of one dimension
        indices, values = indices[first], np.add.reduceat(values, first)
    return SparseVector(indices, values.astype(np.float32))
