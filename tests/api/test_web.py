"""The pages: what they show, that all of it is escaped, and that errors are pages too."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st

from api.http import create_app
from api.middleware.stack import Policy
from api.problems import MAX_BODY, PROBLEM
from api.security.keys import KeyStore
from api.serving import Serving
from api.settings import load_settings
from api.web.marks import marked, repaired
from api.web.render import POLICY
from commands.repair import Change
from commands.shell import Span
from commands.validate import Issue
from retrieval.engine import Engine
from retrieval.request import ContextRequest, ValidateRequest

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
QUESTION = "skip the data of one table when dumping"


@pytest.fixture(scope="session")
def site(serving: Serving) -> TestClient:
    return TestClient(
        create_app(serving), headers=BROWSER, raise_server_exceptions=False, follow_redirects=False
    )


def read(answer: Response, status: int = 200) -> BeautifulSoup:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    soup = BeautifulSoup(answer.text, "lxml")
    assert not soup.select("script:not([src]), style, [style], base, iframe, object")
    assert not [one for one in soup.find_all(True) if any(name[:2] == "on" for name in one.attrs)]
    for one in soup.select("input:not([type=hidden]), select, textarea"):
        assert soup.select_one(f'label[for="{one["id"]}"]'), one
    ids = [one["id"] for one in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    return soup


def text(tag: Tag | None) -> str:
    assert tag is not None
    return re.sub(r"\s+", " ", tag.get_text(" ")).strip()


def written(tag: Tag | None) -> str:
    """The text of a ``pre``, whose first newline belongs to the markup."""
    assert tag is not None
    return tag.get_text().removeprefix("\n")


# --- ask ---------------------------------------------------------------------------------------


def test_an_answer_says_its_release_its_sources_and_its_cost(
    site: TestClient, engine: Engine
) -> None:
    form = {"query": QUESTION, "product": "postgresql", "version": "13", "token_budget": "500"}
    soup = read(site.get("/ask", params=form))
    answer = engine.context(ContextRequest.model_validate(form))
    assert "postgresql 13 exact" in text(soup.select_one(".resolution"))
    assert f"{answer.tokens_used} of 500 tokens" in text(soup.select_one(".numbers"))
    shown = soup.select(".passages > li")
    assert len(shown) == len(answer.passages) >= 1
    for one, passage in zip(shown, answer.passages, strict=True):
        assert written(one.select_one("pre")) == passage.text
        assert one.select_one("a")["href"] == passage.url
        assert passage.licence in text(one)
    assert written(soup.select_one("details pre")) == answer.context
    assert soup.select_one("#query")["value"] == QUESTION
    assert soup.select_one("#product option[selected]")["value"] == "postgresql"


def test_the_rest_of_an_answer_is_a_link_away(site: TestClient) -> None:
    form = {"query": "commit message", "product": "git", "version": "2.39", "token_budget": "100"}
    first = read(site.get("/ask", params=form))
    more = next(one for one in first.select("main a.button") if "More" in one.text)
    second = read(site.get(more["href"]))
    assert second.select_one(".passages pre").text != first.select_one(".passages pre").text


def test_where_nothing_answers_nothing_is_quoted(site: TestClient) -> None:
    soup = read(site.get("/ask", params={"query": "the best recipe for apple pie", "product": ""}))
    assert "Nothing in the corpus answers" in text(soup.select_one(".problem"))
    assert not soup.select(".passages")


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"product": "postgresql", "version": "9"}, 404, "not documented"),
        ({"product": "git", "token_budget": "many"}, 422, "token_budget"),
        ({"product": "git", "version_policy": "whatever"}, 422, "version_policy"),
        ({"product": "kubctl"}, 404, "kubctl"),
    ],
)
def test_a_question_that_fails_stays_in_its_form(
    site: TestClient, form: dict[str, str], status: int, said: str
) -> None:
    soup = read(site.get("/ask", params={"query": QUESTION, **form}), status)
    assert said in text(soup.select_one(".problem"))
    assert soup.select_one("#query")["value"] == QUESTION


# --- check -------------------------------------------------------------------------------------


def test_an_invented_flag_is_marked_in_its_place(site: TestClient, engine: Engine) -> None:
    line = "pg_dump --skip-table-data=audit_log shop"
    soup = read(site.post("/check", data={"command": line, "version": "13"}))
    mark = soup.select_one("pre.marked a.invented")
    assert mark.text == "--skip-table-data"
    assert written(soup.select_one("pre.marked")) == line
    issue = soup.select_one(mark["href"])
    assert "unknown flag" in text(issue)
    assert "--exclude-table-data" in text(issue)
    assert issue.select_one("a")["href"].startswith("https://www.postgresql.org/docs/13/")
    assert "not right" in text(soup.select_one(".verdict.bad"))
    assert soup.select_one("textarea").text.strip() == line


def test_a_repair_shows_what_it_changes(site: TestClient, engine: Engine) -> None:
    line = "git commit --mesage=x"
    answer = engine.validate(ValidateRequest(command=line, version="2.39"))
    soup = read(site.post("/check", data={"command": line, "version": "2.39"}))
    if answer.repaired is None:
        assert "no correction that is certain" in text(soup.select_one("main"))
    else:
        assert written(soup.select_one("pre.repaired")) == answer.repaired.text
        assert soup.select_one("pre.repaired ins").text == answer.repaired.changes[0].after


def test_what_destroys_asks_for_a_human(site: TestClient) -> None:
    soup = read(site.post("/check", data={"command": "rm -rf /srv/data\r\ndocker ps"}))
    risk = soup.select_one(".risk.destructive")
    assert "a human should look" in text(risk.select_one("h3"))
    assert "rm -rf /srv/data" in [one.text for one in risk.select("code")]
    assert read(site.post("/check", data={"command": "git status"})).select_one(".risk.read")


def test_lines_of_a_browser_are_lines_of_a_shell(site: TestClient) -> None:
    soup = read(site.post("/check", data={"command": "git commit -a\r\ngit commit -a"}))
    assert "\r" not in soup.select_one("pre.marked").text
    assert soup.select_one(".verdict.good")


def test_a_short_check_has_an_address_and_a_long_one_has_none(site: TestClient) -> None:
    soup = read(site.post("/check", data={"command": "git commit --all", "version": "2.39"}))
    link = next(one for one in soup.select("main a") if "Link" in one.text)
    again = read(site.get(link["href"]))
    assert again.select_one(".verdict").text == soup.select_one(".verdict").text
    long = read(site.post("/check", data={"command": "git commit --all\n" * 200}))
    assert not [one for one in long.select("main a") if "Link" in one.text]


def test_too_long_a_script_and_a_broken_form_are_refused(site: TestClient) -> None:
    assert read(site.post("/check", data={"command": "x " * 60_000}), 422).select_one(".problem")
    sent = {"content": b"command=%ff", "headers": {"Content-Type": "text/plain"}}
    assert read(site.post("/check", **sent), 422).select_one(".problem")  # type: ignore[arg-type]
    fields = {f"a{number}": "b" for number in range(30)}
    assert read(site.post("/check", data=fields), 422).select_one(".problem")
    read(site.post("/check", content=b"x" * (MAX_BODY + 1)), 413)


# --- marks -------------------------------------------------------------------------------------


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45)).map(sorted), max_size=5),
)
def test_segments_are_the_text_and_each_issue_begins_once(
    written: str, places: list[list[int]]
) -> None:
    issues = [
        Issue("unknown_flag", "error", "x", Span(start, end), "no such flag")
        for start, end in places
    ]
    segments = list(marked(written, issues))
    assert "".join(one.text for one in segments) == written
    begun = [number for one in segments for number in one.begins]
    assert sorted(begun) == list(range(1, len(issues) + 1))
    for number, (start, end) in enumerate(places, 1):
        covered = "".join(one.text for one in segments if number in one.issues)
        assert covered == written[start:end]


def test_a_repaired_text_is_cut_around_its_changes() -> None:
    changes = (Change(Span(4, 7), "old", "newer"), Change(Span(8, 9), "x", ""))
    segments = list(repaired("say old x.", changes))
    assert "".join(one.text for one in segments) == "say newer ."
    assert [one.text for one in segments if one.issues] == ["newer", ""]


# --- browse and compare ------------------------------------------------------------------------


def test_every_page_that_is_linked_is_there(site: TestClient) -> None:
    seen: set[str] = set()
    todo = ["/"]
    while todo:
        path = todo.pop()
        answer = site.get(path)
        if urlsplit(path).path in ("/docs", "/llms.txt"):
            assert answer.status_code == 200
            continue
        soup = read(answer)
        for link in soup.select("a[href], link[href], script[src]"):
            target = urljoin(path, str(link.get("href") or link.get("src")))
            if urlsplit(target).netloc:
                assert urlsplit(target).scheme in ("http", "https")
                assert link["rel"] == ["noreferrer"]
            elif target.startswith("/assets/"):
                assert site.get(target).headers["cache-control"].endswith("immutable")
            elif (page := target.partition("#")[0]) not in seen:
                seen.add(page)
                todo.append(page)
    assert {"/ask", "/check", "/browse", "/compare", "/browse/git/2.39"} <= seen
    assert len(seen) > 30


def test_a_command_has_its_options_with_when_they_came(site: TestClient, engine: Engine) -> None:
    answer = engine.describe("git", "2.47", "git commit")
    soup = read(site.get("/browse/git/2.47/git/commit"))
    assert text(soup.select_one("h1")) == "git commit"
    shown = [text(one) for one in soup.select("dl.options dt")]
    assert answer.since
    for name, release in answer.since.items():
        assert any(name in one and f"since {release}" in one for one in shown), name
    assert [one.text for one in soup.select("nav.releases a:not(.button)")] == [
        "2.30",
        "2.39",
        "2.47",
    ]
    assert read(site.get("/browse/git/2.47/commit")).select_one("h1").text == "git commit"


def test_a_version_is_never_replaced_in_silence(site: TestClient) -> None:
    soup = read(site.get("/browse/git/2.39.2/git/commit"))
    assert "compatible" in text(soup.select_one(".resolution"))
    assert "compatible" in text(read(site.get("/browse/git/2.39.2")).select_one(".resolution"))


def test_commands_can_be_found_by_a_part_of_their_name(site: TestClient) -> None:
    soup = read(site.get("/browse/git/2.39", params={"find": "COMM"}))
    assert "git commit" in [one.text for one in soup.select(".commands code")]
    none = read(site.get("/browse/git/2.39", params={"find": "<nothing>"}))
    assert "No command" in text(none.select_one("main"))
    read(site.get("/browse/git/2.39", params={"find": "x" * 201}), 422)


def test_two_releases_are_compared(site: TestClient, engine: Engine) -> None:
    chosen = read(site.get("/compare", params={"product": "git"}))
    assert [one.text for one in chosen.select("option[selected]")] == ["2.39", "2.47"]
    asked = {"product": "git", "old": "2.30", "new": "2.47", "path": "git commit"}
    soup = read(site.get("/compare", params=asked))
    wanted = engine.diff("git", "2.30", "2.47", "git commit").diff.commands
    [change] = [one for one in wanted if one.path == ("git", "commit")]
    shown = [text(one) for one in soup.select(".changes li li")]
    assert len(shown) == len(change.options) > 3
    for line, option in zip(shown, change.options, strict=True):
        assert line.startswith(option.verb)
        assert option.names[0] in line
    same = read(site.get("/compare", params={**asked, "new": "2.30"}))
    assert "Nothing that is accepted has changed" in text(same.select_one("main"))
    read(site.get("/compare", params={**asked, "new": "9.9"}), 404)
    read(site.get("/compare", params={"product": "nothing"}), 404)


def test_freshness_is_told(site: TestClient, engine: Engine) -> None:
    soup = read(site.get("/browse"))
    assert engine.snapshot.id in text(soup.select_one("main"))
    times = soup.select("tbody time")
    assert len(times) == len(engine.snapshot.products)
    oldest = min(one.fetched_at for one in engine.record("git").releases)
    assert oldest.isoformat() in [one["datetime"] for one in times]


# --- errors, escaping, keys --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/browse/nothing", "/browse/git/99", "/passages/x"])
def test_an_error_is_a_page_for_a_browser_and_a_problem_for_programs(
    site: TestClient, path: str
) -> None:
    page = site.get(path)
    soup = read(page, 404)
    assert page.headers["vary"] == "Accept"
    program = site.get(path, headers={"Accept": "*/*"})
    assert program.headers["content-type"] == PROBLEM
    problem = program.json()
    assert problem["code"] in text(soup.select_one(".problem"))
    assert problem["detail"] in text(soup.select_one(".problem"))


def test_an_error_that_was_compressed_is_a_page_too(site: TestClient) -> None:
    path = "/products/git/releases?cursor=" + "x" * 250 + "&limit=" + "9" * 5_000
    assert "limit" in text(read(site.get(path), 422).select_one(".problem"))


def test_without_a_snapshot_every_page_says_what_to_do(empty_data: Path) -> None:
    from api.wiring import open_serving

    site = TestClient(
        create_app(open_serving(load_settings(data=empty_data))),
        headers=BROWSER, raise_server_exceptions=False,
    )  # fmt: skip
    for path in ("/", "/ask", "/check", "/browse", "/compare", "/browse/git/2.39"):
        assert "flagstone build" in text(read(site.get(path), 503).select_one(".problem"))


HOSTILE = "\"><script>alert(1)</script>'{{7*7}}"


@pytest.mark.parametrize(
    "address",
    [
        "/ask?query={0}", "/ask?query=x&product={0}", "/ask?query=x&product=git&version={0}",
        "/check?command={0}", "/check?command=git+commit+--{0}", "/check?command=x&version={0}",
        "/browse/{0}", "/browse/git/{0}", "/browse/git/2.39/{0}", "/browse/git/2.39?find={0}",
        "/compare?product={0}", "/compare?product=git&old={0}&new=2.47&compare=1",
        "/compare?product=git&path={0}", "/{0}",
    ],
)  # fmt: skip
def test_what_is_sent_is_never_markup(site: TestClient, address: str) -> None:
    answer = site.get(address.format(quote(HOSTILE, safe="")))
    assert "<script>alert" not in answer.text
    assert (
        "49" not in answer.text.replace("&#34;", "").replace("&#39;", "").split("{{7*7}}")[0][-20:]
    )
    read(answer, answer.status_code)
    assert answer.status_code in (200, 404, 422)


def test_documentation_is_never_markup(
    site: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch, serving: Serving
) -> None:
    real = serving.engine()
    answer = real.context(ContextRequest(query=QUESTION, product="postgresql", version="13"))
    forged = answer.passages[0].model_copy(
        update={"text": HOSTILE, "heading": (HOSTILE,), "url": "javascript:alert(1)"}
    )
    monkeypatch.setattr(
        type(real), "context", lambda *_: answer.model_copy(update={"passages": (forged,)})
    )
    page = site.get("/ask", params={"query": QUESTION})
    soup = read(page)
    assert "<script>alert" not in page.text
    assert not soup.select('a[href^="javascript"]')
    assert "javascript:alert(1)" in text(soup.select_one(".passages")), "shown, and not linked"


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f":{password}".encode()).decode()}


def test_with_keys_on_a_browser_is_asked_for_one(
    serving: Serving, tmp_path: Path, publish: Callable[[Path], None]
) -> None:
    store = KeyStore(tmp_path)
    site = TestClient(create_app(serving, Policy(keys=store)), headers=BROWSER)
    key, token = store.create("me")
    for path in ("/", "/check", "/assets/style.css", "/browse/git"):
        refused = site.get(path)
        assert refused.headers["www-authenticate"].startswith("Basic realm=")
        read(refused, 401)
        assert site.get(path, headers=basic(token)).status_code == 200
    for wrong in (token[:-1], "", f"x{token}"):
        assert site.get("/", headers=basic(wrong)).status_code == 401
    for broken in ("Basic", "Basic !!!", "Basic /w==", f"Basic {token}", f"Digest {token}"):
        assert site.get("/", headers={"Authorization": broken}).status_code == 401
    program = TestClient(create_app(serving, Policy(keys=store)))
    assert program.get("/products").headers["www-authenticate"] == "Bearer"
    store.revoke(key.id)
    assert site.get("/", headers=basic(token)).status_code == 401


def test_a_form_of_another_page_is_refused(serving: Serving) -> None:
    policy = Policy.of(load_settings())
    site = TestClient(
        create_app(serving, policy), base_url="http://127.0.0.1:8600", headers=BROWSER
    )
    form = {"command": "git status"}
    read(site.post("/check", data=form, headers={"Origin": "https://evil.example"}), 403)
    read(site.post("/check", data=form, headers={"Origin": "http://127.0.0.1:8600"}))
