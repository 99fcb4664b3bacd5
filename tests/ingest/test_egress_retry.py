from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_site import FakeTime, Reply, Site, local_door

from corpora.errors import Reason, SourceError
from ingest.egress import Retry
from ingest.egress.pace import Pace, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def site():
    with Site() as running:
        yield running


def first(*failures):
    """A route that answers with each of ``failures`` once, then well. None hangs up."""
    left = list(failures)

    def answer(handler):
        if not left:
            return Reply(b"at last")
        return left.pop(0)

    return answer


def busy(status, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(b"busy", status, named)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_asked_for_again_after_growing_waits(site, status):
    site.routes["/"] = first(busy(status), busy(status))
    time = FakeTime()
    with local_door(time.clock()) as door:
        assert door.get(f"{site.url}/").body == b"at last"
        assert (door.counts.requests, door.counts.retries) == (3, 2)
    assert [round(seconds, 1) for seconds in time.slept] == [1.0, 2.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 501])
def test_what_will_not_pass_is_asked_for_once(site, status):
    site.routes["/"] = first(busy(status))
    with local_door() as door, pytest.raises(SourceError):
        door.get(f"{site.url}/")
    assert len(site.asked) == 1


def test_the_last_try_ends_it(site):
    site.default = busy(503)
    with local_door(attempts=4) as door:
        assert door.ask(f"{site.url}/").status == 503
    assert len(site.asked) == 4


def test_a_connection_that_breaks_is_made_again(site):
    site.routes["/"] = first(None)
    with local_door() as door:
        assert door.get(f"{site.url}/").body == b"at last"


def test_a_body_cut_short_is_asked_for_again_from_its_beginning(site):
    def cut(handler):
        if len(site.asked) > 1:
            return Reply(b"0123456789")
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
        return None

    site.routes["/"] = cut
    with local_door() as door:
        assert door.get(f"{site.url}/").body == b"0123456789"


def test_a_refused_connection_is_unreachable_in_the_end():
    with Site() as gone:
        url = gone.url
    time = FakeTime()
    with local_door(time.clock(), attempts=3) as door, pytest.raises(SourceError) as caught:
        door.get(f"{url}/")
    assert caught.value.reason is Reason.UNREACHABLE
    assert time.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", 7.0), ("0", 0.0), ("100000", 120.0), ("soon", 1.0), ("-5", 1.0)]
)
def test_retry_after_is_heeded_up_to_a_limit(site, asked, waited):
    site.routes["/"] = first(busy(429, Retry_After=asked))
    time = FakeTime()
    with local_door(time.clock()) as door:
        door.get(f"{site.url}/")
    assert sum(time.slept) == pytest.approx(waited, abs=0.2)


def test_a_busy_host_holds_back_its_other_pages_and_no_other_host(site):
    site.default = Reply(b"a page")
    site.routes["/busy"] = busy(429, Retry_After="50")
    time = FakeTime()
    with local_door(time.clock(), attempts=1, resolver=lambda *_: ("127.0.0.1",)) as door:
        door.ask(f"{site.url}/busy")
        door.pace.hold("127.0.0.1", 50)
        door.get(f"http://docs.example.org:{site.port}/")
        assert time.slept == []
        door.get(f"{site.url}/")
    assert time.slept == [pytest.approx(50, abs=0.5)]


@given(st.integers(0, 10**8))
def test_retry_after_reads_seconds_and_dates(seconds):
    assert retry_after(str(seconds), NOW) == seconds
    moment = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(moment, NOW) == seconds
    past = format_datetime(NOW - timedelta(seconds=seconds), usegmt=True)
    assert retry_after(past, NOW) == 0


@given(st.text())
def test_retry_after_of_any_text_is_nothing_or_a_wait_that_can_be_waited(text):
    found = retry_after(text, NOW)
    assert found is None or 0 <= found <= 10**9


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_lies_between_half_of_its_step_and_the_cap(failed, jitter):
    retry = Retry(base_seconds=1, cap_seconds=30)
    whole = min(30, 2.0 ** (min(failed, 20) - 1))
    assert whole / 2 <= retry.wait(failed, jitter) <= whole


def test_requests_to_a_host_are_spaced_as_it_asks():
    time = FakeTime()
    pace = Pace(time.clock())
    pace.every("docs.example.org", 2)
    for _ in range(3):
        pace.turn("docs.example.org")
        pace.turn("other.example.org")
    assert time.slept == [pytest.approx(2, abs=0.2)] * 2
