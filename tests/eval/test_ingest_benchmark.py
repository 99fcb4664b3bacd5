"""The ingestion benchmark on a tree of three pages: every stage is run, and counts what it read."""

from pathlib import Path

import pytest

from eval.ingest.__main__ import measure


@pytest.mark.slow
def test_every_stage_of_a_small_tree_is_measured(tmp_path: Path) -> None:
    links = '<p><a href="a.html">a</a> <a href="b.html">b</a></p>'
    (tmp_path / "index.html").write_text(f"<h1>Index</h1><p>All the pages there are.</p>{links}")
    for name in "ab":
        (tmp_path / f"{name}.html").write_text(
            f"<title>{name}</title><h1>Page {name}</h1><dl><dt>--{name}</dt>"
            "<dd>What this option does.</dd></dl>"
        )
    measured = measure(tmp_path, "html", processes=0, embed=0)
    assert [(stage.name, stage.pages) for stage in measured.stages] == [
        ("fetch", 3), ("read", 3), ("lexical index", 3),
    ]  # fmt: skip
    assert measured.failures == 0
    assert measured.passages >= 3
    assert all(stage.seconds > 0 for stage in measured.stages)
    total = measured.without_embedding
    assert total.seconds == pytest.approx(sum(stage.seconds for stage in measured.stages))
