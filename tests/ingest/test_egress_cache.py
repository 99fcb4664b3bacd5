import os
import sqlite3
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from local_site import LOOPBACK, Reply, Site, local_door, redirect

from corpora.errors import Reason, SourceError
from ingest.egress import Cache, Door, Limits, Policy

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def site():
    with Site() as running:
        yield running


@pytest.fixture
def cache(tmp_path):
    with Cache(tmp_path / "state" / "answers.sqlite") as opened:
        yield opened


def versioned(body, header, value, condition):
    """A page that answers 304 to whoever has it."""

    def answer(handler):
        if handler.headers.get(condition) == value:
            return Reply(status=304, headers={header: value})
        return Reply(body, headers={header: value})

    return answer


@pytest.mark.parametrize(
    ("header", "value", "condition"),
    [
        ("ETag", 'W/"abc"', "If-None-Match"),
        ("Last-Modified", "Sun, 01 Mar 2026 10:00:00 GMT", "If-Modified-Since"),
    ],
)
def test_what_has_not_changed_is_not_sent_again(site, cache, header, value, condition):
    site.routes["/"] = versioned(b"the page", header, value, condition)
    with local_door(cache=cache) as door:
        first = door.get(f"{site.url}/")
        second = door.get(f"{site.url}/")
        assert (first.via, second.via) == ("network", "revalidated")
        assert first.body == second.body == b"the page"
        assert first.fetched_at == second.fetched_at
        assert door.counts.bytes_received == len(b"the page")
        assert door.counts.revalidated == 1


def test_what_has_changed_replaces_what_was_kept(site, cache):
    site.routes["/"] = versioned(b"old", "ETag", '"1"', "If-None-Match")
    with local_door(cache=cache) as door:
        door.get(f"{site.url}/")
        site.routes["/"] = versioned(b"new", "ETag", '"2"', "If-None-Match")
        assert door.get(f"{site.url}/").body == b"new"
        assert door.get(f"{site.url}/").via == "revalidated"


def test_an_answer_checked_since_a_moment_is_not_asked_for(site, cache):
    site.routes |= {"/": Reply(b"the page"), "/old": redirect("/")}
    with local_door(cache=cache) as door:
        door.get(f"{site.url}/old")
        again = door.get(f"{site.url}/old", fresh_since=LONG_AGO)
        assert (again.via, again.hops, door.counts.kept) == ("kept", (f"{site.url}/old",), 2)
        door.get(f"{site.url}/old", fresh_since=door.now() + timedelta(hours=1))
    assert len(site.asked) == 4


def test_answers_differ_by_what_was_accepted(site, cache):
    site.default = lambda handler: Reply(handler.headers["Accept"].encode())
    with local_door(cache=cache) as door:
        door.get(f"{site.url}/", accept="text/markdown")
        door.get(f"{site.url}/")
        assert door.kept(f"{site.url}/", accept="text/markdown").body == b"text/markdown"
        assert door.kept(f"{site.url}/").body == b"*/*"
        assert door.kept(f"{site.url}/other") is None


def test_errors_of_the_moment_are_not_kept(site, cache):
    site.default = Reply(status=500)
    with local_door(cache=cache) as door:
        door.ask(f"{site.url}/")
        assert door.kept(f"{site.url}/") is None


def test_answers_outlive_the_process_that_had_them(site, tmp_path):
    site.routes["/"] = versioned(b"the page", "ETag", '"1"', "If-None-Match")
    path = tmp_path / "answers.sqlite"
    child = os.fork()
    if child == 0:  # killed right after the answer, without closing anything
        try:
            Door(Policy(networks=LOOPBACK), cache=Cache(path)).get(f"{site.url}/")
        finally:
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    with Cache(path) as cache, local_door(cache=cache) as door:
        assert door.get(f"{site.url}/").via == "revalidated"


@pytest.mark.parametrize("damage", ["garbage", "version"])
def test_a_damaged_file_is_begun_anew(tmp_path, damage):
    path = tmp_path / "answers.sqlite"
    if damage == "garbage":
        path.write_bytes(b"not a database" * 1000)
    else:
        sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.close()
    with Cache(path) as cache:
        cache.keep("k", 200, {"etag": "x", "set-cookie": "secret"}, b"body", LONG_AGO)
        kept = cache.find("k")
    assert (kept.body, kept.headers, kept.fetched_at) == (b"body", {"etag": "x"}, LONG_AGO)


def test_a_damaged_answer_is_as_good_as_none(tmp_path):
    path = tmp_path / "answers.sqlite"
    with Cache(path) as cache:
        cache.keep("k", 200, {}, b"body", LONG_AGO)
        sqlite3.connect(path, isolation_level=None).execute(
            "UPDATE answers SET body = x'00'"
        ).connection.close()
        assert cache.find("k") is None


def test_answers_not_checked_for_long_are_dropped(cache):
    for key in ("old", "confirmed", "new"):
        cache.keep(key, 200, {}, b"", LONG_AGO)
    cache.confirm("confirmed", LONG_AGO + timedelta(days=2))
    cache.keep("new", 200, {}, b"", LONG_AGO + timedelta(days=2))
    assert cache.drop_before(LONG_AGO + timedelta(days=1)) == 1
    assert cache.find("old") is None
    assert cache.find("confirmed")
    assert cache.find("new")


def test_a_file_is_downloaded_whole_or_not_at_all(site, tmp_path):
    data = bytes(range(256)) * 1000
    site.routes |= {"/f": Reply(data), "/old": redirect("/f")}
    target = tmp_path / "folder" / "file.bin"
    limits = Limits(body_bytes=len(data))
    with local_door() as door:
        answer = door.download(
            f"{site.url}/old", target, limits=limits, sha256=sha256(data).hexdigest()
        )
        assert target.read_bytes() == data
        assert answer.hops == (f"{site.url}/old",)
        for url, wrong, reason in (
            ("/f", {"sha256": "0" * 64}, Reason.CHECKSUM_MISMATCH),
            ("/none", {}, Reason.NOT_FOUND),
            ("/f", {"limits": Limits(body_bytes=10)}, Reason.TOO_LARGE),
        ):
            with pytest.raises(SourceError) as caught:
                door.download(f"{site.url}{url}", target, **{"limits": limits, **wrong})
            assert caught.value.reason is reason
    assert target.read_bytes() == data
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_a_local_file_is_read_inside_the_allowed_folder_only(tmp_path):
    root = tmp_path / "docs"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a b.html").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    (tmp_path / "docs-not").mkdir()
    (tmp_path / "docs-not" / "x").write_bytes(b"outside")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "good-link").symlink_to(root / "in" / "a b.html")
    os.mkfifo(root / "pipe")
    with local_door(policy=Policy(roots=(root,))) as door:
        assert door.get(f"file://{root}/in/a%20b.html").body == b"inside"
        assert door.get(f"file://localhost{root}/good-link").body == b"inside"
        for name, reason in (
            (f"{root}/link", Reason.REFUSED),
            (f"{root}/../secret", Reason.REFUSED),
            (f"{root}/%2e%2e/secret", Reason.REFUSED),
            (f"{root}-not/x", Reason.REFUSED),
            ("/etc/passwd", Reason.REFUSED),
            (f"{root}/none%00", Reason.REFUSED),
            (f"host{root}/in/a%20b.html", Reason.REFUSED),
            (f"{root}/none", Reason.NOT_FOUND),
            (f"{root}/in", Reason.NOT_FOUND),
            (f"{root}/pipe", Reason.NOT_FOUND),
        ):
            with pytest.raises(SourceError) as caught:
                door.get(f"file://{name}")
            assert caught.value.reason is reason, name
        with pytest.raises(SourceError) as caught:
            door.get(f"file://{root}/in/a%20b.html", limits=Limits(body_bytes=5))
        assert caught.value.reason is Reason.TOO_LARGE
    with local_door() as door, pytest.raises(SourceError):
        door.get(f"file://{root}/in/a%20b.html")
