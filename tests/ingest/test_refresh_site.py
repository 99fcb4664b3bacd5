"""A site that is crawled again: what did not change is neither fetched, read nor embedded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import quiet
from local_site import LOOPBACK, Reply, Site, links

from corpora.catalogue import Catalogue
from corpora.tokens import default_counter
from eval.ingest.__main__ import declared
from eval.ingest.again import again, copied
from ingest.build import BuildReport, build
from ingest.egress import Door, Policy
from ingest.sources.site import SiteSource
from retrieval.embed import Embedder
from retrieval.index import Indexer

PAGES = 40


def page(number: int, said: str = "as it always was") -> Reply:
    text = (
        f"<h1>tool{number}</h1><p>Tool number {number} works {said}.</p><dl>"
        f"<dt>--only-{number}</dt><dd>The option of tool {number} alone, described at length.</dd>"
        f"<dt>--also-{number}</dt><dd>Another option that tool {number} has.</dd></dl>"
    )
    body = f"<title>tool{number}</title>{text}".encode()
    return Reply(body, headers={"Content-Type": "text/html", "ETag": f'"{hash(body)}"'})


@pytest.fixture
def site() -> Iterator[Site]:
    names = [f"/docs/{number}.html" for number in range(PAGES)]
    routes = {name: page(number) for number, name in enumerate(names)}
    with Site({"/docs/": links(*names), **routes}) as found:
        yield found


def test_one_page_that_changed_is_all_that_is_embedded(
    site: Site, embedder: Embedder, tmp_path: Path
) -> None:
    declared(f"{site.url}/docs/", "html", tmp_path)
    products = Catalogue.load(tmp_path / "declared")
    data = tmp_path / "data"

    def run() -> BuildReport:
        with Door(Policy(networks=LOOPBACK)) as door:
            source = SiteSource(products["tree"], door, tmp_path / "state")
            report = build(
                data, products, {"tree": ["1"]}, source=lambda _: source,
                indexer=Indexer(embedder, data / "vectors"), tokenizer=default_counter().file,
                processes=0, progress=quiet,
            )  # fmt: skip
            source.close()
        return report

    first = run()
    assert first.embedded > first.distinct_passages >= 2 * PAGES  # definitions count twice
    unchanged = run()
    assert (unchanged.published, unchanged.embedded) == (False, 0)
    assert [one.state for one in unchanged.releases] == ["unchanged"]
    site.routes["/docs/7.html"] = page(7, "quite differently now")
    changed = run()
    assert changed.published
    assert changed.embedded == 1  # the paragraph; its two options are as they were
    del site.routes["/docs/8.html"]
    gone = run()
    assert gone.embedded == 0
    assert gone.distinct_passages == changed.distinct_passages - 3


@pytest.mark.slow
def test_the_benchmark_of_a_refresh_counts_what_changed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(30):
        (tree / f"{number}.html").write_bytes(page(number).body)
    copied_to = tmp_path / "copy"
    assert copied(tree, copied_to, 20) == 20
    measured = again(copied_to, "html", share=0.05, processes=0)
    assert measured.edited == 1
    assert [one.name for one in measured.runs] == [
        "first build",
        "nothing changed",
        "1 page changed",
    ]
    assert [one.embedded for one in measured.runs][1] == 0
    assert 0 < measured.runs[2].embedded < measured.runs[0].embedded / 10
