"""A study in Chromium: from four clips to means, curve, contrast and the file for SPSS."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyreadstat
import pytest
from playwright.sync_api import Locator, Page, expect

from bench.common.chromium import settle
from tests.browser.conftest import assert_fits_a_phone
from tests.browser.test_app import go_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLIPS = {
    "p01_comedy": "crying_to_laughing_360p.mp4",
    "p01_news": "one_face_720p.mp4",
    "p02_comedy": "woman_336p.mp4",
    "p02_news": "portrait_d3.mp4",
}
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
        shutil.copyfile(shared_data / "videos" / clip, path)
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
    save_screenshot(visit, tmp_path / "videos.png")

    click.tab("Means")
    expect(
        visit.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    ).to_be_visible()
    expect(visit.get_by_role("button", name="Means as CSV")).to_be_visible()
    save_screenshot(visit, tmp_path / "means.png")
    click.tab("Curve")
    expect(visit.get_by_text("Lines: mean across people.")).to_be_visible()
    save_screenshot(visit, tmp_path / "curve.png")
    click.tab("Contrast")
    expect(visit.get_by_text("difference in happiness between comedy and news")).to_be_visible()
    save_screenshot(visit, tmp_path / "contrast.png")
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
        visit.screenshot(path=tmp_path / f"{name}_400.png", full_page=True)


def save_screenshot(page: Page, path: Path) -> None:
    """Save a screenshot of the page, to look at after a failure."""
    settle(page)
    page.screenshot(path=path, full_page=True)
