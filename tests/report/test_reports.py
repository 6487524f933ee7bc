from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from pypdf import PdfReader

from emotion.analytics.edits import Edits, Event, Span
from emotion.errors import Cancelled
from emotion.models.registry import load_card, shipped_models
from emotion.publication.render import to_svg
from emotion.report.charts import PRINT, SCREEN, movement_faces, person_chart
from emotion.report.content import MAX_CHARTS, build_report
from emotion.report.edited import edit
from emotion.report.facts import COUNT, LIMITS, SECONDS, SHARE, Fact, clock, model_facts, model_scores, settings_facts
from emotion.report.html import write_html
from emotion.report.pdf import write_pdf
from emotion.vision.movement_codebook import MEASURE_COLUMNS
from tests.conftest import make_analysis

NAMES = {1: "Ζωή <b>&", 2: "Жанна d’Été"}
EVENTS = (Event("2nd <i>question</i>", Span(0.4, 0.4)), Event("a break", Span(0.7, 0.9), excluded=True))


@pytest.fixture
def edited(analysis):
    named = replace(analysis, source="Gespräch №2 <x>.mp4", model=shipped_models()[0])
    return edit(named, Edits(names=NAMES, events=EVENTS))


@pytest.fixture
def page(edited, tmp_path):
    write_html(edited, tmp_path / "r.html")
    return (tmp_path / "r.html").read_text(encoding="utf-8")


def pdf_text(path) -> tuple[int, str]:
    pages = PdfReader(path).pages
    return len(pages), " ".join(" ".join(page.extract_text() for page in pages).split())


def test_html_has_all_sections_and_escapes_names(page, edited):
    for text in ("Gespräch №2 &lt;x&gt;.mp4", "Ζωή &lt;b&gt;&amp;", "Жанна d’Été", "2nd &lt;i&gt;question&lt;/i&gt;"):
        assert text in page
    assert "<b>" not in page and "<i>" not in page
    assert load_card(edited.analysis.model).sha256 in page
    assert all(limit[:40] in page for limit in LIMITS)


def test_html_has_no_requests_and_no_scripts(page):
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|iframe|object|img|form)|\son\w+=|url\(|@import", page)
    names_of_formats = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= names_of_formats


def test_html_has_a_chart_per_person_and_the_donut(page):
    assert page.count("<svg") == 3
    assert page.count("currentColor") > 10, "text of charts follows the page, light or dark"


def test_events_past_the_end_of_the_video_do_not_widen_charts(edited):
    plain = to_svg(person_chart(edited, 1, PRINT).to_dict())
    late = (Event("goes on", Span(0.4, 9999)), Event("after the video", Span(500, 501)))
    marked = to_svg(person_chart(edit(edited.raw, Edits(events=(*EVENTS, *late))), 1, PRINT).to_dict())
    width = re.compile(r'<svg[^>]* width="([0-9]+)"')
    assert width.search(marked)[1] == width.search(plain)[1]
    assert ">2<" in marked and ">3<" in marked and ">4<" not in marked, "numbers are those of the list of events"


@pytest.fixture
def smiling(edited):
    """The same people with movements: at rest while neutral leads, a smile with a higher left corner at the event."""
    rows = make_analysis([["neutral", "neutral"]] * 10 + [["happiness", "neutral"]] * 10).timeline
    rows[list(MEASURE_COLUMNS)] = np.float32(0)
    later = rows["time_s"].between(1, 2) & (rows["track_id"] == 1)
    rows.loc[later, ["lip_corner_height_left", "lip_corner_height_right"]] = np.float32([0.12, 0.06])
    raw = replace(make_analysis([["neutral", "neutral"]] * 20), timeline=rows, model=edited.analysis.model)
    events = (Event("2nd <i>question</i>", Span(1.0, 2.0)), Event("a break", Span(5, 6), excluded=True))
    return edit(raw, Edits(names=NAMES, events=events))


def test_html_has_a_face_per_person_and_event(smiling, tmp_path):
    write_html(smiling, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Movements drawn on a face" in page
    assert [face.title for face in movement_faces(smiling)] == [
        "Ζωή <b>&, all of the video",
        "Ζωή <b>&, 2nd <i>question</i>",
        "Жанна d’Été, all of the video",
        "Жанна d’Été, 2nd <i>question</i>",
    ]
    assert page.count("<figcaption>") == 4
    assert "Lip corner up, left 0.120. Lip corner up, right 0.060." in page
    assert "<i>" not in page and "<b>" not in page


def test_a_report_without_movements_has_no_faces(edited):
    assert movement_faces(edited) == []


@pytest.mark.slow
def test_pdf_has_faces(smiling, tmp_path):
    write_pdf(smiling, tmp_path / "r.pdf")
    _, text = pdf_text(tmp_path / "r.pdf")
    assert "Movements drawn on a face" in text
    assert "Ζωή <b>&, 2nd <i>question</i>" in text
    drawings = [image for page in PdfReader(tmp_path / "r.pdf").pages for image in page.images]
    assert len(drawings) == 1 + 2 + 3, "the donut, a chart per person, the faces; two of them are equal"


@pytest.mark.slow
def test_pdf_has_the_same_text_on_numbered_pages(edited, tmp_path):
    write_pdf(edited, tmp_path / "r.pdf")
    count, text = pdf_text(tmp_path / "r.pdf")
    assert f"1 / {count}" in text and f"{count} / {count}" in text
    for expected in ("Gespräch №2 <x>.mp4", "Ζωή <b>&", "Жанна d’Été", "2nd <i>question</i>", "left out", "Limits"):
        assert expected in text
    assert PdfReader(tmp_path / "r.pdf").metadata.title == "Expressions in Gespräch №2 <x>.mp4"


@pytest.mark.slow
def test_pdf_embeds_fonts_and_charts(edited, tmp_path):
    write_pdf(edited, tmp_path / "r.pdf")
    reader = PdfReader(tmp_path / "r.pdf")
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    embedded = [font for font in fonts if "/FontDescriptor" in font and "/FontFile2" in font["/FontDescriptor"]]
    assert {font["/BaseFont"].partition("+")[2] for font in embedded} >= {"NotoSans-Regular", "NotoSans-Bold"}
    used = " ".join(page.get_contents().get_data().decode("latin-1") for page in reader.pages)
    others = {name for page in reader.pages for name, font in page["/Resources"]["/Font"].items()
              if "/FontDescriptor" not in font.get_object()}  # fmt: skip
    assert not any(re.search(rf"{name} [\d.]+ Tf [^B]*\(\S", used) for name in others)
    assert sum(len(page.images) for page in reader.pages) == 3


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_html, write_pdf])
def test_a_report_without_a_face_says_so(write, tmp_path):
    cut = replace(make_analysis([[]] * 3), complete=False, note="It was cancelled.")
    write(edit(cut), tmp_path / "r")
    content = (tmp_path / "r").read_bytes()
    text = pdf_text(tmp_path / "r")[1] if content.startswith(b"%PDF") else content.decode()
    assert "No face was found" in text
    assert "It was cancelled." in text
    assert "not installed on this machine" in text


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_html, write_pdf])
def test_a_report_can_be_cancelled(write, edited, tmp_path):
    def stop(progress):
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        write(edited, tmp_path / "r", stop)


def test_the_number_of_charts_is_limited():
    report = build_report(edit(make_analysis([["happiness"] * 20] * 2)))
    assert len(report.people) == 20
    assert len(report.charted) == MAX_CHARTS


def test_a_long_video_stays_under_five_thousand_marks():
    analysis = make_analysis([["happiness", "anger"][index % 2 : index % 2 + 1] for index in range(8000)])
    edited = edit(replace(analysis, settings={"abstain_below": 0.9}))
    chart = person_chart(edited, 1, PRINT).to_dict()
    assert all(len(rows) < 5000 for rows in chart["datasets"].values())
    assert sum(map(len, chart["datasets"].values())) < 5000


def test_chart_labels_are_escaped():
    edits = Edits(events=(Event("</svg><script>", Span(0, 1)),))
    svg = to_svg(person_chart(edit(make_analysis([["happiness"]] * 20), edits), 1, SCREEN).to_dict())
    assert "<script" not in svg


def test_a_report_states_date_and_version(edited):
    report = build_report(edited, datetime(2024, 3, 9, 8, 5))
    assert report.created == "9 March 2024, 08:05"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", report.version)
    assert [row.number for row in report.events] == [1, 2]
    assert report.events[1].when == "0:00.7–0:00.9"


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (Fact("x", None, SHARE), "–"),
        (Fact("x", ""), "–"),
        (Fact("x", 0.256, SHARE), "26%"),
        (Fact("x", 3723.04, SECONDS), "1:02:03.0"),
        (Fact("x", 1234567, COUNT), "1,234,567"),
    ],
)
def test_values_as_text(fact, text):
    assert fact.text == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (61.04, "1:01.0"), (3599.97, "1:00:00.0")]
)
def test_times_carry_over_to_minutes_and_hours(seconds, text):
    assert clock(seconds) == text


def test_settings_are_written_in_words(analysis):
    settings = {
        "eyes": True,
        "movements": False,
        "start_s": 2.0,
        "end_s": None,
        "abstain_slopes": {"yaw": 0.0, "size": 0.1},
    }
    facts = {fact.name: fact.text for fact in settings_facts(replace(analysis, settings=settings))}
    assert (facts["Eyes measured"], facts["Movements measured"]) == ("yes", "no")
    assert (facts["Start, s"], facts["End, s"]) == ("2", "–")
    assert facts["Unclear threshold: increase by angle, size and uncertainty"] == "yaw 0, size 0.1"


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_models())
def test_every_shipped_model_can_be_reported(name):
    facts = {fact.name: fact.text for fact in model_facts(replace(make_analysis([[]]), model=name))}
    assert facts["SHA-256"] == load_card(name).sha256
    for scores in model_scores(name):
        assert 0 < scores.accuracy < 1
        assert scores.faces > 0 and len(scores.per_label) >= 2
