"""Counting chunk by chunk is counting with the tokenizer."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from corpora.tokens import LONG_WORD_CHARACTERS, TokenCounter, bundled_model

ODD = st.text(st.sampled_from("ab -_.\n\t\r\x0b\x0c\x85\u2028\u00a0\u0301é中[SEP]\x00\x1c\ufffd"))
TEXTS = st.one_of(st.text(), ODD, st.text("ab,- \n", max_size=400))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    found = Tokenizer.from_file(str(bundled_model() / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


@pytest.fixture(scope="module")
def counter() -> TokenCounter:
    return TokenCounter()


@settings(deadline=None)
@given(text=TEXTS)
@example(text="a [SEP] b[SEP]c")
@example(text="initdb --no-data-checksums\n" * 60)
def test_chunks_alone_have_as_many_tokens_as_the_text(
    counter: TokenCounter, tokenizer: Tokenizer, text: str
) -> None:
    assert counter(text) == len(tokenizer.encode(text, add_special_tokens=False).ids)


def test_a_long_word_is_charged_by_its_length(counter: TokenCounter, tokenizer: Tokenizer) -> None:
    key = "Ab3" * 100
    assert counter(f"the key {key} ends") == 2 + 1 + 300 // LONG_WORD_CHARACTERS + 1


@settings(deadline=None)
@given(text=TEXTS, tokens=st.integers(1, 40))
@example(text="x" * 300 + " and what follows", tokens=3)
@example(text="a" * 101 + " b c d e", tokens=40)
def test_the_head_of_a_text_is_what_the_tokenizer_says(
    counter: TokenCounter, tokenizer: Tokenizer, text: str, tokens: int
) -> None:
    encoding = tokenizer.encode(text, add_special_tokens=False)
    whole = text if len(encoding) <= tokens else text[: encoding.offsets[tokens - 1][1]]
    assert counter.head(text, tokens) == whole


def test_a_tokenizer_that_joins_words_and_spaces_counts_the_whole_text(tmp_path) -> None:
    model = Tokenizer(BPE({"a": 0, "Ġ": 1, "Ġa": 2}, [("Ġ", "a")]))
    model.pre_tokenizer = ByteLevel(add_prefix_space=False)
    model.save(str(tmp_path / "tokenizer.json"))
    assert TokenCounter(tmp_path / "tokenizer.json")("a a a") == 3
