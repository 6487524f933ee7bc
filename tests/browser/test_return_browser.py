"""What a visitor chose on a page is still chosen after a visit to another page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.common.chromium import settle
from emotion.samples import make_clip
from tests.browser.conftest import NewPage, open_demo

pytestmark = pytest.mark.browser


def go_to(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    settle(page)


def chosen(page: Page, group: str) -> list[str]:
    """Return the chosen buttons of a group of buttons."""
    buttons = page.get_by_test_id("stButtonGroup").filter(has=page.get_by_text(group, exact=True))
    return buttons.locator('[data-selected="true"]').all_inner_texts()


def add_sample(page: Page) -> None:
    settle(page)
    if not page.get_by_role("button", name="Try the sample").count():
        page.get_by_role("button", name="Add pictures").click()
    page.get_by_role("button", name="Try the sample").click()
    settle(page)


def test_pictures_keep_view_order_and_filter_until_they_are_cleared(visit: Page):
    go_to(visit, "Pictures")
    add_sample(visit)
    add_sample(visit)
    visit.get_by_role("radio", name="Table").click()
    visit.get_by_text("happiness 2", exact=True).click()
    settle(visit)
    visit.get_by_role("combobox").click()
    visit.get_by_role("option", name="By name").click()
    settle(visit)
    go_to(visit, "Help")
    go_to(visit, "Pictures")
    assert chosen(visit, "Table") == ["Table"]
    assert chosen(visit, "happiness 2") == ["happiness 2"]
    expect(visit.get_by_role("combobox")).to_have_value("By name")
    expect(visit.get_by_test_id("stDataFrame")).to_be_visible()
    visit.get_by_role("button", name="Clear all").click()
    add_sample(visit)
    add_sample(visit)
    assert chosen(visit, "happiness 2") == []


def test_a_video_keeps_its_tab_person_and_settings(visit: Page):
    open_demo(visit)
    visit.get_by_role("tab", name="Episodes").click()
    settle(visit)
    person = visit.get_by_role("combobox", name="Person")
    person.click()
    visit.get_by_role("option", name="Grace").click()
    settle(visit)
    visit.get_by_role("radio", name="Shares").click()
    settle(visit)
    visit.get_by_role("tab", name="Overview").click()
    settle(visit)
    visit.get_by_role("tab", name="Episodes").click()
    settle(visit)
    assert chosen(visit, "Shares") == ["Shares"]
    go_to(visit, "Library")
    visit.get_by_role("tab", name="Days").click()
    settle(visit)
    go_to(visit, "Video")
    expect(visit.get_by_role("tab", name="Episodes")).to_have_attribute("aria-selected", "true")
    expect(person).to_have_value("Grace")
    assert chosen(visit, "Shares") == ["Shares"]
    go_to(visit, "Library")
    expect(visit.get_by_role("tab", name="Days")).to_have_attribute("aria-selected", "true")


def test_a_link_works_while_a_popover_is_open(visit: Page):
    open_demo(visit)
    for panel, name in (("Add videos", "Library"), ("Open", "Studies")):
        visit.get_by_role("button", name=panel, exact=False).first.click()
        expect(visit.get_by_test_id("stPopoverBody")).to_be_visible()
        settle(visit)
        visit.get_by_role("link", name=name, exact=True).first.click()
        expect(visit.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=15_000)
        assert visit.url.split("?")[0].endswith(f"/{name.lower()}")
        go_to(visit, "Video")


def test_an_uploader_names_every_format_on_a_phone(new_page: NewPage, app_url: str):
    page = new_page(width=400, height=850)
    page.goto(f"{app_url}/image")
    formats = page.get_by_test_id("stFileUploaderDropzoneInstructions").locator("span")
    expect(formats).to_contain_text("WEBP")
    assert formats.evaluate("span => span.scrollWidth <= span.clientWidth + 1")


def test_the_settings_of_uploaded_videos_stay_until_they_are_gone(visit: Page, tmp_path: Path):
    """Otherwise a video that was to be kept would be deleted after its analysis."""
    clip = make_clip(tmp_path / "clip.mp4")
    keep = visit.get_by_role("checkbox", name="Keep the video in the library")

    def upload() -> None:
        if not visit.locator("input[type=file]").count():  # an earlier analysis is open
            visit.get_by_role("button", name="Add videos").click()
        visit.locator("input[type=file]").set_input_files(clip)
        expect(keep).to_be_attached()
        settle(visit)

    go_to(visit, "Video")
    upload()
    visit.get_by_text("Keep the video in the library").click()
    settle(visit)
    go_to(visit, "Help")
    go_to(visit, "Video")
    expect(keep).to_be_checked()
    visit.get_by_role("button", name="Discard").click()
    settle(visit)
    upload()
    expect(keep).not_to_be_checked()


def test_the_back_button_leaves_a_video_at_the_first_press(visit: Page):
    open_demo(visit)
    go_to(visit, "Help")
    go_to(visit, "Video")
    assert "?analysis=" in visit.url
    visit.go_back()
    expect(visit.get_by_role("heading", name="Help", level=1)).to_be_visible()
    assert visit.url.endswith("/help")
    visit.go_forward()
    expect(visit.get_by_role("heading", name="Video", level=1)).to_be_visible()
    assert "?analysis=" in visit.url
