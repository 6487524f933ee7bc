"""The nine dots of the gaze calibration in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.common.chromium import click_when_still, served, settle
from tests.browser.conftest import NewPage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def calibration_url() -> Iterator[str]:
    with served("tests/browser/calibration_page.py", PYTHONPATH=".") as url:
        yield url


@pytest.fixture
def page(new_page: NewPage, calibration_url: str) -> Page:
    page = new_page(1000, 800)
    page.set_default_timeout(90_000)
    page.goto(calibration_url)
    settle(page)
    page.get_by_text("Calibrate the gaze").click()
    expect(page.get_by_role("button", name="Show nine dots")).to_be_enabled()
    return page


def test_nine_dots_are_shown_one_by_one_and_passed_to_the_session(page):
    page.evaluate(
        """() => {
            window.seen = new Set();
            const look = () => {
                const find = root => {
                    for (const element of root.querySelectorAll("*")) {
                        if (element.matches(".cover[open] .dot")) return element;
                        const inside = element.shadowRoot && find(element.shadowRoot);
                        if (inside) return inside;
                    }
                };
                const dot = find(document);
                if (dot) window.seen.add(`${dot.style.left} ${dot.style.top}`);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    click_when_still(page.get_by_role("button", name="Show nine dots"))
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=30_000)
    # Together they span the window: 8, 50 and 92% of its width and height.
    places = {tuple(float(side.removesuffix("px")) for side in place.split()) for place in page.evaluate("[...seen]")}
    assert sorted({x for x, _ in places}) == pytest.approx([80.0, 500.0, 920.0])
    assert sorted({y for _, y in places}) == pytest.approx([64.0, 400.0, 736.0])
    assert len(places) == 9
    call_text = page.get_by_text("calls: [[")
    expect(call_text).to_be_visible()
    (targets,) = json.loads(call_text.inner_text().removeprefix("calls: "))
    assert len(targets) == 9
    # The first dot is in the middle. The second one is up and left, so the person looks to the right of the picture.
    assert targets[1][0] > targets[0][0]
    assert targets[1][1] > targets[0][1]
    assert all(pitch < 0 for _, pitch in targets), "the camera is above all dots"


def test_escape_cancels(page):
    click_when_still(page.get_by_role("button", name="Show nine dots"))
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_text("'cleared'")).to_be_visible()


def test_the_dots_end_with_the_camera(page, calibration_url):
    page.goto(f"{calibration_url}?ends")
    settle(page)
    page.get_by_text("Calibrate the gaze").click()
    click_when_still(page.get_by_role("button", name="Show nine dots"))
    expect(page.get_by_text("Start the camera first.")).to_be_attached()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=10_000)
