"""The benchmark of serving: what it tells, without a service."""

import json
import re
from contextlib import nullcontext
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from eval.serving import __main__ as benchmark
from eval.serving import measure as measuring
from eval.serving.chart import chart
from eval.serving.summary import Report, Row, summarise, table
from retrieval.request import ContextRequest

SVG = "{http://www.w3.org/2000/svg}"
SPENT = {
    "in process": [10.0, 11.0, 12.0, 30.0],
    "HTTP": [12.0, 13.0, 14.0, 32.0],
    "added <by> HTTP & co": [-0.5, 2.0, 2.0, 2.5],
}


def bars(drawn: str) -> list[tuple[float, float]]:
    root = ElementTree.fromstring(drawn)  # noqa: S314
    thick = (one for one in root.iter(f"{SVG}line") if one.get("stroke-width"))
    return [(float(one.get("x1")), float(one.get("x2"))) for one in thick]


def test_percentiles_are_of_what_was_measured():
    one, _, added = summarise(SPENT)
    assert (one.name, one.answers, one.p50) == ("in process", 4, 11.5)
    assert min(SPENT["in process"]) <= one.p10 <= one.p50 <= one.p95 <= max(SPENT["in process"])
    assert added.p10 == pytest.approx(0.25)
    assert summarise({"once": [3.0]}) == (Row(name="once", answers=1, p10=3, p50=3, p95=3),)


def test_the_table_has_a_row_for_each():
    lines = table(summarise(SPENT)).splitlines()
    assert lines[0] == "| ms | answers | p10 | p50 | p95 |"
    assert lines[2] == "| in process | 4 | 10.30 | 11.50 | 27.30 |"
    assert len(lines) == 5


def test_every_row_has_a_bar_with_its_median_inside_and_its_name():
    drawn = chart(summarise(SPENT))
    root = ElementTree.fromstring(drawn)  # noqa: S314
    assert {*SPENT, "11.50 (10.30 to 27.30)"} <= {one.text for one in root.iter(f"{SVG}text")}
    medians = [float(one.get("cx")) for one in root.iter(f"{SVG}circle")]
    assert len(medians) == len(bars(drawn)) == 3
    assert all(low <= mid <= high for mid, (low, high) in zip(medians, bars(drawn), strict=True))
    assert "<by>" not in drawn


@pytest.mark.parametrize("ms", [-1.0, 0.0, 0.0004, 3.0, 70_000.0])
def test_one_row_and_equal_values_are_drawn(ms):
    for rows in (summarise({"one": [ms]}), summarise({"one": [ms, ms], "two": [ms]})):
        drawn = chart(rows)
        wide = float(ElementTree.fromstring(drawn).get("viewBox").split()[2])  # noqa: S314
        assert all(0 <= low == high <= wide for low, high in bars(drawn))
        assert not re.search('>nan|>inf|"nan|"inf', drawn, re.IGNORECASE)


def test_what_is_less_than_nothing_lies_on_the_scale():
    drawn = chart(summarise({"added": [-3.0, -2.0, 1.0]}))
    words = [one.text for one in ElementTree.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314
    assert {"-3", "0", "1"} <= set(words)


@pytest.fixture
def measured(monkeypatch):
    engine = SimpleNamespace(snapshot=SimpleNamespace(id="s1"))
    monkeypatch.setattr(benchmark, "open_engine", lambda _: engine)
    monkeypatch.setattr(benchmark, "requests", lambda _: ["a question", "another"])
    monkeypatch.setattr(benchmark, "served", lambda _: nullcontext(("http://127.0.0.1:1", 1)))
    monkeypatch.setattr(benchmark, "measure", lambda *_: SPENT)


@pytest.mark.usefixtures("measured")
def test_the_run_is_printed_and_written(tmp_path, capsys):
    written, drawn = tmp_path / "report.json", tmp_path / "chart.svg"
    words = ["--data", str(tmp_path), "--json", str(written), "--chart", str(drawn)]
    assert benchmark.main([*words, "--rounds", "2"]) == 0
    rows = summarise(SPENT)
    assert capsys.readouterr().out == table(rows) + "\n"
    report = Report(snapshot="s1", questions=2, rounds=2, rows=rows)
    assert Report.model_validate(json.loads(written.read_text("utf-8"))) == report
    assert drawn.read_text("utf-8") == chart(rows) + "\n"


@pytest.mark.usefixtures("measured")
def test_without_a_question_it_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(benchmark, "requests", lambda _: [])
    assert benchmark.main(["--data", str(tmp_path)]) == 1
    assert "No development question" in capsys.readouterr().err


def test_no_rounds_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(["--data", str(tmp_path), "--rounds", "0"])
    assert "--rounds must be 1 or more" in capsys.readouterr().err


def test_few_questions_are_counted_as_often_as_they_are_asked_each_time_anew(monkeypatch):
    queries: list[str] = []
    monkeypatch.setattr(measuring, "Wire", lambda *_: None)
    monkeypatch.setattr(measuring, "answer_of", lambda *_: b'{"timings_ms": {"total": 0}}')
    answer = SimpleNamespace(raise_for_status=lambda: None, json=lambda: {"result": {}})
    http = SimpleNamespace(base_url="http://127.0.0.1:1", post=lambda *_, **__: answer)
    told = SimpleNamespace(timings_ms={"embed": 1.0})
    engine = SimpleNamespace(context=lambda request: queries.append(request.query) or told)
    asked = [ContextRequest(query=one, product="git", version="2.47") for one in ("a", "b")]
    spent = measuring.measure(engine, http, asked, 2, 0)
    assert {name: len(spent[name]) for name in ("in process", "HTTP", "MCP over HTTP")} == {
        "in process": 4,
        "HTTP": 4,
        "MCP over HTTP": 4,
    }
    assert len(set(queries)) == len(queries) == 6  # two of them before the clock starts
