"""Lists come in pages; a cursor belongs to one list of one snapshot."""

import pytest
from fastapi.testclient import TestClient

from api.paging import NEXT_CURSOR


@pytest.mark.parametrize("path", ["/products", "/products/git/releases"])
@pytest.mark.parametrize("limit", [1, 2])
def test_pages_put_together_are_the_list(client: TestClient, path: str, limit: int) -> None:
    whole = client.get(path)
    assert NEXT_CURSOR not in whole.headers
    gathered, address, pages = [], f"{path}?limit={limit}", 0
    while address:
        answer = client.get(address)
        assert 1 <= len(answer.json()) <= limit
        gathered += answer.json()
        pages += 1
        address = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(address) == (NEXT_CURSOR in answer.headers)
    assert gathered == whole.json()
    assert pages == -(-len(gathered) // limit)


def test_the_cursor_in_the_header_is_the_one_in_the_link(client: TestClient) -> None:
    first = client.get("/products?limit=1")
    by_header = client.get(
        "/products", params={"limit": 1, "cursor": first.headers[NEXT_CURSOR]}
    ).json()
    assert by_header == client.get(first.links["next"]["url"]).json()
    assert by_header != first.json()


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    cursor = client.get("/products?limit=1").headers[NEXT_CURSOR]
    for path in ("/products/git/releases", "/v1/products"):
        answer = client.get(path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert "without a cursor" in answer.json()["hint"]


@pytest.mark.parametrize(
    "wrong", ["limit=0", "limit=501", "limit=x", "cursor=nonsense", f"cursor={'x' * 257}"]
)
def test_a_wrong_page_is_told_so(client: TestClient, wrong: str) -> None:
    answer = client.get(f"/products?{wrong}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
