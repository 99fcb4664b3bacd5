"""Generations on a server: uploads that go on, the alias, what is deleted, and whose it is."""

import datetime
import ipaddress
import logging
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from corpus import CATALOGUE, SmallCorpus, edit
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from qdrant_over_http import KEY, Qdrant

from corpora.errors import StoreError
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from ingest.installation import installation, snapshot_ids
from retrieval.engine import Engine
from retrieval.index import Indexer, open_index
from retrieval.request import SearchRequest
from retrieval.search import Searcher
from retrieval.store import Layout, Location, Point, SparseVector, create_store, open_store, settle

D = 8
TERMS = SparseVector(np.array([1], np.uint32), np.array([1], np.float32))


def points(number: int) -> list[Point]:
    vector = np.ones(D, np.float32)
    return [
        Point(f"{one:032x}", "git", ("2.39",), "option", "git-commit", vector, TERMS)
        for one in range(number)
    ]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Qdrant]:
    monkeypatch.setattr("retrieval.store.client.time.sleep", lambda _: None)
    with Qdrant(api_key=KEY) as server:
        yield server


@pytest.fixture
def ours(server: Qdrant) -> Location:
    return Location(url=server.url, api_key=KEY, owner="us", parallel=3)


def names(server: Qdrant) -> set[str]:
    return {one.name for one in server.client.get_collections().collections}


def aliases(server: Qdrant) -> dict[str, str]:
    return {one.alias_name: one.collection_name for one in server.client.get_aliases().aliases}


def finished(location: Location, snapshot: str, number: int = 1) -> None:
    with create_store(location, D, collection=location.collection(snapshot)) as store:
        store.upsert(points(number))
        store.finish()


def test_an_upload_that_was_broken_off_goes_on_where_it_ended(
    server: Qdrant, ours: Location
) -> None:
    uploads = 0

    def fail(method: str, path: str) -> int | None:
        nonlocal uploads
        uploads += method == "PUT" and path.endswith("/points")
        return 400 if uploads > 3 and method == "PUT" and path.endswith("/points") else None

    server.fail = fail
    with (
        create_store(ours, D, collection="gen") as store,
        pytest.raises(StoreError, match="as the test wants it"),
    ):
        store.upsert(points(2_000))
    with pytest.raises(StoreError, match="never finished"):
        open_store(ours, collection="gen")
    server.fail = lambda *_: None
    before = server.calls["PUT /collections/gen/points"]
    with create_store(ours, D, collection="gen") as store:
        assert store.count() == 600
        store.upsert(points(2_000))
        store.finish()
    assert server.calls["PUT /collections/gen/points"] - before == 7
    with open_store(ours, collection="gen") as store:
        assert store.count() == 2_000


def test_a_finished_collection_is_taken_as_it_is_by_a_build_that_was_killed_before_publishing(
    server: Qdrant, ours: Location
) -> None:
    finished(ours, "a", 500)
    uploads = server.calls["PUT /collections/flagstone-a/points"]
    finished(ours, "a", 500)
    assert server.calls["PUT /collections/flagstone-a/points"] == uploads
    assert open_store(ours, collection="flagstone-a").count() == 500


def test_batches_go_up_side_by_side(server: Qdrant, ours: Location) -> None:
    server.pause = 0.5  # a busy machine starts a thread late
    with create_store(ours, D, collection="gen") as store:
        store.upsert(points(1_200))
    assert server.most_at_once == ours.parallel


def test_a_lost_point_is_noticed_when_a_collection_is_opened(
    server: Qdrant, ours: Location
) -> None:
    finished(ours, "a", 3)
    server.client.delete("flagstone-a", ["00000000-0000-0000-0000-000000000001"])
    with pytest.raises(StoreError, match="holds 2 points, 3 were written"):
        open_store(ours, collection="flagstone-a")


@pytest.mark.parametrize("finish", [True, False])
def test_another_layout_replaces_an_unfinished_collection_and_never_a_finished_one(
    server: Qdrant, ours: Location, finish: bool
) -> None:
    store = create_store(ours, D, collection="gen")
    store.upsert(points(3))
    if finish:
        store.finish()
    other = ours.model_copy(update={"layout": Layout(shards=2, quantization="int8")})
    if finish:
        with pytest.raises(StoreError, match="lies otherwise"):
            create_store(other, D, collection="gen")
    else:
        assert create_store(other, D, collection="gen").count() == 0


def test_the_alias_follows_what_serves_and_what_is_held_no_more_is_deleted(
    server: Qdrant, ours: Location
) -> None:
    for snapshot in ("a", "b", "c"):
        finished(ours, snapshot)
    create_store(ours, D, collection=ours.collection("half")).close()
    assert settle(ours, "a", ["a", "b", "c"]) == ["flagstone-half"]
    assert aliases(server) == {"flagstone": "flagstone-a"}
    assert settle(ours, "c", ["b", "c"]) == ["flagstone-a"]
    assert aliases(server) == {"flagstone": "flagstone-c"}
    assert names(server) == {"flagstone-b", "flagstone-c"}
    with open_store(ours, collection="flagstone") as store:
        assert store.count() == 1
    assert settle(ours, "c", ["b", "c"]) == []
    assert server.calls["POST /collections/aliases"] == 3, "each switch is one request"


def test_what_another_installation_has_made_is_left_alone(server: Qdrant, ours: Location) -> None:
    theirs = ours.model_copy(update={"owner": "them"})
    finished(theirs, "a")
    server.client.create_collection("flagstone-by-hand", vectors_config={})
    finished(ours, "b")
    assert settle(ours, "b", ["b"]) == []
    assert names(server) == {"flagstone-a", "flagstone-b", "flagstone-by-hand"}
    with pytest.raises(StoreError, match="another installation") as caught:
        create_store(ours, D, collection="flagstone-a")
    assert "FLAGSTONE_QDRANT_PREFIX" in caught.value.hint
    assert settle(Location(), "b", []) == []


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    name = installation(tmp_path / "data")
    assert len(name) == 16
    assert installation(tmp_path / "data") == name
    assert installation(tmp_path / "other") != name
    assert [one.name for one in (tmp_path / "data").iterdir()] == ["installation"]


def test_without_the_key_it_says_what_to_set_and_the_key_is_never_shown(
    server: Qdrant, ours: Location, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = ours.model_copy(update={"api_key": "not-this-key"})
    with pytest.raises(StoreError) as caught:
        create_store(wrong, D, collection="gen")
    assert "FLAGSTONE_QDRANT_API_KEY" in caught.value.hint
    finished(ours, "a")
    shown = f"{caught.value!r} {caught.value} {wrong!r} {ours} {caplog.text}"
    assert "not-this-key" not in shown
    assert KEY not in shown


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself; the key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "qdrant of a test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def test_a_server_is_trusted_when_its_authority_is(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.store.client.time.sleep", lambda _: None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with Qdrant(tls=context) as server:
        finished(Location(url=server.url, ca=certificate), "a", 5)
        with pytest.raises(StoreError, match=r"(?i)certificate"):
            create_store(Location(url=server.url), D, collection="b")


# --- A corpus whose points are on a server --------------------------------------------------------

QUESTION = SearchRequest(query="--all automatically stage files", product="git", version="2.30")


@pytest.fixture
def build(make_corpus: Callable[..., SmallCorpus], ours: Location) -> Callable[[], SmallCorpus]:
    corpus = make_corpus("git-2.30")

    def run() -> SmallCorpus:
        corpus.build(indexer=Indexer(corpus.embedder, corpus.data / "vectors", location=ours))
        settle(ours, corpus.snapshot.id, snapshot_ids(corpus.data))
        return corpus

    return run


def engine(corpus: SmallCorpus, location: Location) -> Engine:
    snapshot: Snapshot = corpus.snapshot
    index = open_index(snapshot, corpus.embedder, location)
    searcher = Searcher(snapshot, index, corpus.embedder)
    return Engine(snapshot, searcher, CATALOGUE, default_counter())


def test_a_corpus_on_a_server_answers_as_the_embedded_one(
    build: Callable[[], SmallCorpus], make_corpus: Callable[..., SmallCorpus], ours: Location
) -> None:
    corpus = build()
    assert not (corpus.snapshot.path / "index" / "store").exists()
    remote = engine(corpus, ours).search(QUESTION)
    corpus.build()  # the same pages, embedded
    local = engine(corpus, ours).search(QUESTION)
    assert remote.snapshot != local.snapshot
    found = [one.passage.id for one in remote.hits]
    assert found == [one.passage.id for one in local.hits]
    assert len(found) > 5


def test_a_server_that_goes_away_is_named_and_answers_go_on_when_it_is_back(
    build: Callable[[], SmallCorpus], server: Qdrant, ours: Location
) -> None:
    running = engine(build(), ours)
    before = running.search(QUESTION)
    server.stop()
    with pytest.raises(StoreError, match=r"flagstone-\w+.*did not answer") as caught:
        running.search(QUESTION)
    assert caught.value.status == 503
    server.start()
    assert running.search(QUESTION) == before


def test_a_build_whose_server_is_away_leaves_what_was_published_and_the_next_one_succeeds(
    build: Callable[[], SmallCorpus], server: Qdrant, ours: Location
) -> None:
    corpus = build()
    before = corpus.snapshot.id
    edit(corpus.page("git-2.30/git-commit.1"), "Tell the command to", "Have the command")
    server.fail = lambda method, path: 503 if path.endswith("/points") else None
    with pytest.raises(StoreError, match="did not answer"):
        build()
    assert corpus.snapshot.id == before
    assert engine(corpus, ours).snapshot.id == before
    server.fail = lambda *_: None
    assert build().snapshot.id != before
    hits = engine(corpus, ours).search(QUESTION).hits
    assert any("Have the command" in one.passage.text for one in hits)
    assert len(names(server)) == 2, "the one before is kept, for a rollback"
