"""The menu that saves a chart as a figure, and the calendar with its trend."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.common.chromium import settle
from tests.browser.conftest import assert_fits_a_phone, open_demo
from tests.browser.test_app import go_to

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(visit: Page) -> Page:
    """A visitor whose library has the demo."""
    settle(visit)
    open_demo(visit)
    return visit


def open_menu(page: Page) -> Locator:
    """Open the menu of the page's n-th chart and return it."""
    page.get_by_role("button", name="Save figure").locator("visible=true").first.click()
    menu = page.get_by_test_id("stPopoverBody").filter(has=page.get_by_text("Greyscale"))
    expect(menu.get_by_role("button", name="Download")).to_be_visible()
    settle(page)
    return menu


def save(page: Page, menu: Locator, folder: Path) -> Path:
    settle(page)
    with page.expect_download() as started:
        menu.get_by_role("button", name="Download").click()
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def test_a_chart_is_saved_as_svg_and_pdf(demo: Page, tmp_path: Path):
    demo.get_by_role("tab", name="Over time").click()
    expect(demo.get_by_test_id("stVegaLiteChart").locator("visible=true").first).to_be_visible()
    menu = open_menu(demo)
    svg = ElementTree.parse(save(demo, menu, tmp_path)).getroot()
    assert svg.get("width", "").endswith("mm")
    assert "url(#pattern" not in ElementTree.tostring(svg, encoding="unicode")
    menu.get_by_role("radio", name="PDF").click()
    settle(demo)
    assert save(demo, menu, tmp_path).read_bytes().startswith(b"%PDF")


def test_the_calendar_is_coloured_by_an_expression_and_saved_in_greyscale(demo: Page, tmp_path: Path):
    go_to(demo, "Library")
    demo.get_by_role("tab", name="Days").click()
    charts = demo.get_by_test_id("stVegaLiteChart")
    calendar, trend = charts.nth(0), charts.nth(1)
    expect(calendar.get_by_text("Ha", exact=True).first).to_be_visible()
    for letters in ("Ne", "Ha", "Sa"):
        expect(trend.get_by_text(letters, exact=True).first).to_be_visible()
    for period in ("4 weeks", "A year", "All"):
        demo.get_by_role("radio", name=period, exact=True).click()
        settle(demo)
        expect(calendar.get_by_text("Ha", exact=True).first).to_be_visible()
    menu = open_menu(demo)
    menu.get_by_text("Greyscale").click()
    drawn = save(demo, menu, tmp_path).read_text(encoding="utf-8")
    assert "url(#pattern" in drawn
    assert ">Ha<" in drawn
    demo.keyboard.press("Escape")
    demo.get_by_role("combobox", name="Colour by").click()
    demo.get_by_role("option", name="Share of sadness").click()
    settle(demo)
    expect(calendar.get_by_text("Ha", exact=True)).to_have_count(0)
    assert_fits_a_phone(demo)
