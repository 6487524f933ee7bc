from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.face_means import mean_movements
from emotion.analytics.behaviour.signals import (
    EYES,
    GAZE,
    HEAD,
    envelope,
    has_eyes,
    has_movements,
    marks,
    signal_table,
    signals_of,
)
from emotion.analytics.behaviour.span_figures import behaviour_of
from emotion.analytics.edits import Span
from emotion.types import Analysis, VideoInfo
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENTS

FPS = 30


def timeline(seconds: float = 6.0, track: int = 1, *, blinks=(), lip_corner=0.0, moved_from_s: float = 3.0):
    count = round(seconds * FPS)
    times = np.arange(count) / FPS
    openness = np.full(count, 0.25)
    for start_s in blinks:
        openness[(times >= start_s) & (times < start_s + 0.15)] = 0.03
    table = pd.DataFrame({
        "frame_index": np.arange(count), "time_s": times, "track_id": track, "emotion": "neutral",
        "eye_openness_left": openness, "eye_openness_right": openness, "gaze_yaw": np.where(times < 3, 0.0, 30.0),
        "gaze_pitch": 0.0, "yaw": 0.0, "pitch": 0.0, "roll": 0.0,
    })  # fmt: skip
    table[list(MEASURE_COLUMNS)] = 0.01
    later = table["time_s"] >= moved_from_s
    table.loc[later, "lip_corner_height_left"] += lip_corner
    table.loc[later, "emotion"] = "happiness"
    return table


def test_signals_have_known_values():
    rows = timeline(blinks=[1.0], lip_corner=0.08)
    table = signal_table(rows)
    assert table["open_left"].iloc[0] == pytest.approx(1.0)
    assert table["open_left"].min() == pytest.approx(0.03 / 0.25)
    assert table["gaze_angle"].iloc[[0, -1]].tolist() == pytest.approx([0.0, 30.0])
    assert table["lip_corner_up_left"].iloc[-1] == pytest.approx(0.08)
    assert table["lip_corner_up_right"].iloc[-1] == pytest.approx(0.0)
    assert [signal.key for signal in signals_of(table)] == [EYES, GAZE, HEAD, *(one.name for one in MOVEMENTS)]


def test_signals_leave_out_what_was_not_measured():
    rows = timeline().drop(columns=list(MEASURE_COLUMNS))
    rows[["eye_openness_left", "eye_openness_right", "gaze_yaw", "gaze_pitch"]] = np.nan
    assert not has_eyes(rows)
    assert not has_movements(rows)
    assert [signal.key for signal in signals_of(signal_table(rows))] == [HEAD]
    assert marks(rows).empty


def test_a_person_without_eye_values_stays_empty():
    blind = timeline(track=2)
    blind[["eye_openness_left", "eye_openness_right"]] = np.nan
    table = signal_table(pd.concat([timeline(), blind], ignore_index=True))
    assert table.groupby("track_id")["open_left"].count().tolist() == [180, 0]


def test_marks_name_blinks_and_nods():
    rows = timeline(blinks=[1.0])
    rows["pitch"] = np.where(rows["time_s"] > 3, 8 * np.sin(2 * np.pi * 1.5 * rows["time_s"]), 0.0)
    found = marks(rows)
    assert found["kind"].tolist() == ["blink", "nod"]
    assert found["signal"].tolist() == [EYES, HEAD]
    assert found["start_s"].iloc[0] == pytest.approx(1.0)


def test_the_envelope_keeps_a_blink_that_a_mean_would_hide():
    rows = timeline(seconds=60, blinks=[30.0])
    table = signal_table(rows)
    spans = envelope(table, signals_of(table)[0], np.linspace(0, 60, 21))
    left = spans[spans["line"] == "Left eye"]
    assert left["low"].min() == pytest.approx(0.12)
    assert left["mean"].min() > 0.9


def test_the_envelope_breaks_where_nobody_is_seen():
    rows = timeline(seconds=9)
    table = signal_table(rows[(rows["time_s"] < 3) | (rows["time_s"] >= 6)])
    spans = envelope(table, signals_of(table)[1], np.linspace(0, 9, 10))
    assert spans["start_s"].tolist() == [0, 1, 2, 6, 7, 8]
    assert spans["run"].nunique() == 2


def test_a_movements_axis_fits_its_largest_value():
    small, large = (signals_of(signal_table(timeline(lip_corner=size))) for size in (0.01, 0.33))
    high = [next(one.high for one in signals if one.key == "lip_corner_up") for signals in (small, large)]
    assert high == pytest.approx([0.1, 0.35])


def behaviour(rows: pd.DataFrame, baselines=None):
    """Return the behaviour of a table's only person, with its frames."""
    frames = pd.DataFrame({"frame_index": rows["frame_index"], "time_s": rows["time_s"], "faces": 1})
    info = VideoInfo(160, 120, FPS, len(rows), len(rows) / FPS)
    return behaviour_of(Analysis(info, rows, frames, "", ("neutral",), {}, ""), baselines)


def test_mean_movements_of_an_event_and_of_a_moment():
    smiling = behaviour(timeline(lip_corner=0.1))
    during = mean_movements(smiling, Span(3, 6))[1]
    assert during["lip_corner_up_left"] == pytest.approx(0.1)
    assert during["lip_corner_up_right"] == pytest.approx(0)
    assert "jaw_drop_left" not in during
    assert mean_movements(smiling, Span(3, 3))[1]["lip_corner_up_left"] == pytest.approx(0.05)
    assert mean_movements(smiling)[1]["lip_corner_up"] == pytest.approx(0.025)


def test_there_are_no_movements_without_rest_or_out_of_view():
    rows = timeline(moved_from_s=0.0)
    assert mean_movements(behaviour(rows)) == {1: {}}
    assert mean_movements(behaviour(timeline()), Span(40, 50)) == {}
