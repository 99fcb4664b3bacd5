"""Paraphrases written by a model: what it is shown, what of its answer is taken, and resuming."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from corpora.errors import FlagstoneError
from corpora.paraphrases import Paraphrases, paraphrase_key
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from eval.paraphrases.__main__ import _add, main
from eval.paraphrases.items import read, shown, wanting
from eval.standin.server import StandIn
from retrieval.index import Indexer
from retrieval.request import SearchRequest

BATCH = 10
NUMBER = re.compile(r"^\[(\d+)\] ", re.MULTILINE)


@pytest.fixture
def made(corpus, monkeypatch):
    """Git 2.30 and 2.39, built; ten items make a question, and nothing of ours is shipped."""
    monkeypatch.setattr("eval.paraphrases.__main__.BATCH", BATCH)
    monkeypatch.setattr("eval.paraphrases.__main__.Paraphrases.load", Paraphrases)
    corpus.build()
    return corpus


@pytest.fixture
def items(made, tmp_path):
    return wanting(Snapshot.current(made.data), Paraphrases(tmp_path))


def test_every_definition_is_shown_once(items, made):
    passages = list(Snapshot.current(made.data))
    keys = {paraphrase_key(one) for one in passages if one.names or one.kind == "synopsis"}
    assert {item.key for item in items} == keys
    assert len(items) == len(keys)
    text = shown(items)
    assert len(NUMBER.findall(text)) == len(items)
    assert "### git · git commit: Record changes to the repository" in text
    (line,) = [one for one in text.splitlines() if " DEF --reset-author ::" in one]
    assert len(line) < 400


def test_running_text_is_asked_about_where_that_is_wanted(items, made, tmp_path):
    more = wanting(Snapshot.current(made.data), Paraphrases(tmp_path), prose=True)
    assert {item.key for item in more} > {item.key for item in items}
    kinds = {item.kind for item in more}
    assert kinds == {"DEF", "CARD", "PROSE"}
    assert " PROSE " in shown(more)
    assert " PROSE " not in shown(items)


def test_what_has_paraphrases_is_not_asked_about(items, made, tmp_path):
    (tmp_path / "git.tsv").write_text(f"{items[0].key}\tnames\tsaid so\n")
    left = wanting(Snapshot.current(made.data), Paraphrases(tmp_path))
    assert left == items[1:]


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ("1\ta b\tc d\te f", {0: ("a b", "c d", "e f")}),
        ('[2]\t"a b."\tc\x07d\te  f.\n', {1: ("a b", "c d", "e f")}),
        ("```\n1\ta\tb\tc\n```\nThat is all.", {0: ("a", "b", "c")}),
        ("1\ta\tb\tc\n1\td\te\tf", {0: ("a", "b", "c")}),
        ("1\ta\tb", {}),
        ("1\ta\tb\tc\td", {}),
        ("0\ta\tb\tc\n999999\ta\tb\tc", {}),
        (f"1\t{'x' * 301}\tb\tc", {}),
        ("1\ta\t''\tc", {}),
        ("", {}),
    ],
)
def test_only_lines_of_the_form_are_taken(items, answer, taken):
    assert dict(read(answer, items)) == {items[place]: said for place, said in taken.items()}


def answering(left_out=(), prompts=None):
    """Answers as a model does that has understood the prompt, but for some numbers."""

    def player(messages):
        if prompts is not None:
            prompts.append(messages[0].content)
        numbers = NUMBER.findall(messages[-1].content)
        kept = [one for one in numbers if int(one) not in left_out]
        said = "\n".join(f"{one}\twant {one}\tneed {one}\tmiss {one}" for one in kept)
        return f"{len(numbers)} items", said

    return player


def test_a_run_writes_what_a_build_reads_and_the_next_one_the_rest(made, items, tmp_path, capsys):
    out = tmp_path / "own"
    words = ["git", "--data", str(made.data), "--out", str(out), "--model", "m"]
    questions = -(-len(items) // BATCH)
    left_out = len(items) // BATCH + (len(items) % BATCH >= 3)
    with StandIn(answering(left_out={3}), default_counter()) as model:
        assert main([*words, "--base-url", model.url]) == 0
        assert len(model.asked) == questions
    assert f"{left_out} were left out" in capsys.readouterr().err
    found = Paraphrases(out)
    passages = list(Snapshot.current(made.data))
    assert sum(bool(found.of(one)) for one in passages) > 25
    left = wanting(passages, found)
    assert len(left) == left_out
    with StandIn(answering(), default_counter()) as model:
        assert main([*words, "--base-url", model.url]) == 0
        assert model.asked == [f"{left_out} items"]
        assert main([*words, "--base-url", model.url]) == 0
    assert "nothing wants paraphrases" in capsys.readouterr().err
    assert not wanting(passages, Paraphrases(out))


@pytest.mark.parametrize(("name", "before"), [("first", 0), ("second", 1), ("third", 2)])
def test_each_set_is_asked_for_by_its_prompt_with_those_before_in_view(
    made, items, tmp_path, name, before
):
    wanted = items[0]
    had = tuple(f"said {number}" for number in range(3 * before))
    others = items[1:] if before == 0 else []
    lines = ["\t".join((one.key, "its names", "said")) for one in others]
    lines += ["\t".join((wanted.key, "its names", *had))] if had else []
    (tmp_path / "git.tsv").write_text("".join(f"{line}\n" for line in lines))
    passages = list(Snapshot.current(made.data))
    (item,) = wanting(passages, Paraphrases(tmp_path), held=before)
    assert item.key == wanted.key
    assert shown([item]).endswith(f" => {' | '.join(had)}") == bool(had)
    words = f"git --data {made.data} --out {tmp_path} --model m --set {name}".split()
    prompts = []
    with StandIn(answering(prompts=prompts), default_counter()) as model:
        assert main([*words, "--base-url", model.url]) == 0
        assert model.asked == ["1 items"]
    assert prompts == [(files("eval") / f"paraphrases/{name}.md").read_text("utf-8")]
    written = (tmp_path / "git.tsv").read_text().splitlines()
    (line,) = (line for line in written if line.startswith(wanted.key))
    assert line == "\t".join((item.key, item.names, *had, "want 1", "need 1", "miss 1"))
    assert not wanting(passages, Paraphrases(tmp_path), held=before)


def test_what_has_been_said_already_is_not_written_again(items, tmp_path):
    item = replace(items[0], written=("said so", "said again", "said well"))
    _add(tmp_path, {item: ("Said SO", "new", "New")})
    (line,) = (tmp_path / "git.tsv").read_text().splitlines()
    assert line.split("\t")[2:] == ["said so", "said again", "said well", "new"]


def test_what_was_written_before_an_error_stays(made, items, tmp_path, capsys):
    calls = []

    def player(messages):
        calls.append(1)
        if len(calls) > 2:
            raise FlagstoneError("out of order")
        return answering()(messages)

    words = ["git", "--data", str(made.data), "--out", str(tmp_path), "--model", "m"]
    with StandIn(player, default_counter()) as model:
        assert main([*words, "--base-url", model.url, "--connections", "1"]) == 1
    assert len((tmp_path / "git.tsv").read_text().splitlines()) == 2 * BATCH
    assert main([*words, "--base-url", "http://127.0.0.1:9/v1"]) == 1
    assert "error:" in capsys.readouterr().err
    assert (tmp_path / "git.tsv").exists()


def test_a_product_that_is_not_there_is_named(made, tmp_path, capsys):
    words = ["gti", "--data", str(made.data), "--out", str(tmp_path), "--model", "m"]
    assert main(words) == 1
    assert "gti" in capsys.readouterr().err


def test_a_question_is_found_by_a_paraphrase_that_shares_no_word_with_the_page(corpus):
    """What nobody who wrote the page would say leads to the option, at the release asked alone."""
    corpus.build()
    card = next(one for one in Snapshot.current(corpus.data) if "--reset-author" in one.names)
    own = corpus.data / "own"
    own.mkdir()
    said = "purple elephants dancing at midnight"
    (own / "git.tsv").write_text(f"{paraphrase_key(card)}\t--reset-author\t{said}\n")

    indexer = Indexer(corpus.embedder, corpus.data / "vectors", paraphrases=Paraphrases(own))
    corpus.build(indexer=indexer)
    for version in ("2.30", "2.39"):
        found = corpus.engine.search(
            SearchRequest(query="elephants at midnight", product="git", version=version)
        )
        assert "--reset-author" in found.hits[0].passage.names
        assert "elephants" not in found.hits[0].passage.text
        assert version in found.hits[0].passage.releases
