"""The pages in a real browser, at the width of a desk and of a phone: no error on any console.

Screenshots go to ``FLAGSTONE_SCREENSHOTS``, or else to pytest's temporary folder.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect, sync_playwright
from running import running

from api.http import create_app
from api.middleware.stack import Policy
from api.security.keys import KeyStore
from api.serving import Serving

pytestmark = pytest.mark.slow

SCRIPT = """\
pg_dump --skip-table-data=audit_log shop
git commit --mesage=x
rm -rf /var/lib/postgresql
"""
PAGES = {
    "home": "/",
    "ask": "/ask?query=skip+the+data+of+one+table+when+dumping&product=postgresql&version=13",
    "abstained": "/ask?query=the+best+recipe+for+apple+pie",
    "check": f"/check?command={quote(SCRIPT)}",
    "products": "/browse",
    "product": "/browse/git",
    "release": "/browse/git/2.39",
    "command": "/browse/git/2.47/git/commit",
    "compare": "/compare?product=git&old=2.30&new=2.47&compare=1",
}
WIDTHS = {"desk": (1280, 900, "light"), "phone": (360, 740, "dark")}


@pytest.fixture(scope="module")
def address(serving: Serving) -> Iterator[str]:
    with running(create_app(serving)) as found:
        yield found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium (``make browser``), or else the one of ``playwright install``."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
    found = playwright.chromium.launch(executable_path=program, args=alone)
    yield found
    found.close()


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("FLAGSTONE_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Watched:
    """A page, and what its console said."""

    def __init__(self, browser: Browser, **options: object) -> None:
        self.context = browser.new_context(**options)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda one: self.said.append(f"{one.type}: {one.text}"))
        self.page.on("pageerror", lambda one: self.said.append(f"exception: {one}"))
        self.page.on("dialog", lambda one: self.said.append(f"dialog: {one.message}"))
        self.page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the icon of a page that was left already
            self.said.append(f"failed: {request.url}: {request.failure}")

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_no_console_says_anything(
    browser: Browser, address: str, screenshots: Path, width: str
) -> None:
    across, down, scheme = WIDTHS[width]
    with Watched(
        browser, viewport={"width": across, "height": down}, color_scheme=scheme
    ) as watched:
        page = watched.page
        for name, path in PAGES.items():
            answer = page.goto(f"{address}{path}")
            assert answer is not None
            assert answer.status == 200, name
            page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{name} is {wider} px wider than a {width}"
            small = page.eval_on_selector_all(
                "button, .button, nav a, input, select",
                "found => found.filter(one => one.checkVisibility() && one.type !== 'hidden'"
                " && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)",
            )
            assert not small, f"{name}: too small for a thumb: {small}"
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (dark == "rgb(21, 25, 24)") is (scheme == "dark")
        assert not watched.said


def test_a_check_by_keyboard_alone(browser: Browser, address: str) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{address}/check")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#command")).to_be_focused()
        page.keyboard.insert_text("git commit --mesage=x")
        page.keyboard.press("Enter")
        page.keyboard.insert_text("docker ps")
        page.keyboard.press("Control+Enter")
        mark = page.locator("pre.marked a.invented").first
        expect(mark).to_have_text("--mesage")
        expect(page.locator(".verdict")).to_have_class(re.compile("bad"))
        assert page.locator("#command").input_value() == "git commit --mesage=x\ndocker ps"
        mark.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#issue-1")).to_be_in_viewport()
        assert not watched.said


def test_a_question_has_an_address_and_its_context_can_be_copied(
    browser: Browser, address: str
) -> None:
    with Watched(browser, permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = watched.page
        page.goto(f"{address}/")
        page.fill("#query", "skip the data of one table when dumping")
        page.select_option("#product", "postgresql")
        page.fill("#version", "13")
        page.press("#version", "Enter")
        expect(page.locator(".release")).to_have_text("postgresql 13")
        assert "product=postgresql" in page.url
        page.locator("summary").click()
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("~~~ PostgreSQL 13 documentation")
        assert "\n[1] " in copied
        assert not watched.said


def test_options_are_filtered_in_place(browser: Browser, address: str) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{address}{PAGES['command']}")
        page.get_by_label("Show only options with").fill("--amend")
        shown = page.locator("dl.options[data-filter] dt:visible")
        expect(shown.filter(has_text="--amend")).to_have_count(1)
        assert shown.count() < 10
        assert not watched.said


def test_everything_works_without_scripts(browser: Browser, address: str) -> None:
    with Watched(browser, java_script_enabled=False) as watched:
        page = watched.page
        page.goto(f"{address}/")
        page.fill("#home-command", SCRIPT)
        page.get_by_role("button", name="Check").click()
        expect(page.locator("pre.marked a.invented").first).to_be_visible()
        expect(page.locator(".risk.destructive")).to_contain_text("a human should look")
        page.get_by_role("link", name="Compare").click()
        page.select_option("#product", "git")
        page.get_by_role("button", name="Choose releases").click()
        page.select_option("#old", "2.30")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".changes")).to_contain_text("git commit")
        page.goto(f"{address}/browse/git/2.39")
        page.fill("#find", "commit")
        page.press("#find", "Enter")
        page.get_by_role("link", name="git commit", exact=True).click()
        expect(page.locator("h1")).to_have_text("git commit")
        assert not page.get_by_role("button", name="Copy").count(), "no button that does nothing"
        assert not watched.said


def test_nothing_that_is_sent_comes_alive(browser: Browser, address: str) -> None:
    hostile = quote("\"'><img src=x onerror=alert(1)><script>alert(1)</script>")
    with Watched(browser) as watched:
        for path in ("/ask?query={0}", "/check?command={0}", "/browse/git/2.39?find={0}"):
            watched.page.goto(address + path.format(hostile))
        assert not watched.said
        watched.page.goto(f"{address}/browse/{hostile}")
        expect(watched.page.locator(".problem")).to_contain_text("<script>")
        [only] = watched.said
        assert "404" in only


def test_an_error_is_a_page(browser: Browser, address: str, screenshots: Path) -> None:
    with Watched(browser, viewport={"width": 360, "height": 740}) as watched:
        page = watched.page
        page.goto(f"{address}/browse/kubctl")
        expect(page.get_by_role("alert")).to_contain_text("kubctl")
        page.screenshot(path=screenshots / "error-phone.png", full_page=True)
        page.get_by_role("link", name="Begin anew").click()
        expect(page.locator("h1")).to_contain_text("flag")


def test_with_keys_on_the_key_is_the_password(
    browser: Browser, serving: Serving, tmp_path: Path
) -> None:
    store = KeyStore(tmp_path)
    _, token = store.create("me")
    with running(create_app(serving, Policy(keys=store))) as address:
        known = {"username": "me", "password": token}
        with Watched(browser, http_credentials=known) as watched:
            page = watched.page
            answer = page.goto(f"{address}/check")
            assert answer is not None
            assert answer.status == 200
            page.fill("#command", "git commit --all")
            page.get_by_role("button", name="Check").click()
            expect(page.locator(".verdict")).to_have_class(re.compile("good"))
            page.wait_for_load_state()
            styled = page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")
            assert styled == "928px", "the style sheet came with the same key"
            assert not watched.said
        with Watched(browser, http_credentials={**known, "password": "wrong"}) as watched:
            answer = watched.page.goto(f"{address}/check")
            assert answer is not None
            assert answer.status == 401
