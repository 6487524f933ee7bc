from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.figures import behaviour_figures, mean_movements
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
from emotion.analytics.edits import Span
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


def test_somebody_without_eyes_stays_empty_beside_others():
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


def test_figures_of_two_people():
    both = pd.concat([timeline(blinks=[1, 2, 4]), timeline(track=2, lip_corner=0.1)], ignore_index=True)
    figures = behaviour_figures(both)
    assert figures["blinks_per_minute"].tolist() == pytest.approx([30, 0])
    assert figures["towards_camera_share"].tolist() == pytest.approx([0.5, 0.5])
    assert figures["lip_corner_up"].tolist() == pytest.approx([0, 0.025])
    assert figures["movement"].tolist() == pytest.approx([0, 0.0025])
    assert figures["nods"].tolist() == [0, 0]
    assert figures["rest"].tolist() == ["neutral", "neutral"]


def test_gestures_are_not_counted_where_the_sampling_hides_them():
    coarse = timeline(seconds=60).iloc[::10]
    assert behaviour_figures(coarse)[["nods", "shakes", "tilts", "blinks"]].isna().all(axis=None)


def test_movements_of_an_event_and_of_a_moment():
    rows = timeline(lip_corner=0.1)
    during = mean_movements(rows, span=Span(3, 6))
    assert during.loc[1, "lip_corner_up_left"] == pytest.approx(0.1)
    assert mean_movements(rows, span=Span(3, 3)).loc[1, "lip_corner_up_left"] == pytest.approx(0.05)


def test_a_baseline_without_the_person_is_ignored():
    rows = timeline(lip_corner=0.1)
    at_rest_while_smiling = behaviour_figures(rows, {1: Span(4, 5)})
    assert at_rest_while_smiling.loc[1, "rest"] == "baseline"
    assert at_rest_while_smiling.loc[1, "lip_corner_down"] == pytest.approx(0.025)
    assert behaviour_figures(rows, {1: Span(40, 50)}).loc[1, "rest"] == "neutral"
