"""A model is added, used and removed in the lab, in Chromium."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.common.chromium import settle
from emotion.imported_models.importer import remove_model
from emotion.models.offered import plain_name
from emotion.models.registry import imported_models, model_dir
from tests.browser.test_app import assert_fits_a_phone, go_to

pytestmark = pytest.mark.browser


@pytest.fixture
def own_file(tmp_path: Path):
    """A shipped model's file under another name; imported models are removed afterwards."""
    yield Path(shutil.copy(model_dir("default") / "model.tflite", tmp_path / "My own model.tflite"))
    for name in imported_models():
        remove_model(name)


def test_a_model_is_added_tried_and_removed(visit: Page, own_file: Path, tmp_path: Path):
    go_to(visit, "Inside the models")
    own = open_tab(visit, "Your models")
    text = tmp_path / "text.tflite"
    text.write_text("not a model")
    own.locator("input[type=file]").set_input_files(text)
    expect(own.get_by_text("expected a .tflite model")).to_be_visible()

    # Until its script ends, the page also has the emptied uploader, which ignores new files.
    expect(own.locator("input[type=file]")).to_have_count(1)
    own.locator("input[type=file]").set_input_files(own_file)
    expect(own.get_by_text("output: 8 scores before softmax, int8")).to_be_visible()
    expect(own.get_by_text("expected a .tflite model")).not_to_be_visible()
    expect(own.get_by_role("textbox", name="Name")).to_have_value("my-own-model")
    expect(own.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    choose(visit, own, "Order of the outputs", "FER+")
    choose(visit, own, "Pixels it was trained on", "Mean 0 and deviation 1 in each face")
    expect(own.get_by_text(re.compile(r"happiness \d+%"))).to_be_visible()
    # Clicked right after typing: the click must use the new name.
    own.get_by_role("textbox", name="Name").fill("my-own")
    own.get_by_role("button", name="Add", exact=True).click()
    expect(own.get_by_text("my-own was added")).to_be_visible()
    assert imported_models() == ["my-own"]

    cells = open_tab(visit, "Models").get_by_test_id("stDataFrame").locator("td")
    expect(cells.filter(has_text="my-own").first).to_be_attached()
    go_to(visit, "Test on my pictures")
    attempt = visit.get_by_role("tabpanel", name="One photo")
    attempt.get_by_role("button", name="Try the sample").click()
    expect(attempt.get_by_text("my-own", exact=True)).to_be_visible()
    for name in (plain_name("default"), "my-own"):  # the same answer from the shipped and the added model
        answer = attempt.get_by_test_id("stVerticalBlock").filter(has=visit.get_by_text(name, exact=True)).last
        expect(answer.get_by_text(re.compile(r"happiness \d+%"))).to_be_visible()

    assert_fits_a_phone(visit)
    visit.set_viewport_size({"width": 1280, "height": 900})
    go_to(visit, "Inside the models")
    own = open_tab(visit, "Your models")
    assert_fits_a_phone(visit)
    own.get_by_role("button", name="Remove").click()
    settle(visit)  # until the script ends, Streamlit may replace the button between press and release
    own.get_by_role("button", name="Yes, remove").click()
    expect(own.get_by_text("my-own was removed")).to_be_visible()
    assert imported_models() == []
    expect(cells.filter(has_text="my-own")).not_to_be_attached()


def open_tab(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name, exact=True).click()
    return page.get_by_role("tabpanel", name=name)


def choose(page: Page, where: Locator, box: str, option: str) -> None:
    where.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option, exact=True).click()
