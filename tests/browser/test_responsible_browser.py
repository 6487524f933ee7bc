"""The notice, a model card, and deleting everything, in Chromium."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.common.chromium import served, settle
from emotion.samples import make_clip, sample_image
from tests.browser.conftest import NewPage, assert_fits_a_phone
from ui.common.resources import encode_png

TOKEN = "a token of sixteen or more"
PATIENT_MS = 90_000

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def library_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def server(library_folder: Path) -> Iterator[str]:
    settings = {"EMOTION_NOTICE": "on", "EMOTION_METRICS_TOKEN": TOKEN, "EMOTION_LIBRARY": str(library_folder)}
    with served("server.py", **settings) as url:
        yield url


@pytest.fixture
def page(new_page: NewPage, server: str) -> Page:
    page = new_page(1280, 1100)
    page.set_default_timeout(PATIENT_MS)
    return page


def is_asked(page: Page, asked: bool) -> None:
    expect(page.get_by_text("Before the first analysis")).to_have_count(int(asked), timeout=PATIENT_MS)


def choose(page: Page, purpose: str) -> None:
    settle(page)
    page.get_by_test_id("stButtonGroup").get_by_text(purpose, exact=True).click()
    settle(page)


def agree(page: Page, words: str = "Everyone shown knows") -> None:
    choose(page, "Research, with consent")
    page.get_by_test_id("stCheckbox").filter(has_text=words).click()


def test_consent_on_pictures_also_holds_for_video(page: Page, server: str, tmp_path: Path):
    portrait, clip = tmp_path / "portrait.png", make_clip(tmp_path / "clip.mp4")
    portrait.write_bytes(encode_png(sample_image()[:400]))  # unchanged, it would be recognised as the sample
    page.goto(f"{server}/image")
    expect(page.get_by_role("heading", name="Pictures", level=1)).to_be_visible()
    is_asked(page, False)
    settle(page)
    page.locator("input[type=file]").set_input_files(str(portrait))
    is_asked(page, True)
    choose(page, "People at work or in education")
    expect(page.get_by_text("this is prohibited")).to_be_visible()
    assert_fits_a_phone(page)
    page.set_viewport_size({"width": 1280, "height": 1100})
    agree(page)
    expect(page.get_by_role("heading", name="portrait.png")).to_be_visible()
    is_asked(page, False)
    page.get_by_role("button", name="Add pictures").click()
    expect(page.get_by_text("Research, with consent · everyone knows")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Video", exact=True).first.click()
    expect(page.get_by_role("heading", name="Video", level=1)).to_be_visible()
    settle(page)
    page.locator("input[type=file]").set_input_files(str(clip))
    expect(page.get_by_role("button", name="Analyse")).to_be_enabled()
    is_asked(page, False)

    again = page.context.new_page()  # another session of this browser
    again.goto(f"{server}/image")
    expect(again.get_by_role("heading", name="Pictures", level=1)).to_be_visible(timeout=PATIENT_MS)
    settle(again)
    again.locator("input[type=file]").set_input_files(str(portrait))
    expect(again.get_by_role("heading", name="portrait.png")).to_be_visible(timeout=PATIENT_MS)
    is_asked(again, False)


def test_analyse_is_locked_until_consent_and_everything_can_be_deleted(
    page: Page, server: str, library_folder: Path, tmp_path: Path
):
    page.goto(f"{server}/video")
    expect(page.get_by_role("heading", name="Video", level=1)).to_be_visible()
    settle(page)
    page.locator("input[type=file]").set_input_files(str(make_clip(tmp_path / "Musterfrau.mp4")))
    is_asked(page, True)
    expect(page.get_by_role("button", name="Analyse")).to_be_disabled()
    agree(page)
    expect(page.get_by_role("button", name="Analyse")).to_be_enabled()
    settle(page)
    page.get_by_role("button", name="Analyse").click()
    expect(page.get_by_text("Smile index")).to_be_visible(timeout=PATIENT_MS)
    assert any((library_folder / "analyses").iterdir())

    page.get_by_role("link", name="Library", exact=True).first.click()
    page.get_by_role("tab", name="Storage").click()
    settle(page)
    page.get_by_text("Delete everything of mine").click()
    words = page.get_by_label("Type “delete everything” to confirm")
    button = page.get_by_role("button", name="Delete everything", exact=True)
    expect(button).to_be_disabled()
    words.fill("delete everything")
    words.press("Enter")
    expect(button).to_be_enabled()
    settle(page)
    button.click()
    expect(page.get_by_text("Everything was deleted")).to_be_visible(timeout=PATIENT_MS)
    assert list((library_folder / "analyses").iterdir()) == []
    assert list((library_folder / "logs").iterdir()) == []
    for file in library_folder.rglob("*"):
        assert file.is_dir() or b"Musterfrau" not in file.read_bytes(), file


def test_a_model_card_is_shown_and_downloaded(page: Page, server: str, tmp_path: Path):
    page.goto(f"{server}/about")
    page.get_by_role("link", name="Model cards").click()
    expect(page.get_by_role("heading", name="Model card", level=1)).to_be_visible()
    expect(page.get_by_text("Known weaknesses")).to_be_visible()
    expect(page.get_by_text("missed more often than not").first).to_be_visible()
    settle(page)
    with page.expect_download() as started:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="HTML").click()
    started.value.save_as(tmp_path / "card.html")
    assert "Known weaknesses" in (tmp_path / "card.html").read_text(encoding="utf-8")
    assert_fits_a_phone(page)


def test_the_running_server_has_metrics(server: str):
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{server}/metrics", timeout=60)
    asked = urllib.request.Request(f"{server}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        text = answer.read().decode()
    assert "emotion_database_up 1.0" in text
    assert 'emotion_threads{role="server"}' in text
