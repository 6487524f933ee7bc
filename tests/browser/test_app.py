"""The main pages in Chromium, as a visitor uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bench.common.chromium import click_at, settle
from emotion.analytics.files import load_parquet
from emotion.samples import make_clip, sample_image
from tests.browser.conftest import assert_fits_a_phone, open_demo, served_app
from tests.shared_data import SHARED
from ui.common.resources import encode_png

pytestmark = pytest.mark.browser


@pytest.fixture
def photo(tmp_path: Path) -> tuple[Path, int]:
    """A real photograph and the number of faces in it."""
    shared = SHARED / "photos" / "2008_002506.jpg"
    if shared.is_file():
        return shared, 3
    portrait = tmp_path / "portrait.png"
    portrait.write_bytes(encode_png(sample_image()))
    return portrait, 1


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A real video of one person."""
    shared = SHARED / "videos" / "portrait_d0.mp4"
    return shared if shared.is_file() else make_clip(tmp_path / "clip.mp4")


DEVELOPER = ("Test on my pictures", "Inside the models")
"""Pages in the menu for developers."""


def go_to(page: Page, name: str) -> None:
    if name in DEVELOPER:
        page.get_by_test_id("stTopNavSection").filter(has_text="Developer").click()
        page.get_by_role("menuitem", name=name, exact=True).click()
    else:
        page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def upload(page: Page, *files: Path) -> None:
    """Choose files; if the page shows a result, open the uploader first."""
    settle(page)
    if not page.locator("input[type=file]").count():
        page.get_by_role("button", name="Add ").click()
    page.locator("input[type=file]").set_input_files(list(files))


def test_the_keyboard_enters_a_panel_it_opens_and_returns(visit: Page):
    open_demo(visit)
    button = visit.get_by_role("button", name="Add videos")
    first = visit.get_by_role("dialog").locator("button").first
    for _ in range(2):
        button.focus()
        visit.keyboard.press("Enter")
        expect(visit.get_by_role("dialog", name="Add videos")).to_be_focused()
        settle(visit)
        visit.keyboard.press("Tab")
        expect(first).to_be_focused()
        visit.keyboard.press("Escape")
        expect(button).to_be_focused()


def test_the_keyboard_stays_on_an_export(visit: Page):
    open_demo(visit)
    visit.get_by_role("tab", name="Downloads", exact=True).click()
    visit.get_by_role("radio", name="Video", exact=True).click()
    settle(visit)
    visit.get_by_role("button", name="Prepare", exact=True).press("Enter")
    expect(visit.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    visit.keyboard.press("Enter")
    expect(visit.get_by_role("button", name="Prepare", exact=True)).to_be_focused()
    visit.get_by_role("radio", name="Report (HTML)").click()
    settle(visit)
    visit.get_by_role("button", name="Prepare", exact=True).press("Enter")
    expect(visit.get_by_role("button", name="Download", exact=True)).to_be_focused()


def select_first_of_library(page: Page) -> Locator:
    """Select the first analysis of the library with the keyboard, and return the button that opens it."""
    go_to(page, "Library")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settle(page)
    opening = page.get_by_role("tabpanel", name="Analyses").get_by_test_id("stBaseButton-primary")
    expect(opening).to_be_disabled()
    page.get_by_role("textbox", name="Search").focus()
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(opening).to_be_enabled()
    return opening


def test_the_keyboard_passes_the_rows_of_the_library_without_opening_one(visit: Page):
    open_demo(visit)
    opening = select_first_of_library(visit)
    expect(visit.get_by_role("heading", name="Library", level=1)).to_be_visible()
    opening.press("Enter")
    expect(visit.get_by_role("heading", name="Demo")).to_be_visible()


_LIGHT_TEXT = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let place = 0; place < pixels.length; place += 4) {
        if ([233, 234, 242, 255].every((value, part) => pixels[place + part] === value)) count++;
    }
    return count;
}"""


def test_colours_follow_the_theme_of_the_system(visit: Page):
    visit.emulate_media(color_scheme="light")
    open_demo(visit)
    visit.get_by_role("tab", name="Over time", exact=True).click()
    overview = visit.locator("[class*=overview] canvas").first
    expect(overview).to_be_visible()
    settle(visit)
    assert overview.evaluate(_LIGHT_TEXT) == 0
    visit.emulate_media(color_scheme="dark")
    expect(visit.locator("body")).to_have_css("color-scheme", "dark")
    settle(visit)
    assert overview.evaluate(_LIGHT_TEXT) > 0


def test_a_dialog_stays_open_when_the_theme_of_the_system_changes(visit: Page):
    visit.emulate_media(color_scheme="light")
    open_demo(visit)
    select_first_of_library(visit)
    visit.get_by_role("button", name="Name and tags").click()
    title = visit.get_by_role("dialog").get_by_role("textbox", name="Title")
    title.fill("Half a ti")
    visit.emulate_media(color_scheme="dark")
    expect(visit.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    visit.wait_for_timeout(2000)
    expect(title).to_have_value("Half a ti")
    title.press("Escape")
    expect(title).to_be_hidden()
    expect(visit.locator("body")).to_have_css("color-scheme", "dark")


def download(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name=label).first.click()
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def test_home_shows_a_result_and_the_limits(visit: Page):
    expect(visit.get_by_role("heading", name="See what faces show")).to_be_visible()
    expect(visit.get_by_alt_text("Two portraits, each with a box")).to_be_visible()
    expect(visit.get_by_text("In the European Union")).to_be_visible()
    assert_fits_a_phone(visit)


def test_the_demo_opens_with_one_click(visit: Page):
    settle(visit)
    open_demo(visit)
    expect(visit.locator(".lane")).to_have_text(["Eileen", "Grace"])
    expect(visit.locator(".flags span")).to_have_text(["Grace joins", "Good news", "Bad news"])
    assert_plays(visit)
    assert_fits_a_phone(visit)


def test_a_whole_card_is_a_link(visit: Page):
    settle(visit)
    # The link covers the card's text, so Playwright refuses to click the text.
    box = visit.get_by_text("Find earlier analyses").bounding_box()
    assert box is not None
    visit.mouse.click(box["x"] + box["width"] / 2, box["y"] + 8)
    expect(visit.get_by_role("heading", name="Library", level=1)).to_be_visible()


def test_a_photo_is_analysed(visit: Page, photo: tuple[Path, int], tmp_path: Path):
    path, count = photo
    broken = tmp_path / "no picture.jpg"
    broken.write_text("text")
    go_to(visit, "Pictures")
    upload(visit, path, broken)
    expect(visit.get_by_role("heading", name=path.name)).to_be_visible()
    expect(visit.get_by_text(f"Face {count}", exact=True)).to_be_visible()
    expect(visit.get_by_text("is not a picture")).to_be_visible()
    expect(visit.get_by_test_id("stVegaLiteChart")).to_have_count(count)

    record = json.loads(download(visit, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert record["file"] == path.name
    assert len(record["faces"]) == count
    assert download(visit, "CSV", tmp_path).name == f"{path.stem}.faces.csv"
    assert download(visit, "Picture", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert_fits_a_phone(visit)


def test_chosen_settings_of_a_video_are_not_cut(visit: Page, clip: Path):
    go_to(visit, "Video")
    upload(visit, clip)
    for name in ("Sampling", "Model"):
        field = visit.get_by_role("combobox", name=name, exact=True)
        expect(field).to_be_visible()
        assert field.evaluate("each => each.scrollWidth <= each.clientWidth"), name


def test_a_video_is_analysed(visit: Page, clip: Path, tmp_path: Path):
    go_to(visit, "Video")
    upload(visit, clip)
    visit.get_by_role("button", name="Analyse").click()
    expect(visit.get_by_role("heading", name=clip.stem)).to_be_visible(timeout=60_000)
    expect(visit.get_by_text("Smile index")).to_be_visible()
    expect(visit.get_by_test_id("stMetricValue").first).to_have_text("happiness")
    assert_plays(visit)

    before = player_time(visit)
    click_at(visit, visit.locator(".chart"), 0.6, 60)
    expect(visit.locator(".time")).not_to_have_text(before)

    visit.get_by_role("tab", name="Downloads").click()
    settle(visit)
    timeline = pd.read_csv(download(visit, "Download", tmp_path))
    visit.get_by_role("radio", name="Parquet").click()
    expect(visit.get_by_text("this program opens it again")).to_be_visible()
    analysis = load_parquet(download(visit, "Download", tmp_path))
    assert len(timeline) == len(analysis.timeline) > 0
    assert analysis.source == clip.name

    # Another page and back: the analysis is still there.
    go_to(visit, "About")
    go_to(visit, "Video")
    expect(visit.get_by_role("heading", name=clip.stem)).to_be_visible()
    assert_fits_a_phone(visit)


def test_a_video_that_browsers_do_not_play_is_converted(visit: Page, shared_data: Path):
    go_to(visit, "Video")
    upload(visit, shared_data / "videos" / "face_then_none_hevc.mov")
    visit.get_by_role("button", name="Analyse").click()
    expect(visit.get_by_role("heading", name="face_then_none_hevc")).to_be_visible(timeout=90_000)
    expect(visit.get_by_text("Smile index")).to_be_visible()
    assert_plays(visit)


def test_the_models_are_listed(visit: Page):
    go_to(visit, "About")
    expect(visit.get_by_text("Recommended").first).to_be_visible()
    expect(visit.get_by_role("rowheader", name="FER+ majority")).to_be_visible()
    assert lines_of_names(visit) == {1}, "a name such as everyface-large is broken at its hyphen"
    assert_fits_a_phone(visit)
    assert lines_of_names(visit) == {1}


def lines_of_names(page: Page) -> set[int]:
    """Return the numbers of lines over which the names of models stand on *About*."""
    names = page.locator("[data-testid=stMarkdown]", has_text="Its name in commands").locator("code")
    return set(names.evaluate_all("names => names.map(name => name.getClientRects().length)"))


def assert_plays(page: Page) -> None:
    """Assert that the browser has decoded the first frame of the video."""
    for _ in range(150):
        # Looked up each time, because the player is rebuilt when its image arrives.
        if page.locator("video").last.evaluate("video => Boolean(video.src) && video.readyState >= 2"):
            return
        page.wait_for_timeout(200)
    pytest.fail("the video does not play")


def player_time(page: Page) -> str:
    """Return the player's position. It is rebuilt when its image arrives; for a moment there are two players."""
    settle(page)
    expect(page.locator(".time")).to_have_count(1)
    return page.locator(".time").inner_text()


def test_a_link_to_a_page_of_a_fresh_server_opens_the_whole_app(browser: Browser):
    with served_app() as url:
        page = browser.new_page()
        page.goto(f"{url}/video?analysis={'0' * 32}")
        expect(page.get_by_role("heading", name="Video", level=1)).to_be_visible()
        expect(page.get_by_text("there is no analysis")).to_be_visible()
        expect(page.get_by_role("link", name="Pictures", exact=True)).to_be_visible()
        expect(page.get_by_test_id("stSidebarNav")).not_to_be_visible()
        page.close()
