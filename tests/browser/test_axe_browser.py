"""Every page, empty and full, light and dark, checked with axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bench.common.chromium import settle
from emotion.samples import make_clip, sample_image
from tests.browser.test_app import go_to, upload
from ui.common.resources import encode_png

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = (
    *("Pictures", "Video", "Live", "Library", "Studies", "About", "Help", "Test on my pictures", "Inside the models"),
)
SEVERE = {"serious", "critical"}


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, app_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app_url)
    settle(page)
    yield page
    context.close()


_MARK_INACTIVE = """() => {
  for (const widget of document.querySelectorAll("[data-testid=stSlider], [data-testid=stMultiSelect]"))
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
    assert findings(page) == [], "Home"
    for name in PAGES:
        open_page(page, name)
        assert findings(page) == [], name


def test_pages_with_results(page: Page, tmp_path: Path):
    portrait = tmp_path / "portrait.png"
    portrait.write_bytes(encode_png(sample_image()))
    go_to(page, "Pictures")
    upload(page, portrait)
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    assert findings(page) == [], "Pictures"

    go_to(page, "Video")
    upload(page, make_clip(tmp_path / "clip.mp4"))
    page.get_by_role("button", name="Analyse", exact=True).click()
    # A running analysis has lanes that grow, but no tabs.
    expect(page.get_by_role("tab", name="Overview", exact=True)).to_be_visible(timeout=120_000)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert findings(page) == [], f"Video, {tab.inner_text()}"

    open_page(page, "Library")
    assert findings(page) == [], "Library"


def test_the_navigation_shows_where_the_keyboard_is(page: Page):
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
