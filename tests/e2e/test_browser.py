"""The live site in a real browser: it counts people, loads nothing from elsewhere, and everybody can use it."""

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
OVERFLOW = """
() => [...document.querySelectorAll("body *")]
  .filter(found => found.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(found => found.outerHTML.slice(0, 80))
"""
FOCUSED = """
() => {
  const found = document.activeElement, place = found.getBoundingClientRect();
  const outline = parseFloat(getComputedStyle(found).outlineWidth);
  return {href: found.getAttribute("href"), seen: place.top >= 0 && place.width > 0, outline};
}
"""
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(
      part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = found => {
    const own = getComputedStyle(found).backgroundColor;
    return own !== "rgba(0, 0, 0, 0)" || !found.parentElement ? own : behind(found.parentElement);
  };
  const texts = [...document.querySelectorAll("body *")].filter(found => found.checkVisibility() &&
    [...found.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  return texts.map(found => {
    const [high, low] = [getComputedStyle(found).color, behind(found)].map(light).sort((a, b) => b - a);
    return [Math.round((high + 0.05) / (low + 0.05) * 100) / 100, found.textContent.trim().slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5);
}
"""


@pytest.fixture(scope="module")
def url(first: Run) -> str:
    found: str = first.json["urls"]["site"]
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as runner:
        launched = runner.chromium.launch(executable_path=EXECUTABLE, args=list(chromium.ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A new person: nothing is remembered."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        made.append(browser.new_context(**options))
        return made[-1]

    yield make
    for context in made:
        context.close()


def trouble(page: Page, home: str) -> list[str]:
    """A list that grows: everything that goes wrong on a page, and every address that it asks for elsewhere.

    Chromium asks for the icon when all else is there, and calls that off when the test has gone on to the next page by
    then: that alone is no trouble.
    """
    found: list[str] = []

    def told(event: str, line: Callable[[Any], str | None]) -> None:
        page.on(event, lambda subject: found.extend(filter(None, [line(subject)])))

    told("console", lambda message: message.text if message.type in ("error", "warning") else None)
    told("pageerror", str)
    called_off = f"{urljoin(home, '/favicon.svg')}: net::ERR_ABORTED"
    told(
        "requestfailed",
        lambda request: (
            said if (said := f"{request.url}: {request.failure}") != called_off else None
        ),
    )
    told(
        "response",
        lambda answer: f"{answer.url}: {answer.status}" if answer.status >= 400 else None,
    )
    told(
        "request",
        lambda request: (
            None if urlsplit(request.url).netloc == urlsplit(home).netloc else request.url
        ),
    )
    return found


def visitors(page: Page) -> int:
    """The number that the page shows, once it shows one."""
    page.locator("[data-counter]").wait_for(state="visible")
    return int(page.locator("[data-counter-value]").inner_text().replace(",", ""))


def shot(page: Page, name: str, folder: Path) -> None:
    """Take a picture of the page; RESUMECTL_SCREENSHOTS names a folder to keep it in."""
    picture = folder / f"{name}.png"
    page.screenshot(path=picture, animations="disabled", full_page=name in ("light", "dark"))
    assert picture.stat().st_size > 10_000, "an empty page"
    if kept := os.environ.get("RESUMECTL_SCREENSHOTS"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, kept)


def test_a_person_is_counted_once(visitor: Callable[..., BrowserContext], url: str) -> None:
    page = visitor().new_page()
    wrong = trouble(page, url)
    page.goto(url)
    seen = visitors(page)
    page.reload()
    again = visitors(page)
    page.goto(f"{url}index.html")
    same_page = visitors(page)
    other = visitor().new_page()
    other.goto(url)

    assert (again, same_page, visitors(other)) == (seen, seen, seen + 1)
    assert wrong == []
    assert "Alex Morgan" in page.title()


@pytest.mark.parametrize("how", ["blocked", "failing", "nonsense", "silent"])
def test_without_a_counter_the_page_is_whole(
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


def test_without_javascript_the_page_is_whole(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor(java_script_enabled=False).new_page()
    page.goto(url)

    assert page.locator("h1").inner_text() == "Alex Morgan"
    assert page.locator("[data-counter]").is_hidden()


def test_a_page_that_is_not_there_says_so_and_leads_back(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    answer = page.goto(f"{url}no/such/page")

    assert answer.status == 404
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
def test_it_fits_and_can_be_read(
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


def test_light_and_dark_differ(visitor: Callable[..., BrowserContext], url: str) -> None:
    background = "() => getComputedStyle(document.body).backgroundColor"
    pages = [visitor(color_scheme=scheme).new_page() for scheme in ("light", "dark")]
    for page in pages:
        page.goto(url)

    assert [page.evaluate(background) for page in pages] == [
        "rgb(251, 250, 247)",
        "rgb(20, 24, 26)",
    ]


def test_it_prints_on_paper(
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


def test_everybody_finds_their_way(visitor: Callable[..., BrowserContext], url: str) -> None:
    page = visitor().new_page()
    page.goto(url)
    visitors(page)
    headings = page.locator("h1, h2, h3, h4").evaluate_all(
        "all => all.map(found => Number(found.tagName[1]))"
    )

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    assert all(after - before <= 1 for before, after in pairwise(headings)), headings
    assert [page.locator(name).count() for name in ("header", "main", "footer")] == [1, 1, 1]
    assert page.locator("img:not([alt])").count() == 0
    assert page.locator("section:not([aria-labelledby])").count() == 0
    assert (
        page.locator("[id]").evaluate_all(
            "all => all.length - new Set(all.map(found => found.id)).size"
        )
        == 0
    )
    assert (
        page.locator("a").evaluate_all("all => all.filter(found => !found.innerText.trim()).length")
        == 0
    )


def test_every_link_is_reached_with_the_keyboard(
    visitor: Callable[..., BrowserContext], url: str
) -> None:
    page = visitor().new_page()
    page.goto(url)
    links = page.locator("a[href]").evaluate_all(
        "all => all.map(found => found.getAttribute('href'))"
    )
    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))

    assert [found["href"] for found in reached] == links
    assert links[0] == "#main", "the first one skips to the resume"
    assert all(found["seen"] and found["outline"] >= 2 for found in reached), reached


def test_the_skip_link_skips(visitor: Callable[..., BrowserContext], url: str) -> None:
    page = visitor().new_page()
    page.goto(url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("() => document.activeElement.id") == "main"
