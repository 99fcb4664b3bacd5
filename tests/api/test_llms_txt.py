"""/llms.txt names what is there, and nothing that is not."""

import re

from fastapi.testclient import TestClient

from retrieval.engine import Engine


def test_it_names_every_product_and_only_routes_that_answer(
    client: TestClient, engine: Engine
) -> None:
    answer = client.get("/llms.txt")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.text.startswith("# Flagstone\n\n> ")
    for product in engine.snapshot.products.values():
        assert f"`{product.id}`, {', '.join(one.label for one in product.releases)}" in answer.text
    links = re.findall(r"\]\((/[^)]*)\)", answer.text)
    assert len(links) > 5
    for link in links:
        assert client.get(link).status_code == 200, link
