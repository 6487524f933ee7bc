"""Studies in a real Chromium: four clips become means and a file for SPSS; two coders code a clip and are compared."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from playwright.sync_api import Locator, Page, expect

from bench.common.chromium import settle
from emotion.vision.frame_times import frame_times
from tests.browser.clips import copy_start
from tests.browser.conftest import assert_fits_a_phone
from tests.browser.test_app import go_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLIPS = {
    "p01_comedy": "crying_to_laughing_360p.mp4",
    "p01_news": "one_face_720p.mp4",
    "p02_comedy": "woman_336p.mp4",
    "p02_news": "portrait_d3.mp4",
}
DURATION_S = 4
"""Of each clip: enough for the analysis and the codes."""
CLICKS = 10
"""Maximum number of clicks from the page to the file; typing the title is not a click."""


class Clicker:
    """Clicks and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def __call__(self, target: Locator) -> None:
        settle(self.page)
        target.click()
        self.count += 1
        settle(self.page)

    def tab(self, name: str) -> None:
        """Open a tab."""
        self(self.page.get_by_role("tab", name=name, exact=True))


def test_four_clips_become_a_study(visit: Page, shared_data: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.mp4" for name in CLIPS]
    for path, clip in zip(files, CLIPS.values(), strict=True):
        copy_start(shared_data / "videos" / clip, path, DURATION_S)
    go_to(visit, "Studies")
    click = Clicker(visit)
    visit.get_by_role("textbox", name="Title of the study").fill("Trailers")
    click(visit.get_by_role("button", name="Create study"))
    visit.locator("input[type=file]").first.set_input_files(files)
    click.count += 1
    expect(visit.get_by_role("textbox", name="Pattern of the file names")).to_have_value("{participant}_{stimulus}")
    settle(visit)
    click(visit.get_by_role("combobox", name="Sampling"))
    click(visit.get_by_role("option", name="1 frame per second"))
    click(visit.get_by_role("button", name="Analyse 4 videos"))
    expect(visit.get_by_text("2 participants × 2 stimuli · 4 analysed")).to_be_visible(timeout=300_000)

    click.tab("Means")
    expect(
        visit.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    ).to_be_visible()
    expect(visit.get_by_role("button", name="Means as CSV")).to_be_visible()
    click.tab("Curve")
    expect(visit.get_by_text("Lines: mean across people.")).to_be_visible()
    click.tab("Contrast")
    expect(visit.get_by_text("difference in happiness between comedy and news")).to_be_visible()
    click.tab("Files")
    with visit.expect_download() as caught:
        click(visit.get_by_role("button", name="Means for SPSS (.sav)"))
    caught.value.save_as(tmp_path / "means.sav")
    table, about = pyreadstat.read_sav(tmp_path / "means.sav")
    assert list(zip(table["participant"], table["stimulus"], strict=True)) == [(name[:3], name[4:]) for name in CLIPS]
    assert (table["seconds"] > 0).all()
    assert about.file_label == "Trailers"
    assert click.count <= CLICKS
    for name in ("Videos", "Means", "Curve", "Contrast", "Files"):
        visit.set_viewport_size({"width": 1280, "height": 900})
        click.tab(name)
        assert_fits_a_phone(visit)


def test_two_coders_code_a_video_and_are_compared(visit: Page, shared_data: Path, tmp_path: Path) -> None:
    """From the upload of a video to the disagreement, which opens the video at its time."""
    clip = shared_data / "videos" / "crying_to_laughing_360p.mp4"
    path = copy_start(clip, tmp_path / "p03_laughing.mp4", DURATION_S)
    times = frame_times(path)
    go_to(visit, "Studies")
    click = Clicker(visit)
    name_study(visit, click, "Coded")
    visit.locator("input[type=file]").first.set_input_files(path)
    settle(visit)
    click(visit.get_by_role("combobox", name="Sampling"))
    click(visit.get_by_role("option", name="1 frame per second"))
    click(visit.get_by_text("Keep the video in the library"))
    click(visit.get_by_role("button", name="Analyse 1 video"))
    expect(visit.get_by_text("1 participant × 1 stimulus · 1 analysed")).to_be_visible(timeout=300_000)
    click.tab("Coding")
    for coder, frames in (("ann", (10, 40)), ("bob", (10, 25))):
        visit.get_by_role("textbox", name="Your name as a coder").fill(coder)
        visit.keyboard.press("Enter")
        ruler = visit.get_by_role("slider", name="Position in the video")
        expect(ruler).to_be_visible()
        settle(visit)
        expect(visit.locator(".coded")).to_have_count(0)
        expect(visit.locator(".player .frame")).to_have_text("frame 0")
        for frame in frames:
            step_to(visit, ruler, frame)
            visit.keyboard.press("h")
        expect(visit.get_by_text("1 span saved.")).to_be_visible()
        click(visit.get_by_role("button", name="Mark as finished"))
        expect(visit.get_by_text("Finished: it counts in")).to_be_visible()
        expect(visit.get_by_role("button", name="Continue coding")).to_be_focused()
    with visit.expect_download() as caught:
        click(visit.get_by_role("button", name="My codes as CSV"))
    caught.value.save_as(tmp_path / "codes.csv")
    (row,) = pd.read_csv(tmp_path / "codes.csv").to_dict("records")
    assert (row["coder"], row["participant"], row["stimulus"], row["code"]) == ("bob", "p03", "laughing", "happiness")
    assert (row["start_s"], row["end_s"]) == (times[10], times[25])
    assert_fits_a_phone(visit)
    visit.set_viewport_size({"width": 1280, "height": 900})

    click.tab("Agreement")
    expect(visit.get_by_text("2 finished, by ann, bob.")).to_be_visible()
    visit.get_by_text("The model as one more coder", exact=True).click()
    expect(visit.get_by_text("ann: happiness; bob: no code")).to_be_visible()
    assert_fits_a_phone(visit)
    visit.set_viewport_size({"width": 1280, "height": 900})
    click(visit.get_by_role("button", name="Open the video there"))
    expect(visit.get_by_role("heading", name="Video", level=1)).to_be_visible()
    video = visit.locator(".player video")
    visit.wait_for_function("video => video.readyState >= 2 && video.currentTime > 0.5", arg=video.element_handle())
    assert video.evaluate("video => video.currentTime") == pytest.approx(times[25], abs=0.15)


def step_to(page: Page, ruler: Locator, frame: int) -> None:
    """Step to a frame of the video to code."""
    ruler.focus()
    readout = page.locator(".player .frame")
    for _ in range(frame - int(readout.inner_text().removeprefix("frame "))):
        page.keyboard.press("ArrowRight")
    expect(readout).to_have_text(f"frame {frame}")


def test_typed_cells_wait_for_save_while_another_tab_is_shown(visit: Page) -> None:
    go_to(visit, "Studies")
    click = Clicker(visit)
    name_study(visit, click, "Drafts")
    click.tab("People and stimuli")
    click(visit.get_by_role("button", name="Add people or stimuli"))
    names = visit.get_by_role("textbox", name="Names, separated by commas")
    names.fill("p01, p02")
    names.press("Enter")
    click(visit.get_by_role("button", name="Add", exact=True))
    table = visit.get_by_test_id("stDataFrame").first
    for _ in range(2):  # the second word replaces a draft that was shown again
        table.locator(".dvn-scroller").dblclick(position={"x": 850, "y": 52})
        visit.keyboard.press("Control+A")
        visit.keyboard.type("ill")
        click.tab("Videos")
        click.tab("People and stimuli")
        expect(table.locator("td").filter(has_text="ill")).to_have_count(1)
    expect(visit.get_by_text("Changes are not saved yet.")).to_be_visible()
    click(visit.get_by_role("button", name="Save changes"))
    expect(visit.get_by_text("Changes are not saved yet.")).to_have_count(0)
    expect(table.locator("td").filter(has_text="ill")).to_have_count(1)


def name_study(page: Page, click: Clicker, title: str) -> None:
    """Create a study; with one in the library, the field is behind a button."""
    field = page.get_by_role("textbox", name="Title of the study")
    another = page.get_by_role("button", name="New study")
    expect(field.or_(another).first).to_be_visible()
    if another.is_visible():
        click(another)
    field.fill(title)
    click(page.get_by_role("button", name="Create study"))
