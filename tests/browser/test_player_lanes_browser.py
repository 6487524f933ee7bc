"""The player's lanes of eyes, gaze, head and movements in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.common.chromium import served, settle
from tests.browser.conftest import NewPage, assert_fits_a_phone

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lanes_url() -> Iterator[str]:
    with served("tests/browser/lanes_page.py", PYTHONPATH=".") as url:
        yield url


@pytest.fixture(params=[1280, 400])
def page(request: pytest.FixtureRequest, new_page: NewPage, lanes_url: str) -> Iterator[Page]:
    page = new_page(request.param)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lanes_url)
    expect(page.get_by_label("Eyes open")).to_be_visible()
    yield page
    assert errors == []


def test_a_chosen_lane_has_its_name_axis_lines_and_marks(page):
    expect(page.get_by_text("packed: 0")).to_be_visible()
    page.get_by_label("Eyes open").check()
    expect(page.locator(".signal")).to_have_count(2)
    title = page.locator(".signal p").last
    expect(title).to_contain_text("Eyes open")
    expect(title).to_contain_text("Left eye")
    expect(title).to_contain_text("0 to 1.25 (1 = the person's own open eye)")
    expect(title).to_contain_text("blink: 1")
    mark = page.locator(".happened")
    expect(mark).to_have_count(1)
    field = page.locator(".signal .field").last.bounding_box()
    place = mark.bounding_box()
    assert (place["x"] - field["x"]) / field["width"] == pytest.approx(2 / 6, abs=0.01)
    assert_fits_a_phone(page)


def test_the_line_is_drawn_where_the_value_is(page):
    page.get_by_label("Eyes open").check()
    expect(page.locator(".signal canvas")).to_have_count(2)
    drawn = page.locator(".signal canvas").last.evaluate(
        """canvas => {
            const rows = x => {
                const data = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height).data;
                return [...Array(canvas.height).keys()].filter(y => data[4 * y + 3] > 60).map(y => y / canvas.height);
            };
            return [rows(Math.round(canvas.width / 12)), rows(Math.round(canvas.width * 2.07 / 6))];
        }"""
    )
    opened, shut = (min(rows) for rows in drawn)
    assert opened == pytest.approx(0.2, abs=0.08), "1 of 1.25 is a fifth below the top"
    assert shut > 0.55, "the limit's dashed line at 0.5 and the shut eye are below the middle"


def test_the_readout_shows_the_values_at_the_cursor(page):
    page.get_by_label("Gaze").check()
    expect(page.locator(".signal")).to_have_count(2)
    expect(page.locator(".now")).to_contain_text("Ada <b>: neutral")
    expect(page.locator(".now")).to_contain_text("gaze 0°")


def test_at_most_three_lanes_are_shown_and_can_be_deselected(page):
    page.get_by_label("Eyes open").check()
    page.get_by_label("Gaze").check()
    page.get_by_text("Movements", exact=True).click()
    page.get_by_label("Jaw drop").check()
    expect(page.get_by_label("Head", exact=True)).to_be_disabled()
    expect(page.get_by_text("At most three lanes")).to_be_visible()
    expect(page.locator(".signal")).to_have_count(6)
    page.get_by_label("Gaze").uncheck()
    expect(page.get_by_label("Head", exact=True)).to_be_enabled()
    expect(page.locator(".signal")).to_have_count(4)
    page.get_by_text("How to read this").click()
    expect(page.locator(".how dt")).to_have_text(["Eyes open", "Jaw drop"])
    settle(page)


def test_a_lane_without_values_says_why(page):
    page.get_by_text("Movements", exact=True).click()
    page.get_by_label("Jaw drop").check()
    expect(page.locator(".signal p")).to_have_count(2)
    expect(page.locator(".signal p").first).to_contain_text("face at rest unknown, set a baseline")
    expect(page.locator(".signal p").last).not_to_contain_text("unknown")
    assert_fits_a_phone(page)


def test_lanes_follow_keys(page):
    box = page.get_by_label("Head", exact=True)
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator(".signal")).to_have_count(2)
