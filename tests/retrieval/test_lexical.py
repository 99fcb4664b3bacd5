"""The lexical side, on spellings taken from real manual pages."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import MAX_TERM, STOP_WORDS, Bm25, FieldWeight, indexed, of_product, terms

WORD = st.from_regex(r"[a-z][a-z0-9]{2,9}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--dry-run=server", ["--dry-run", "dry-run", "dri", "run", "server"]),
        ("max_wal_size", ["max_wal_size", "max", "wal", "size"]),
        ("pg_dump", ["pg_dump", "pg", "dump"]),
        ("CREATE TABLE", ["creat", "tabl"]),
        ("commit.gpgSign", ["commit.gpgsign", "commit", "gpgsign", "gpg", "sign"]),
        ("aws s3api", ["aw", "s3api"]),
        (
            "-T, --exclude-table=PATTERN",
            ["-T", "--exclude-table", "exclude-table", "exclud", "tabl", "pattern"],
        ),
        ("-t/--table", ["-t", "--table", "tabl"]),
        ("--[no-]verify", ["--verify", "verifi", "--no-verify", "no-verify", "no", "verifi"]),
        (
            "/etc/ssh/sshd_config.",
            ["etc/ssh/sshd_config", "etc", "ssh", "sshd_config", "sshd", "config"],
        ),
        ("utf-8 and 1.29 in C++", ["utf-8", "utf", "1.29", "c++", "c"]),
        ("XMLHttpRequest", ["xmlhttprequest", "xml", "http", "request"]),
        ("don't the user's", ["don", "user"]),
        ("日本語 größe", ["日本語", "größe"]),
        ("--- == <> ___ …", []),
    ],
)
def test_a_text_gives_its_identifiers_whole_and_in_parts(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_short_option_keeps_its_case_and_nothing_else_does() -> None:
    assert terms("-T") != terms("-t")
    assert terms("--TABLE Vacuum MAX_WAL_SIZE") == terms("--table vacuum max_wal_size")


def test_inflections_of_a_word_are_one_term() -> None:
    assert terms("excluding tables") == terms("excludes table") == terms("exclude-table")[1:]


@pytest.mark.parametrize("typeset", ["–dry-run", "—dry-run", "−−dry-run", "‐‐dry-run"])
def test_a_typeset_option_is_the_option(typeset: str) -> None:
    assert terms(typeset) == terms("--dry-run")


def test_a_dash_between_words_is_no_option() -> None:
    assert "--the" not in terms("fast – the default") + terms("rows 10–20")
    assert "--default" not in terms("fast–default")


@given(st.text(max_size=400))
def test_any_text_gives_usable_terms(text: str) -> None:
    found = terms(text)
    assert found == terms(text)
    assert all(0 < len(term) <= MAX_TERM and not term.isspace() for term in found)
    assert not STOP_WORDS.intersection(found)


@given(
    st.lists(WORD, min_size=2, max_size=4),
    st.sampled_from(["-", "_", ".", "/", ":"]),
    st.sampled_from(["", "-", "--"]),
    st.text(st.sampled_from(" \n\t,;()[]{}<>|\"'`"), max_size=3),
)
def test_a_whole_identifier_is_always_among_its_terms(
    words: list[str], joint: str, dashes: str, around: str
) -> None:
    identifier = joint.join(words)
    found = terms(f"use {around} {dashes}{identifier}{around} here")
    assert identifier in found
    assert dashes + identifier in found


@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_vectors_are_sorted_distinct_and_positive(
    text: str, names: str, title: str, heading: str
) -> None:
    bm25 = Bm25()
    for vector in (
        bm25.document(text, names=names, title=title, heading=heading),
        bm25.query(text),
    ):
        assert vector.indices.dtype == np.uint32
        assert vector.values.dtype == np.float32
        assert len(vector.indices) == len(vector.values) == len(vector)
        assert (np.diff(vector.indices.astype(np.int64)) > 0).all()
        assert (vector.values > 0).all()
    assert (bm25.document(text, names=names).values <= bm25.k1 + 1).all()


def test_the_weight_of_a_term_is_the_formula() -> None:
    bm25 = Bm25(
        k1=1.5,
        names=FieldWeight(weight=3, b=0.5, average=2),
        text=FieldWeight(weight=1, b=0.75, average=4),
    )
    vector = bm25.document("table table row column lock lock", names="table")
    tf = 3 * 1 / (0.5 + 0.5 * 1 / 2) + 2 / (0.25 + 0.75 * 6 / 4)
    (place,) = np.flatnonzero(vector.indices == bm25.query("tables").indices[0])
    assert vector.values[place] == pytest.approx(2.5 * tf / (1.5 + tf), rel=1e-6)


def test_a_name_weighs_more_than_a_mention_and_a_long_text_dilutes() -> None:
    bm25 = Bm25()

    def weight(text: str, names: str = "") -> float:
        document = bm25.document(text, names=names)
        query = bm25.query("--jobs")
        shared = np.isin(document.indices, query.indices)
        return float(document.values[shared].sum())

    assert weight("number of workers", "--jobs") > weight("--jobs number of workers")
    assert weight("--jobs workers") > weight("--jobs workers" + " filler words" * 100)
    assert math.isfinite(weight("--jobs " * 10_000))


def test_terms_have_the_same_dimension_in_another_process() -> None:
    code = "from retrieval.lexical import Bm25; print(Bm25().query('--dry-run').indices.tolist())"
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )
    assert child.stdout.strip() == str(Bm25().query("--dry-run").indices.tolist())


def test_threads_do_not_disturb_each_other() -> None:
    words = [
        f"{stem}{ending}"
        for stem in ("exclud", "dump", "restor", "index", "vacuum", "replicat")
        for ending in ("ing", "ed", "es", "er")
    ]
    texts = [" ".join([*words[i % 5 :], f"word{i}ing"]) for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, texts)) == [terms(text) for text in texts]


@given(st.lists(st.integers(0, 2**32 - 1), unique=True, max_size=9), st.text(max_size=9))
def test_in_a_product_terms_have_dimensions_of_its_own_and_can_be_told_again(
    indices: list[int], product: str
) -> None:
    held = np.array(indices, np.uint32)
    numbered = of_product(held, product)
    assert len(set(numbered.tolist())) == len(indices)  # none falls on another
    assert of_product(numbered, product).tolist() == indices


def test_products_share_no_dimension_for_a_term() -> None:
    names = ("git", "docker", "kubectl")
    for word in ("merge", *names):  # a product's name is a term as well
        (term,) = Bm25().query(word).indices
        found = {int(of_product(np.array([term]), one)[0]) for one in names}
        assert len(found) == 3
    own = {int(of_product(Bm25().query(one).indices, one)[0]) for one in names}
    assert len(own) == 3


def test_a_vector_in_an_index_is_ascending_and_keeps_its_weights() -> None:
    vector = Bm25().document("how large the write-ahead log may grow", names="max_wal_size")
    held = indexed(vector, "postgresql")
    assert held.indices.tolist() == sorted(held.indices.tolist())
    weights = dict(zip(of_product(held.indices, "postgresql"), held.values, strict=True))
    assert weights == dict(zip(vector.indices, vector.values, strict=True))
