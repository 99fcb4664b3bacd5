import unicodedata
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpora.errors import ConfigurationError, ParseError, Reason
from corpora.sources import Format
from ingest.models import MODELS
from ingest.parse import READERS, parse
from ingest.parse.charset import decode_html, decode_roff
from ingest.parse.clean import clean, fold


@settings(deadline=None)
@given(st.text())
@example("e\u200b\u0301")
@example("\r\u200b\n")
@example("\u00ad\u202eabc\U000e0041")
def test_cleaning_twice_is_cleaning_once(text: str):
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text())
def test_nothing_invisible_is_left(text: str):
    left = {unicodedata.category(char) for char in clean(text) if char not in "\n\t"}
    assert not left & {"Cc", "Cs"}
    assert not set(clean(text)) & set("\u200b\u200e\u202e\u2066\u00ad\ufeff\u2060")


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text: str):
    assert clean(text) == text


def test_spaces_that_do_not_break_become_spaces():
    assert clean("pg_dump\u00a0-a") == "pg_dump -a"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>é</p>".encode(), "<p>é</p>"),
        (b"\xef\xbb\xbf<p>x</p>", "<p>x</p>"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><p>\xe9</p>', None),
        (b'<meta charset="windows-1252"><p>\x93</p>', None),
        ("\ufeff<p>é</p>".encode("utf-16-le"), "<p>é</p>"),
    ],
)
def test_the_charset_of_html_is_the_declared_one_else_utf8(data: bytes, text: str | None):
    found = decode_html("x.html", data)
    if text is not None:
        assert found == text
    else:
        assert found.endswith(("<p>é</p>", "<p>“</p>"))


@pytest.mark.parametrize(
    "data",
    [
        b"<p>\xe9</p>",
        b'<meta charset="utf-8"><p>\xe9</p>',
        b'<meta charset="x-unheard-of"><p>x</p>',
        b'<meta charset="rot13"><p>x</p>',
        b'<meta charset="zlib_codec"><p>x</p>',
        b'<meta charset="utf-16"><p>x</p>',
        b'<meta charset="utf-7"><p>+ADw-script+AD4-</p>',
        b'<meta charset="idna"><p>x</p>',
    ],
)
def test_an_unknown_or_lying_charset_is_an_error(data: bytes):
    with pytest.raises(ParseError) as caught:
        decode_html("x.html", data)
    assert caught.value.reason is Reason.UNKNOWN_CHARSET


def test_manual_pages_follow_preconv():
    assert decode_roff("x.1", "é".encode()) == "é"
    assert decode_roff("x.1", b".SH caf\xe9\n") == ".SH café\n"
    assert decode_roff("x.1", b'.\\" -*- coding: koi8-r -*-\n\xc1\n').endswith("а\n")
    assert decode_roff("x.1", b"'\\\" t -*- coding: us-ascii -*-\nabc\n").endswith("abc\n")


@pytest.mark.parametrize(
    "data",
    [
        b'.\\" -*- coding: utf-8 -*-\n\xe9\n',
        b"\x81\x8d\x90\n",
        b'.\\" -*- coding: hex -*-\n',
    ],
)
def test_a_manual_page_that_lies_about_its_charset_is_an_error(data: bytes):
    with pytest.raises(ParseError) as caught:
        decode_roff("x.1", data)
    assert caught.value.reason is Reason.UNKNOWN_CHARSET


def test_every_declared_format_has_a_reader():
    declared = set(get_args(Format))
    assert declared == set(READERS) | set(MODELS)
    with pytest.raises(ConfigurationError, match="docbook"):
        parse("clay", "x.clay", b"# Title")
