"""The site in a real browser: it counts visitors, loads nothing from elsewhere, is accessible."""

from __future__ import annotations

import os
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.e2e import browser as chromium
from tests.e2e.probes import CONTRAST, EMPTY, FOCUSED, OVERFLOW, REPEATED_IDS
from tests.e2e.project import TWO_MINUTES

playwright = pytest.importorskip("playwright.sync_api")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.e2e.project import Run

EXECUTABLE = chromium.find()
pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="NO BROWSER: install chromium to run these tests"
)

PHONE = {"width": 390, "height": 844}
A4_AT_96_DPI = {"width": 680, "height": 1032}


@pytest.fixture(scope="module")
def url(first: Run) -> str:
    return str(first.json["urls"]["site"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as runner:
        launched = runner.chromium.launch(executable_path=EXECUTABLE, args=list(chromium.ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes new visitors: no cookies, empty storage."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(TWO_MINUTES * 1000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


def trouble(page: Page, home: str) -> list[str]:
    """A growing list of everything that goes wrong on a page, and of every request to another host.

    Chromium requests the icon last, and cancels that when the test opens the next page before.
    """
    lines: list[str] = []

    cancelled = f"{urljoin(home, '/favicon.svg')}: net::ERR_ABORTED"

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            lines.append(message.text)

    def on_failure(request: Any) -> None:
        if (line := f"{request.url}: {request.failure}") != cancelled:
            lines.append(line)

    def on_response(response: Any) -> None:
        if response.status >= 400:
            lines.append(f"{response.url}: {response.status}")

    def on_request(request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(home).netloc:
            lines.append(request.url)

    page.on("console", on_console)
    page.on("pageerror", lambda error: lines.append(str(error)))
    page.on("requestfailed", on_failure)
    page.on("response", on_response)
    page.on("request", on_request)
    return lines


def visitors(page: Page) -> int:
    """The number that the page shows, once it shows one."""
    page.locator("[data-counter]").wait_for(state="visible")
    return int(page.locator("[data-counter-value]").inner_text().replace(",", ""))


def shot(page: Page, name: str, folder: Path) -> None:
    """Take a screenshot of the page; RESUMECTL_SCREENSHOTS names a folder for a copy."""
    picture = folder / f"{name}.png"
    page.screenshot(path=picture, animations="disabled", full_page=name in ("light", "dark"))
    assert picture.stat().st_size > 10_000, "an empty page"
    if copies := os.environ.get("RESUMECTL_SCREENSHOTS"):
        Path(copies).mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, copies)


def test_a_visitor_is_counted_once(visitor: Callable[..., BrowserContext], url: str) -> None:
    page = visitor().new_page()
    problems = trouble(page, url)
    page.goto(url)
    seen = visitors(page)
    page.reload()
    again = visitors(page)
    page.goto(f"{url}index.html")
    same_page = visitors(page)
    other = visitor().new_page()
    other.goto(url)

    assert (again, same_page, visitors(other)) == (seen, seen, seen + 1)
    assert problems == []
    assert "Alex Morgan" in page.title()


@pytest.mark.parametrize("how", ["blocked", "failing", "nonsense", "silent"])
def test_a_counter_that_fails_leaves_the_page_complete(
    visitor: Callable[..., BrowserContext], url: str, how: str
) -> None:
    page = visitor().new_page()
    answers: dict[str, Callable[[Any], None]] = {
        "blocked": lambda route: route.abort(),
        "failing": lambda route: route.fulfill(status=500, body="{}"),
        "nonsense": lambda route: route.fulfill(status=200, body="<html>not a count</html>"),
        "silent": lambda _route: None,
    }
    page.route("**/api/**", answers[how])
    if how == "silent":
        page.clock.install()
    page.goto(url)
    if how == "silent":
        page.clock.fast_forward(10_000)
    page.locator('[data-counter][data-state="off"]').wait_for(state="attached")

    assert page.locator("[data-counter]").is_hidden()
    assert page.locator("h1").inner_text() == "Alex Morgan"
    assert page.locator("section").count() > 3


def test_without_javascript_the_page_is_complete(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor(java_script_enabled=False).new_page()
    page.goto(url)

    assert page.locator("h1").inner_text() == "Alex Morgan"
    assert page.locator("[data-counter]").is_hidden()


def test_the_404_page_links_back_to_the_resume(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    response = page.goto(f"{url}no/such/page")

    assert response.status == 404
    assert page.locator("h1").inner_text() == "There is no such page"
    page.get_by_role("link").click()
    page.wait_for_url(url)
    assert visitors(page) >= 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}}),
        ("dark", {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}}),
        (
            "phone",
            {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True},
        ),
        ("narrow", {"viewport": {"width": 320, "height": 640}}),
    ],
)
def test_the_page_fits_the_screen_and_its_text_has_contrast(
    visitor: Callable[..., BrowserContext],
    url: str,
    name: str,
    options: dict[str, Any],
    tmp_path: Path,
) -> None:
    page = visitor(**options, reduced_motion="reduce").new_page()
    page.goto(url)
    visitors(page)
    shot(page, name, tmp_path)

    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OVERFLOW) == []
    assert page.evaluate(CONTRAST) == []


def test_the_dark_scheme_has_a_dark_background(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    background = "() => getComputedStyle(document.body).backgroundColor"
    pages = [visitor(color_scheme=scheme).new_page() for scheme in ("light", "dark")]
    for page in pages:
        page.goto(url)

    assert [page.evaluate(background) for page in pages] == [
        "rgb(251, 250, 247)",
        "rgb(20, 24, 26)",
    ]


def test_it_prints_in_black_on_white_on_at_most_two_pages(
    visitor: Callable[..., BrowserContext], url: str, tmp_path: Path
) -> None:
    page = visitor(viewport=A4_AT_96_DPI, color_scheme="dark").new_page()
    page.goto(url)
    page.emulate_media(media="print")
    shot(page, "print", tmp_path)

    assert page.evaluate(OVERFLOW) == []
    assert (
        page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert page.locator("footer").is_hidden()
    assert page.locator(".contacts .paper").is_visible()
    assert 1 <= len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) <= 2


def test_headings_landmarks_and_links_are_accessible(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    page.goto(url)
    visitors(page)
    headings = page.locator("h1, h2, h3, h4").evaluate_all(
        "all => all.map(element => Number(element.tagName[1]))"
    )

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    assert all(after - before <= 1 for before, after in pairwise(headings)), headings
    assert [page.locator(name).count() for name in ("header", "main", "footer")] == [1, 1, 1]
    assert page.locator("img:not([alt])").count() == 0
    assert page.locator("section:not([aria-labelledby])").count() == 0
    assert page.locator("[id]").evaluate_all(REPEATED_IDS) == 0
    assert page.locator("a").evaluate_all(EMPTY) == 0


def test_the_keyboard_reaches_every_link_in_order(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    page.goto(url)
    links = page.locator("a[href]").evaluate_all(
        "all => all.map(element => element.getAttribute('href'))"
    )
    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))

    assert [link["href"] for link in reached] == links
    assert links[0] == "#main", "the first one skips to the resume"
    assert all(link["seen"] and link["outline"] >= 2 for link in reached), reached


def test_the_skip_link_moves_the_focus_to_the_resume(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    page.goto(url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("() => document.activeElement.id") == "main"
