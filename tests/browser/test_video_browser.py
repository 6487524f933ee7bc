"""A video in the app: analysed in the background, edited, exported, and found again."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import openpyxl
import pandas as pd
import pyarrow.parquet
import pypdf
import pytest
import webvtt
from playwright.sync_api import Page, expect

from bench.common.chromium import click_at, settle
from emotion.report.formats import FORMATS, Format
from tests.browser.clips import copy_start
from tests.browser.conftest import assert_fits_a_phone, open_demo
from tests.browser.test_app import assert_plays, go_to, player_time, upload

pytestmark = pytest.mark.browser

NAME, FILE_NAME = "Ada Łovelace", "Konzert № 1"


def test_a_video_is_analysed_edited_exported_and_found_again(visit: Page, shared_data: Path, tmp_path: Path):
    name = "concert_cuts_360p.mp4"
    clip = copy_start(shared_data / "videos" / name, tmp_path / name, 4)
    go_to(visit, "Video")
    upload(visit, clip)
    expect(visit.get_by_role("button", name="Discard", exact=True)).to_be_visible()
    settle(visit)
    visit.get_by_role("button", name="Analyse", exact=True).click()
    expect(visit.get_by_text(clip.stem, exact=True).first).to_be_visible()
    go_to(visit, "About")
    go_to(visit, "Video")
    expect(visit.get_by_role("heading", name=clip.stem)).to_be_visible(timeout=120_000)
    expect(visit.get_by_text("Smile index").first).to_be_visible()
    assert_plays(visit)
    expect(visit.locator("video")).to_have_attribute("src", re.compile("^/video-files/"))

    _seek_by_the_chart(visit)
    _mark_an_event(visit)
    _rename_a_person(visit)

    visit.get_by_role("tab", name="Downloads").click()
    settle(visit)
    files = {known.name: _export(visit, known, tmp_path) for known in FORMATS}
    assert files.keys() == READERS.keys()
    for name, read in READERS.items():
        read(files[name], clip)
    assert len(pd.read_csv(files["csv"])) == pyarrow.parquet.read_table(files["parquet"]).num_rows
    assert_fits_a_phone(visit)

    # The address names the analysis, and the library has its edits.
    visit.reload()
    expect(visit.locator(".lane").filter(has_text=NAME)).to_have_count(1)
    expect(visit.locator(".marks .mark")).to_have_count(1)


def _seek_by_the_chart(page: Page) -> None:
    before = player_time(page)
    click_at(page, page.locator(".chart"), 0.6, 60)
    expect(page.locator(".time")).not_to_have_text(before)


def _mark_an_event(page: Page) -> None:
    page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.locator(".marks .mark")).to_have_count(1)
    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_text("Event 1").first).to_be_attached()


def _rename_a_person(page: Page) -> None:
    page.get_by_role("tab", name="People").click()
    settle(page)
    name = page.get_by_role("textbox", name=re.compile(r"^Name of Person \d+$")).first
    name.fill(NAME)
    name.press("Enter")
    expect(page.locator(".lane").filter(has_text=NAME)).to_have_count(1)
    settle(page)
    expect(name).to_have_value(NAME)


def _export(page: Page, known: Format, folder: Path) -> Path:
    """Choose a format, prepare it if necessary, and download it under a chosen name."""
    page.get_by_role("radio", name=known.title, exact=True).click()
    expect(page.get_by_text(known.about)).to_be_visible()
    settle(page)
    title = page.get_by_role("textbox", name="File name")
    if title.input_value() != FILE_NAME:
        title.fill(FILE_NAME)
        title.press("Enter")
        settle(page)
    if known.slow:
        page.get_by_role("button", name="Prepare", exact=True).click()
    ready = page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download", exact=True)
    expect(ready).to_be_visible(timeout=180_000)
    settle(page)
    with page.expect_download() as started:
        ready.click()
    assert started.value.suggested_filename == f"{FILE_NAME}{known.suffix}"
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def _read_csv(path: Path, clip: Path) -> None:
    timeline = pd.read_csv(path)
    assert NAME in set(timeline["person"])
    assert timeline.filter(regex="^p_").sum(axis=1).round(4).eq(1).all()


def _read_parquet(path: Path, clip: Path) -> None:
    table = pyarrow.parquet.read_table(path)
    assert table.num_rows
    assert any(b"Event 1" in value for value in table.schema.metadata.values())


def _read_json(path: Path, clip: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["source"] == clip.name
    assert list(record["edits"]["names"].values()) == [NAME]
    assert [event["label"] for event in record["edits"]["events"]] == ["Event 1"]


def _read_excel(path: Path, clip: Path) -> None:
    workbook = openpyxl.load_workbook(path, read_only=True)
    cells = {sheet.title: [cell for row in sheet.iter_rows(values_only=True) for cell in row] for sheet in workbook}
    assert NAME in cells["People"]
    assert NAME in cells["Timeline"]
    assert "Event 1" in cells["Events"]
    assert {"Summary", "Frames", "Model and settings"} <= cells.keys()


def _read_captions(path: Path, clip: Path) -> None:
    assert any(NAME in caption.text for caption in webvtt.read(str(path)))


def _read_html(path: Path, clip: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert NAME in text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)


def _read_pdf(path: Path, clip: Path) -> None:
    assert NAME in "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def _read_film(path: Path, clip: Path) -> None:
    with av.open(str(path)) as film, av.open(str(clip)) as source:
        assert source.streams.audio, "expected a clip with sound"
        assert film.streams.video[0].codec_context.name == "h264"
        assert _picture_times(film) == pytest.approx(_picture_times(source), abs=0.002)
        assert _sound_s(film) == pytest.approx(_sound_s(source), abs=0.1)


def _picture_times(container: av.container.InputContainer) -> list[float]:
    """Return the display time of each frame from the start of playback, in seconds."""
    container.seek(0)
    start_s = (container.start_time or 0) / av.time_base
    return [frame.time - start_s for frame in container.decode(video=0)]


def _sound_s(container: av.container.InputContainer) -> float:
    container.seek(0)
    return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def _read_figures(path: Path, clip: Path) -> None:
    with zipfile.ZipFile(path) as figures:
        names = figures.namelist()
        assert {"timeline.svg", "timeline.pdf", "time-per-expression.svg", "methods.txt"} <= set(names)
        assert 'width="180.00mm"' in figures.read("timeline.svg").decode()
        assert pypdf.PdfReader(io.BytesIO(figures.read("timeline.pdf"))).pages
        assert "SHA-256" in figures.read("methods.txt").decode()


def _read_table(path: Path, clip: Path) -> None:
    assert len(pd.read_csv(path))


READERS: dict[str, Callable[[Path, Path], None]] = {
    "csv": _read_csv,
    "movements": _read_table,
    "codebook": _read_table,
    "parquet": _read_parquet,
    "json": _read_json,
    "xlsx": _read_excel,
    "vtt": _read_captions,
    "mp4": _read_film,
    "html": _read_html,
    "pdf": _read_pdf,
    "figures": _read_figures,
}
"""Format → function that reads a downloaded file and compares it with the clip."""


# Four clicks within a second of typing: a very busy browser may report later than the script waits.
@pytest.mark.flaky(reruns=3)
def test_a_click_on_another_tab_or_page_saves_what_was_typed(visit: Page):
    open_demo(visit)
    people, overview = (visit.get_by_role("tab", name=name, exact=True) for name in ("People", "Overview"))
    name = visit.get_by_role("textbox", name="Name of Person 1")

    def rename(text: str) -> None:
        people.click()
        settle(visit)
        name.fill(text)

    rename("Zoe")
    overview.click()
    expect(visit.locator(".lane").filter(has_text="Zoe")).to_have_count(1)
    rename("Mia")
    go_to(visit, "About")
    go_to(visit, "Video")
    expect(visit.locator(".lane").filter(has_text="Mia")).to_have_count(1)

    visit.get_by_role("tab", name="Events", exact=True).click()
    settle(visit)
    visit.get_by_test_id("stDataFrame").first.locator(".dvn-scroller").dblclick(position={"x": 700, "y": 52})
    visit.keyboard.press("Control+A")
    visit.keyboard.type("Guest arrives")
    overview.click()
    expect(visit.locator(".flags").filter(has_text="Guest arrives")).to_have_count(1)
