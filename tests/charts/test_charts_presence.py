"""Charts of presence: shares by hand, and the number of marks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.charts.presence import FACING, MAX_BINS, OPEN, ROWS, presence_bins, presence_chart, steadiness_chart
from emotion.types import Analysis
from tests.conftest import make_analysis


@pytest.fixture
def analysis() -> Analysis:
    """One person in 40 frames: turned away in the second half, mouth open in the first quarter."""
    made = make_analysis([["happiness"]] * 40)
    half = np.arange(40) < 20
    timeline = made.timeline.assign(
        yaw=np.where(half, 0.0, 60.0),
        pitch=0.0,
        eye_openness_left=0.3,
        eye_openness_right=0.28,
        gaze_yaw=4.0,
        gaze_pitch=-3.0,
        mouth_openness=np.where(np.arange(40) < 10, 0.5, 0.0),
        similarity=np.where(half, 0.9, 0.4),
    )
    return replace(made, timeline=timeline)


def test_shares_of_spans(analysis):
    bins = presence_bins(analysis, 1, bins=4)
    quarter = bins["end_s"].max() / 4
    spans = bins.assign(start=bins["start_s"] / quarter, end=bins["end_s"] / quarter).round(6)
    assert spans[["row", "start", "end", "share"]].to_numpy().tolist() == [
        [FACING, 0, 2, 1],
        [FACING, 2, 4, 0],
        [OPEN, 0, 1, 1],
        [OPEN, 1, 4, 0],
    ]


def test_hours_need_few_marks():
    made = make_analysis([["happiness"]] * 5000)
    assert len(presence_bins(made, 1)) <= MAX_BINS * len(ROWS)
    for chart in (presence_chart(made, 1), steadiness_chart(made, 1)):
        spec = chart.to_dict()
        assert sum(len(rows) for rows in spec["datasets"].values()) < 5000


def test_the_threshold_is_drawn(analysis):
    spec = steadiness_chart(analysis, 1).to_dict()
    assert [row["similarity"] for rows in spec["datasets"].values() if len(rows) == 1 for row in rows] == [0.6]


def test_everybody_has_the_time_axis_of_the_whole_video():
    late = make_analysis([["happiness"]] * 4 + [["neutral", "surprise"]] * 6)
    shown = [make(late, track) for make in (presence_chart, steadiness_chart) for track in (1, 2)]
    parts = [chart.to_dict().get("layer", [chart.to_dict()])[0] for chart in shown]
    assert [part["encoding"]["x"]["scale"]["domain"] for part in parts] == [[0, pytest.approx(1.0)]] * 4
