"""The model lab in Chromium, as a visitor uses it."""

from __future__ import annotations

import re
import zipfile

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

import emotion
from bench.common.chromium import settle
from emotion.evaluation.scores import find_record, load_evaluation
from emotion.samples import sample_image
from tests.browser.test_app import assert_fits_a_phone, go_to
from ui.common.resources import encode_png

pytestmark = pytest.mark.browser


FAMILIES = (("ferplus", "FER+ majority"), ("fer2013", "FER2013 original"))


def test_every_figure_matches_the_evaluation(visit: Page):
    visit.set_viewport_size({"width": 1800, "height": 1400})  # wide enough to draw all columns
    go_to(visit, "Inside the models")
    for family, title in FAMILIES:
        for split in ("Validation", "Test"):
            for name in (title, split):
                visit.get_by_role("radio", name=name).or_(visit.get_by_role("button", name=name)).first.click()
                settle(visit)
            assert_figures(visit, family, split)


def assert_figures(page: Page, family: str, split: str) -> None:
    """Assert that the table has the figures of each model's evaluation."""
    records = {name: find_record(load_evaluation(name), family, split) for name in emotion.list_models()}
    assert len(records) >= 7
    for name, record in records.items():
        if record is not None:
            low, high = record["accuracy_interval"]
            shares = (record["accuracy"], record["balanced_accuracy"], record["macro_f1"], record["ece"]["after"])
            row = _row_of(page, name)
            for text in (*map(_beginning, shares), f"{100 * low:.1f} – {100 * high:.1f}"):
                expect(_cell(row, text).first).to_be_attached()


def _beginning(share: float) -> str:
    """Return the start of a cell for screen readers: per cent, unrounded, without trailing zeros."""
    return str(100 * share)[:6].rstrip("0").rstrip(".")


def _row_of(visit: Page, model: str) -> Locator:
    """Return a row from the table's copy for screen readers, because the table itself is a canvas."""
    grid = visit.get_by_test_id("stDataFrame").first
    return grid.locator("tr").filter(has=visit.get_by_text(model, exact=True))


def _cell(row: Locator, beginning: str) -> Locator:
    return row.locator("td").filter(has_text=re.compile(f"^{re.escape(beginning)}"))


def test_models_are_compared(visit: Page):
    record = find_record(load_evaluation(emotion.list_models()[0]), "ferplus", "Test")
    go_to(visit, "Inside the models")
    visit.get_by_role("tab", name="Compare").click()
    expect(visit.get_by_role("heading", name="Reliability")).to_be_visible()
    expect(visit.get_by_text(f"ECE {record['ece']['before']:.1%} before").first).to_be_visible()
    assert_fits_a_phone(visit)


def test_uploaded_pictures_are_scored(visit: Page, tmp_path):
    portrait = sample_image()
    faces = tmp_path / "faces.zip"
    with zipfile.ZipFile(faces, "w") as writer:
        for name in ("happy/1.png", "sad/2.png"):
            writer.writestr(name, encode_png(portrait))
    go_to(visit, "Test on my pictures")
    visit.get_by_role("tab", name="Labelled pictures").click()
    visit.locator("input[type=file][accept*=zip]").set_input_files(faces)
    expect(visit.get_by_role("heading", name="Worst mistakes")).to_be_visible()
    expect(visit.get_by_text("2 of 2 pictures evaluated")).to_be_visible()
    expect(visit.get_by_text("sad/2.png")).to_be_visible()
    with visit.expect_download() as download:
        visit.get_by_role("button", name="Every answer as CSV").click()
    assert pd.read_csv(download.value.path())["right"].tolist() == [True, False]
    assert download.value.suggested_filename == f"faces.{emotion.list_models()[0]}.answers.csv"
    assert_fits_a_phone(visit)
