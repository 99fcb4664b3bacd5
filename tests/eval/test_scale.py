"""The benchmark of scale: what it computes, without an index."""

import re

import pytest

from corpora.catalogue import Catalogue
from corpora.model import Location, Passage
from eval.report.plots import COLOURS
from eval.scale.__main__ import main
from eval.scale.chart import chart
from eval.scale.choice import Shares, chosen, ordered
from eval.scale.copies import declared, made_up
from eval.scale.measured import Load, Measured, Memory, Report, Spread, memory
from eval.scale.summary import exponent, exponents, tables

DATE = "2025-01-01T00:00:00Z"


def passage(number: int, product: str, *releases: str) -> Passage:
    at = [Location(release=one, url="u", fetched_at=DATE, page_sha256="") for one in releases]
    return Passage(
        id=f"{number:032x}", product=product, kind="section", page="p", title="t", text="x",
        tokens=1, locations=tuple(at),
    )  # fmt: skip


SHARES = Shares(
    [
        *(passage(n, "git", "1", "2") for n in range(6)),
        *(passage(n, "git", "2") for n in range(6, 10)),
        *(passage(n, "ssh", "1") for n in range(10, 15)),
        *(passage(n, "zip", "1") for n in range(15, 17)),
    ]
)


def spread(ms: float) -> Spread:
    return Spread(answers=4, p50=ms, p95=2 * ms, p99=3 * ms)


def measured(points: int, ms: float, held: Memory | None) -> Measured:
    steps = {"embed": spread(5), "dense": spread(ms), "context": spread(5 + ms), "fast": spread(2)}
    return Measured(
        points=points, products=2, releases=3, scope={"named": 10, "everywhere": points},
        latency={"named": steps, "everywhere": steps}, opened=0.5, first_answer=1.5, memory=held,
        disk=3_000 * points,
    )  # fmt: skip


SMALL = measured(1_000, 1.0, Memory(resident=200_000_000, anonymous=150_000_000))
LARGE = measured(10_000, 4.0, Memory(resident=290_000_000, anonymous=168_000_000))


def test_a_text_that_several_releases_share_counts_once():
    assert SHARES.releases() == [("git", "1"), ("git", "2"), ("ssh", "1"), ("zip", "1")]
    assert SHARES.distinct({("git", "1")}) == 6
    assert SHARES.distinct({("git", "1"), ("git", "2"), ("zip", "1")}) == 12
    assert SHARES.added(("git", "2"), {("git", "1")}) == 4
    assert SHARES.added(("git", "1"), {("git", "2")}) == 0


def test_releases_that_are_asked_about_come_first_and_stay():
    order = ordered(SHARES, {("git", "2"): 10, ("ssh", "1"): 1})
    assert order == [("git", "2"), ("ssh", "1"), ("zip", "1"), ("git", "1")]
    small = chosen(SHARES, order, 10)
    assert small == {("git", "2"), ("git", "1")}  # the older one adds nothing
    assert chosen(SHARES, order, 12, small) == small | {("zip", "1")}
    assert chosen(SHARES, order, 17, small) == set(SHARES.releases())
    assert chosen(SHARES, order, 1) == frozenset()


def test_a_copy_answers_to_no_name_of_the_original():
    found = declared(Catalogue.load(), ["git", "git-copy-2", "gone", "gone-copy-1"])
    assert list(found) == ["git", "git-copy-2"]
    git, copy = found.values()
    assert copy.labels == git.labels
    names = {copy.id, copy.title, *copy.aliases, *copy.commands}
    assert names.isdisjoint({git.id, git.title, *git.aliases, *git.commands})
    assert made_up(copy.id)
    assert not any(made_up(one) for one in Catalogue.load())


def test_the_exponent_is_the_power_of_the_size():
    assert exponent(3, 30, 10) == pytest.approx(1)
    assert exponent(3, 3, 10) == 0
    assert exponent(4, 2, 4) == pytest.approx(-0.5)
    assert exponent(0, 2, 10) is None
    assert exponent(1, 2, 1) is None


def test_growth_is_told_between_each_size_and_the_next():
    found = exponents([SMALL, LARGE])
    assert found["named", "dense"] == [pytest.approx(0.602, abs=0.001)]
    assert found["everywhere", "embed"] == [0]
    assert ("named", "lexical") not in found


def test_the_tables_tell_latency_memory_and_growth():
    said = tables(Report(snapshot="s", sizes=(SMALL, LARGE)))
    assert "| 10,000 | 10 | product named | dense | 4 | 4.00 | 8.00 | 12.00 |" in said
    assert "| 1,000 | 2 | 3 | 0.50 | 1.50 | 200 | 150 | 50 | 20000 | 3 | 3,000 |" in said
    assert "| all products | dense | +0.60 |" in said
    assert "take 1000 MB of memory, 200 of them anonymous; each passage 3,000 bytes" in said
    assert "Answers" not in said


def test_what_is_not_known_is_not_told_as_nought():
    said = tables(Report(snapshot="s", sizes=(measured(1_000, 1.0, None),)))
    assert "| 1.50 | – | – | – | – | 3 |" in said
    assert "nothing can be said of growth" in said
    none = Load(mode="fast", clients=8, seconds=1, latency=None, errors=3, embed=2.0,
                embed_in_full=4.0)  # fmt: skip
    said = tables(Report(snapshot="s", load=(none,)))
    assert "| fast | 8 | 0 | 3 | 0.0 | – | – | – | – | – | – |" in said


def test_the_load_is_told_beside_embedding():
    one = Load(mode="hybrid", clients=1, seconds=2, latency=spread(6), errors=0, embed=3.0,
               embed_in_full=6.0)  # fmt: skip
    assert one.rate == 2
    assert one.relative == (2, 6, 1, 3)
    first = one.model_copy(update={"first": True})
    said = tables(Report(snapshot="s", load=(first, one)))
    cells = "| 1 | 4 | 0 | 2.0 | 6.0 | 18.0 | 2.0 | 6.0 | 1.0 | 3.0 |"
    assert f"| hybrid, first time asked {cells}" in said
    assert f"| hybrid {cells}" in said


def test_the_chart_has_a_line_for_each_way_of_asking():
    drawn = chart([SMALL, LARGE])
    assert drawn.count("<polyline") == 5
    assert all(colour in drawn for colour in COLOURS[3:])
    assert ">10,000</text>" in drawn
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', drawn)]
    assert all(0 <= y <= 300 for y in heights)
    assert "nan" not in chart([SMALL])


def test_memory_is_told_apart_or_not_at_all(tmp_path):
    told = tmp_path / "smaps_rollup"
    assert memory(told) is None
    told.write_text("55-7f ---p 00 00:00 0 [rollup]\nRss:  300 kB\nPss: 1 kB\nAnonymous: 100 kB\n")
    found = memory(told)
    assert found == Memory(resident=307_200, anonymous=102_400)
    assert found.mapped == 204_800


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sizes", "ten"], "'ten' is not a whole number above 0"),
        (["--sizes", "0"], "not a whole number above 0"),
        (["--clients", "1,-8"], "not a whole number above 0"),
        (["--seconds", "0"], "--seconds must be more than 0"),
        (["--sizes", "", "--chart", "x.svg"], "--chart needs --sizes"),
    ],
)
def test_bad_input_is_told(words, said, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path), *words])
    assert said in capsys.readouterr().err


def test_without_a_corpus_it_says_so(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 1
    assert "flagstone build" in capsys.readouterr().err
