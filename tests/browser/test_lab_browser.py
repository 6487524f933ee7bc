"""The model lab, read off the page as a visitor would."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

import emotion
from emotion.analytics.scores import find_record, load_evaluation
from emotion.samples import sample_image
from tests.browser.test_app import assert_fits_a_phone, go_to
from ui.resources import encode_png

pytestmark = pytest.mark.browser


def test_the_lab_shows_what_was_measured(visit: Page):
    name = emotion.list_models()[0]
    evaluation = load_evaluation(name)
    go_to(visit, "Model lab")
    for family, title in (("ferplus", "FER+ majority"), ("fer2013", "FER2013 original")):
        record = find_record(evaluation, family, "Test")
        if record is not None:
            visit.get_by_role("radio", name=title).or_(visit.get_by_role("button", name=title)).first.click()
            # The table is drawn; what it holds stands beside the drawing, for screen readers.
            cells = visit.get_by_test_id("stDataFrame").first.locator("td")
            expect(cells.filter(has_text=str(100 * record["accuracy"])[:5]).first).to_be_attached()

    visit.get_by_role("tab", name="Compare").click()
    expect(visit.get_by_role("heading", name="Reliability")).to_be_visible()
    expect(visit.get_by_text(f"ECE {record['ece']['before']:.1%} before").first).to_be_visible()
    assert_fits_a_phone(visit)


def test_a_visitors_own_pictures_are_judged(visit: Page, tmp_path):
    portrait = sample_image()
    faces = tmp_path / "faces.zip"
    with zipfile.ZipFile(faces, "w") as writer:
        for name in ("happy/1.png", "sad/2.png"):
            writer.writestr(name, encode_png(portrait))
    go_to(visit, "Model lab")
    visit.get_by_role("tab", name="Your pictures").click()
    visit.locator("input[type=file][accept*=zip]").set_input_files(faces)
    expect(visit.get_by_role("heading", name="Worst mistakes")).to_be_visible()
    expect(visit.get_by_text("2 of 2 pictures judged")).to_be_visible()
    expect(visit.get_by_text("sad/2.png")).to_be_visible()
    with visit.expect_download() as download:
        visit.get_by_role("button", name="Every answer as CSV").click()
    assert pd.read_csv(download.value.path())["right"].tolist() == [True, False]
    assert download.value.suggested_filename == f"faces.{emotion.list_models()[0]}.answers.csv"
    assert_fits_a_phone(visit)
