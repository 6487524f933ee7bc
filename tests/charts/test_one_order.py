"""Every list, legend and chart shows expressions in one order, whatever the model's order is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from emotion.analytics.compare import Side, common_labels
from emotion.analytics.edits import Event, Span
from emotion.analytics.episodes import transitions
from emotion.analytics.event_figures import before_after
from emotion.analytics.lanes import fit_to_screen
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import TimelineBuilder
from emotion.charts.insight import heat_chart, transition_chart
from emotion.charts.record import confusion_chart
from emotion.charts.timeline import timeline_chart
from emotion.evaluation.metrics import class_report
from emotion.labels import FER2013_LABELS, UNCLEAR, display_order, in_display_order
from emotion.progress import ProgressReporter
from emotion.report.charts import SCREEN, person_chart
from emotion.report.content import build_report
from emotion.report.edited import edit
from emotion.report.excel import write_excel
from emotion.report.picture_records import probabilities_of
from emotion.types import Analysis, Face, FrameResult, VideoInfo
from tests.charts.test_charts_timeline import find

ORDER = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"]
FRAMES = 40


def face_of(label: str) -> Face:
    weights = np.full(len(FER2013_LABELS), 0.05, np.float32)
    weights[FER2013_LABELS.index(label)] = 0.7
    box = np.array([10, 20, 50, 70], np.float32)
    return Face(box_xyxy=box, confidence=0.9, pose=None, track_id=1, probabilities=weights)


@pytest.fixture
def of_fer2013() -> Analysis:
    """Four seconds of one person, first fear, then neutral, from a model with labels in FER2013's order."""
    builder = TimelineBuilder(FER2013_LABELS)
    for index in range(FRAMES):
        face = face_of("fear" if index < FRAMES // 2 else "neutral")
        builder.add(FrameResult(index, index / 10, 160, 120, (face,), FER2013_LABELS))
    timeline, frames = builder.build()
    return Analysis(VideoInfo(160, 120, 10, FRAMES, 4.0), timeline, frames, "fake", FER2013_LABELS, {}, "clip.mp4")


def stacked(spec: dict) -> list[str]:
    """Return the labels at a chart's first moment, from top to bottom."""
    rows = next(rows for rows in spec["datasets"].values() if rows and "low" in rows[0] and "emotion" in rows[0])
    first = [row for row in rows if row["time_s"] == rows[0]["time_s"]]
    return [row["emotion"] for row in sorted(first, key=lambda row: row["low"])]


def sorts(spec: dict) -> list[list[str]]:
    return [sort for sort in find(spec, "sort") if isinstance(sort, list)]


def test_the_order_is_that_of_the_labels_and_unclear_is_last() -> None:
    assert list(display_order([*reversed(ORDER), UNCLEAR])) == [*ORDER, UNCLEAR]
    assert list(in_display_order(dict.fromkeys(FER2013_LABELS, 0.1))) == ORDER


@pytest.mark.slow
def test_the_timeline_keeps_the_models_columns_and_is_stacked_in_the_one_order(of_fer2013: Analysis) -> None:
    columns = [name for name in of_fer2013.timeline.columns if name.startswith("p_")]
    assert columns == [f"p_{label}" for label in FER2013_LABELS]
    assert stacked(timeline_chart(of_fer2013).to_dict()) == ORDER
    zoomed = timeline_chart(of_fer2013, span=Span(1.0, 3.0)).to_dict()
    assert stacked(zoomed) == ORDER
    assert ORDER in find(zoomed, "domain")


def test_a_band_is_as_high_as_its_own_probability(of_fer2013: Analysis) -> None:
    """A changed order of stacking must not swap the heights of labels."""
    _, corners = fit_to_screen(of_fer2013.timeline, of_fer2013.frames, [1])
    first = corners[corners["time_s"] == 0.0]
    heights = (first["high"] - first["low"]).set_axis(first["emotion"])
    assert heights.idxmax() == "fear"
    assert heights["fear"] / heights["anger"] == pytest.approx(14, rel=1e-3)


@pytest.mark.slow
def test_the_report_stacks_as_the_app_does(of_fer2013: Analysis) -> None:
    edited = edit(of_fer2013)
    assert stacked(person_chart(edited, 1, SCREEN).to_dict()) == ORDER
    report = build_report(edited)
    assert [share.label for share in report.shares] == ORDER
    assert list(report.colours) == ORDER
    assert {share.label: share.share for share in report.shares}["fear"] == pytest.approx(0.5)


def test_heat_map_transitions_and_confusion(of_fer2013: Analysis) -> None:
    assert sorts(heat_chart(of_fer2013).to_dict()) == [ORDER]
    counts = transitions(of_fer2013)
    assert list(counts.index) == list(counts.columns) == ORDER
    assert counts.loc["fear", "neutral"] == counts.to_numpy().sum() == 1
    assert all(sort == ORDER for sort in sorts(transition_chart(counts).to_dict()))
    everything = np.arange(len(FER2013_LABELS))
    record = class_report(everything, everything, FER2013_LABELS)
    assert all(sort == ORDER for sort in sorts(confusion_chart(record, shares=False).to_dict()))


def test_events_and_comparisons(of_fer2013: Analysis) -> None:
    figures = before_after(of_fer2013, Event("bell", Span(2.0, 2.0)), 2.0)
    assert figures["emotion"].tolist() == ORDER
    change = figures.set_index("emotion")["effect"]
    assert change["neutral"] == pytest.approx(0.65, abs=1e-6)
    assert change["fear"] == pytest.approx(-0.65, abs=1e-6)
    assert list(common_labels(Side("a", of_fer2013), Side("b", of_fer2013))) == ORDER


@pytest.mark.slow
def test_summary_workbook_and_pictures(of_fer2013: Analysis, tmp_path: Path) -> None:
    assert list(summarise(of_fer2013)["shares"]) == ORDER
    write_excel(edit(of_fer2013), tmp_path / "book.xlsx", ProgressReporter(1, None))
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    first = [row[0].value for row in book["Summary"].iter_rows()]
    assert [name for name in first if name in ORDER][-len(ORDER) :] == ORDER
    assert [cell.value for cell in book["People"][1]][-len(ORDER) :] == [f"Share of {label}" for label in ORDER]
    assert list(probabilities_of(face_of("fear"), FER2013_LABELS)) == ORDER
