"""The chart and the files of the retrieval benchmark, without an index."""

import json
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from eval.report.plots import COLOURS
from eval.retrieval import __main__ as benchmark
from eval.retrieval.chart import chart
from eval.retrieval.judge import NAMES, Verdict
from eval.retrieval.summary import Summary, summarise

SVG = "{http://www.w3.org/2000/svg}"


def contender(name: str, *to_keys: float) -> Summary:
    verdicts = [
        Verdict(
            question=f"q{number}", cluster=f"page{number}", version_specific=False,
            scores=dict.fromkeys(NAMES, 1.0), coverage=1, version_precision=1,
            tokens_to_keys=(tokens,), tokens=200, seconds=0.002, abstained=False,
        )
        for number, tokens in enumerate(to_keys)
    ]  # fmt: skip
    return summarise(name, 10, verdicts, 0.5)


OURS = contender("ours", 100, 700, 1_500, 9_000)
THEIRS = contender("<b>theirs</b> & others | more", 100, 9_000, 9_000, 9_000)


def texts(drawn: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314


def lines(drawn: str) -> list[list[tuple[float, float]]]:
    found = ElementTree.fromstring(drawn).iter(f"{SVG}polyline")  # noqa: S314
    return [
        [(float(x), float(y)) for x, y in (one.split(",") for one in line.get("points").split())]
        for line in found
    ]


def test_every_contender_has_a_line_and_its_name():
    drawn = chart([OURS, THEIRS])
    assert "0.75  ours" in texts(drawn)
    assert f"0.25  {THEIRS.name}" in texts(drawn)
    assert "<b>" not in drawn
    ours, theirs = lines(drawn)
    assert [x for x, _ in ours] == [x for x, _ in theirs]
    assert [y for _, y in ours] == sorted((y for _, y in ours), reverse=True), "it rises"
    assert len({y for _, y in theirs}) == 1


def test_the_interval_in_1000_tokens_is_drawn_around_its_point():
    low, high = OURS.interval_in_1000
    assert low < OURS.context_recall[1_000] < high
    (_, (x, y), _) = lines(chart([OURS]))[0]
    bars = ElementTree.fromstring(chart([OURS])).iter(f"{SVG}line")  # noqa: S314
    tops = [
        (float(one.get("y1")), float(one.get("y2")))
        for one in bars
        if float(one.get("x1")) == float(one.get("x2")) == x and one.get("stroke") != "#8885"
    ]
    assert len(tops) == 1
    assert tops[0][1] < y < tops[0][0]


@pytest.mark.parametrize("number", [1, 2, 14, 40])
def test_equal_values_of_any_number_are_all_labelled_apart(number):
    rows = [contender(f"number {at}.", 100, 100) for at in range(number)]
    drawn = chart(rows)
    root = ElementTree.fromstring(drawn)  # noqa: S314
    said = {one.text: float(one.get("y")) for one in root.iter(f"{SVG}text")}
    places = sorted(said[f"1.00  {row.name}"] for row in rows)
    assert all(two - one > 12 for one, two in pairwise(places))
    assert places[-1] <= float(root.get("viewBox").split()[3])
    assert not re.search("nan|inf", drawn, re.IGNORECASE)


def test_lines_differ_though_there_are_more_than_colours():
    rows = [contender(f"number {at}", 100) for at in range(14)]
    root = ElementTree.fromstring(chart(rows))  # noqa: S314
    looks = {
        (one.get("stroke"), one.get("stroke-dasharray")) for one in root.iter(f"{SVG}polyline")
    }
    assert len(looks) == 14
    assert {colour for colour, _ in looks} == set(COLOURS)


def test_the_run_is_printed_and_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(benchmark, "run", lambda *_, **__: [OURS, THEIRS])
    written, drawn = tmp_path / "rows.json", tmp_path / "chart.svg"
    words = ["--data", str(tmp_path), "--json", str(written), "--chart", str(drawn)]
    assert benchmark.main(words) == 0
    assert r"| <b>theirs</b> & others \| more | 10 |" in capsys.readouterr().out
    rows = json.loads(written.read_text("utf-8"))
    assert [Summary.model_validate(one) for one in rows] == [OURS, THEIRS]
    assert drawn.read_text("utf-8") == chart([OURS, THEIRS]) + "\n"


def test_what_was_measured_is_printed_though_it_can_not_be_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(benchmark, "run", lambda *_, **__: [OURS])
    assert benchmark.main(["--data", str(tmp_path), "--json", str(tmp_path / "no" / "x")]) == 1
    said = capsys.readouterr()
    assert "| ours | 10 |" in said.out
    assert "No such file" in said.err


def test_a_product_without_a_question_is_told(tmp_path, capsys):
    assert benchmark.main(["--data", str(tmp_path), "--products", "emacs"]) == 1
    assert "No test question is about emacs." in capsys.readouterr().err
