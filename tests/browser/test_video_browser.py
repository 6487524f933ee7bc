"""A video's way through the app: analysed while nobody looks, looked into, marked."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_fits_a_phone, click_at
from tests.browser.test_app import assert_plays, go_to, upload


def test_a_concert_is_analysed_while_nobody_looks_and_marked(visit: Page, shared_data: Path):
    go_to(visit, "Video")
    upload(visit, shared_data / "videos" / "concert_cuts_360p.mp4")
    visit.get_by_role("button", name="Analyse", exact=True).click()
    go_to(visit, "About")
    go_to(visit, "Video")
    expect(visit.get_by_text("Smile index").first).to_be_visible(timeout=90_000)

    assert_plays(visit)
    expect(visit.get_by_text("Downloads", exact=True)).to_be_visible()
    before = visit.locator(".time").inner_text()
    click_at(visit, visit.locator(".chart").last, 0.6, 60)
    expect(visit.locator(".time")).not_to_have_text(before)
    visit.get_by_role("button", name="Mark", exact=True).click()
    visit.get_by_role("tab", name="Events").click()
    expect(visit.get_by_text("Event 1").first).to_be_attached()
    assert_fits_a_phone(visit)
