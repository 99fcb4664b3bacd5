import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_site import Reply, Site, local_door

from corpora.errors import Reason, SourceError
from ingest.egress import Limits
from ingest.egress.body import Decoder, gunzip

MEGABYTE = 1024 * 1024
SMALL = Limits(body_bytes=MEGABYTE, seconds=5)
IMPATIENT = Limits(seconds=0.3, idle_seconds=0.2, grace_seconds=0.1, bytes_per_second=10_000)


@pytest.fixture
def site():
    with Site() as running:
        yield running


def failure(site, reply, limits=SMALL):
    site.routes["/"] = reply
    with local_door(limits=limits, attempts=2) as door:
        with pytest.raises(SourceError) as caught:
            door.get(f"{site.url}/")
        return caught.value, door.counts


def packed(body, encoding):
    return Reply(body, headers={"Content-Encoding": encoding})


def until_hung_up(site, first, again, gap=0.0):
    """A reply that sends ``first``, and ``again`` until the other side hangs up."""

    def write(handler):
        handler.wfile.write(first)
        handler.wfile.flush()
        while not site.over.wait(gap):
            handler.wfile.write(again)
            handler.wfile.flush()

    return write


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])),
        ("deflate", zlib.compress),
        ("identity", lambda data: data),
    ],
)
def test_a_packed_body_is_unpacked(site, encoding, pack):
    site.routes["/"] = packed(pack(b"hello world" * 100_000), encoding)
    with local_door(limits=Limits(body_bytes=2 * MEGABYTE)) as door:
        assert door.get(f"{site.url}/").body == b"hello world" * 100_000
    assert site.headers[0]["accept-encoding"] == "gzip"


def test_a_gzip_bomb_is_refused_at_the_limit(site):
    bomb = gzip.compress(bytes(64 * MEGABYTE))
    assert len(bomb) < MEGABYTE / 10
    error, _ = failure(site, packed(bomb, "gzip"))
    assert error.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "rot13"])
def test_an_encoding_that_was_not_asked_for_is_refused(site, encoding):
    error, _ = failure(site, packed(b"x" * 100, encoding))
    assert error.reason is Reason.MALFORMED


@pytest.mark.parametrize("body", [gzip.compress(b"hello" * 1000, mtime=0)[:-20], b"no gzip at all"])
def test_a_damaged_packed_body_is_refused(site, body):
    error, _ = failure(site, packed(body, "gzip"))
    assert error.reason is Reason.DAMAGED_ARCHIVE


@given(st.lists(st.binary(max_size=2000), max_size=4), st.integers(1, 700))
def test_unpacking_gives_back_what_was_packed_however_it_is_cut(members, step):
    data = b"".join(gzip.compress(member) for member in members)
    decoder = Decoder("x", "gzip", MEGABYTE)
    cuts = [data[at : at + step] for at in range(0, len(data), step)]
    assert b"".join(part for cut in cuts for part in decoder.feed(cut)) == b"".join(members)
    decoder.end()


@given(st.integers(0, 1_000_000))
def test_a_limit_is_kept_to_the_byte(size):
    data = gzip.compress(bytes(size), 1)
    assert len(gunzip("x", data, size)) == size
    if size:
        with pytest.raises(SourceError):
            gunzip("x", data, size - 1)


def test_an_announced_body_above_the_limit_is_not_read(site):
    def write(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")

    error, counts = failure(site, write)
    assert error.reason is Reason.TOO_LARGE
    assert counts.bytes_received == 0


def test_ten_gigabytes_are_broken_off_at_the_limit(site):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    error, counts = failure(site, until_hung_up(site, head, b"10000\r\n" + bytes(65536) + b"\r\n"))
    assert error.reason is Reason.TOO_LARGE
    assert MEGABYTE <= counts.bytes_received < 2 * MEGABYTE


def test_dripping_headers_end_at_the_deadline(site):
    error, counts = failure(
        site, until_hung_up(site, b"HTTP/1.1 200 OK\r\nX: ", b"x", gap=0.02), IMPATIENT
    )
    assert error.reason is Reason.TIMED_OUT
    assert counts.requests == 1


def test_a_dripping_body_ends_early(site):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    error, _ = failure(site, until_hung_up(site, head, b"x", gap=0.02), IMPATIENT)
    assert (error.reason, error.detail) == (Reason.TIMED_OUT, "too slow")


def test_silence_ends_and_is_tried_again(site):
    error, counts = failure(
        site, until_hung_up(site, b"", b"", gap=5), Limits(seconds=5, idle_seconds=0.05)
    )
    assert error.reason is Reason.TIMED_OUT
    assert counts.requests == 2


@pytest.mark.parametrize("size", [90_000, 10_000_000])
def test_enormous_headers_are_refused(site, size):
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(size // 1000))
    error, _ = failure(
        site, until_hung_up(site, b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n", b"", gap=5)
    )
    assert error.reason in (Reason.TOO_LARGE, Reason.MALFORMED)


def test_what_is_no_http_is_refused(site):
    error, _ = failure(site, until_hung_up(site, b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"", gap=5))
    assert error.reason is Reason.MALFORMED


def test_the_body_of_an_error_is_not_read_to_its_end(site):
    head = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
    error, counts = failure(site, until_hung_up(site, head, b"4000\r\n" + bytes(16384) + b"\r\n"))
    assert error.reason is Reason.NOT_FOUND
    assert counts.bytes_received < MEGABYTE
