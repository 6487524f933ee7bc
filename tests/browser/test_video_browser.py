"""A video's way through the app: analysed while nobody looks, looked into, marked."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_app import assert_fits_a_phone, assert_plays, go_to, upload


def test_a_concert_is_analysed_while_nobody_looks_and_marked(visit: Page, shared_data: Path):
    go_to(visit, "Video")
    upload(visit, shared_data / "videos" / "concert_cuts_360p.mp4")
    visit.get_by_role("button", name="Analyse", exact=True).click()
    go_to(visit, "About")
    go_to(visit, "Video")
    expect(visit.get_by_text("Smile index").first).to_be_visible(timeout=90_000)

    assert_plays(visit)
    expect(visit.get_by_text("Downloads", exact=True)).to_be_visible()
    expect(visit.get_by_test_id("stStatusWidget")).to_have_count(0)
    _seek_by_the_chart(visit)
    visit.get_by_role("button", name="Mark", exact=True).click()
    visit.get_by_role("tab", name="Events").click()
    expect(visit.get_by_text("Event 1").first).to_be_attached()
    assert_fits_a_phone(visit)


def _seek_by_the_chart(page: Page) -> None:
    chart = page.locator(".chart").last
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    before = page.locator(".time").inner_text()
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    expect(page.locator(".time")).not_to_have_text(before)
