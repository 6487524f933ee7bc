"""Every page, empty and full, light and dark, checked with axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from bench.common.chromium import settle
from emotion.samples import sample_image
from tests.browser.conftest import NewPage, open_demo
from tests.browser.test_app import go_to, upload
from ui.common.resources import encode_png

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    *("Pictures", "Video", "Live", "Library", "Studies", "About", "Help", "Test on my pictures", "Inside the models"),
)
TABS = (
    *("Overview", "People", "Over time", "Episodes", "Presence", "Eyes and movements", "Events", "Baseline", "Compare"),
    "Downloads",
)
SEVERE = {"serious", "critical"}


@pytest.fixture
def page(new_page: NewPage, app_url: str) -> Page:
    """A page in a new session, at home, in the light scheme."""
    page = new_page()
    page.goto(app_url)
    settle(page)
    return page


def in_both_schemes(page: Page) -> Iterator[str]:
    """Yield the light scheme, then the dark one. Open a page in each: the app writes its styles when a page runs."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        yield scheme
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == scheme


_MARK_INACTIVE = """() => {
  const kinds = ["stSlider", "stMultiSelect", "stSelectbox"].map(kind => `[data-testid=${kind}]`);
  for (const widget of document.querySelectorAll(kinds.join(", ")))
    widget.toggleAttribute("data-inactive", Boolean(widget.querySelector("[disabled], [aria-disabled=true]")));
}"""
"""Marks inactive widgets: WCAG 2.2 (1.4.3) requires no contrast there, but axe-core does not recognise their labels."""


def findings(page: Page) -> list[str]:
    """Return what axe-core finds, one line per element: impact, rule and element."""
    settle(page)
    page.evaluate(_MARK_INACTIVE)
    return [
        f"{violation['impact']}: {violation['help']}: {node['html'][:200]}"
        for violation in Axe().run(page, {"exclude": [["[data-inactive]"]]}).response["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]


def open_page(page: Page, name: str) -> None:
    go_to(page, name)
    expect(page).to_have_title(f"{name} · Expression analytics")


def test_empty_pages(page: Page):
    for scheme in in_both_schemes(page):
        for name in PAGES:
            open_page(page, name)
            assert findings(page) == [], f"{name}, {scheme}"
        page.get_by_role("link", name="Home", exact=True).first.click()
        expect(page).to_have_title("Home · Expression analytics")
        assert findings(page) == [], f"Home, {scheme}"


def test_pages_with_results(page: Page, tmp_path: Path):
    portrait = tmp_path / "portrait.png"
    portrait.write_bytes(encode_png(sample_image()))
    open_demo(page)
    open_page(page, "Pictures")
    upload(page, portrait)
    for scheme in in_both_schemes(page):
        open_page(page, "Pictures")
        expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
        assert findings(page) == [], f"Pictures, {scheme}"
        open_page(page, "Video")
        expect(page.get_by_role("tab")).to_have_count(len(TABS))
        for name in TABS:
            page.get_by_role("tab", name=name, exact=True).click()
            assert findings(page) == [], f"Video, {name}, {scheme}"
        open_page(page, "Library")
        assert findings(page) == [], f"Library, {scheme}"


def test_the_navigation_shows_where_the_keyboard_is(page: Page):
    for _ in in_both_schemes(page):
        open_page(page, "About")
        settle(page)
        link = page.get_by_role("link", name="Pictures", exact=True).first
        link.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(link).to_be_focused()
        focused, idle = (
            one.evaluate("e => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.boxShadow] }")
            for one in (link, page.get_by_role("link", name="Video", exact=True).first)
        )
        assert focused != idle
        assert focused[0] not in {"none", ""} or focused[2] != "none"


def test_only_the_tab_with_the_keyboard_has_an_outline(page: Page):
    open_page(page, "Library")
    settle(page)
    days, storage = (page.get_by_role("tab", name=name, exact=True) for name in ("Days", "Storage"))
    page.get_by_role("tab", name="Analyses", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(storage).to_be_focused()
    assert outline_of(storage) == "solid"
    # As Streamlit does to a tab that a mouse left, once a key is pressed.
    days.evaluate("tab => tab.setAttribute('data-focus-visible', 'true')")
    assert outline_of(days) == "none"


def outline_of(tab: Locator) -> str:
    style: str = tab.evaluate("tab => getComputedStyle(tab).outlineStyle")
    return style


def test_the_tools_of_a_chart_show_where_the_keyboard_is(page: Page):
    open_demo(page)
    page.get_by_role("tab", name="Over time", exact=True).click()
    settle(page)
    tool = page.get_by_role("button", name="Show data").first
    tool.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(tool).to_be_focused()
    assert tool.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
