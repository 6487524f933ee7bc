"""Facing, blinking, mouths: with faces that are told by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.presence import Blink, blinks, eyes_are_shut, faces_camera, mouth_is_open, presence_of

FPS = 25


def eyes(*runs: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Times and openness out of (seconds, openness) runs at 25 frames per second."""
    openness = np.concatenate([np.full(round(seconds * FPS), value) for seconds, value in runs])
    return np.arange(len(openness)) / FPS, openness


def test_a_head_that_is_turned_or_unknown_does_not_face_the_camera():
    yaw = np.array([0.0, 24.0, -26.0, 0.0, np.nan])
    pitch = np.array([0.0, -19.0, 0.0, 21.0, 0.0])
    assert faces_camera(yaw, pitch).tolist() == [True, True, False, False, False]


def test_mouths():
    assert mouth_is_open(np.array([0.0, 0.1, 0.3, np.nan])).tolist() == [False, False, True, False]


def test_eyes_are_measured_by_the_person():
    narrow = np.array([0.16, 0.16, 0.16, 0.08])
    assert eyes_are_shut(narrow).tolist() == [False, False, False, True]
    assert not eyes_are_shut(np.full(3, np.nan)).any()


def test_two_blinks_and_a_nap():
    times, openness = eyes((1, 0.3), (0.2, 0.05), (1, 0.3), (2, 0.05), (1, 0.3), (0.12, 0.1), (2, 0.3))
    assert blinks(times, openness) == [
        Blink(pytest.approx(1.0), pytest.approx(1.2)),
        Blink(pytest.approx(5.2), pytest.approx(5.32)),
    ]


def test_eyes_that_are_shut_at_either_end_do_not_blink():
    times, openness = eyes((0.2, 0.05), (2, 0.3), (0.2, 0.05))
    assert blinks(times, openness) == []


def test_too_few_frames_tell_nothing():
    times, openness = eyes((1, 0.3), (0.2, 0.05), (1, 0.3))
    assert blinks(times[::5], openness[::5]) == []
    assert blinks(times[:2], openness[:2]) == []


@given(st.lists(st.sampled_from([0.05, 0.3]), min_size=3, max_size=200))
def test_blinks_are_short_ordered_and_apart(values):
    times = np.arange(len(values)) / FPS
    found = blinks(times, np.array(values))
    assert all(0 < blink.end_s - blink.start_s <= 0.5 for blink in found)
    assert all(one.end_s < other.start_s + 1e-9 for one, other in pairwise(found))


def test_presence_of_each_person():
    times, openness = eyes((30, 0.3), (0.2, 0.05), (29.8, 0.3))
    person = pd.DataFrame({
        "time_s": times, "track_id": 1, "yaw": 0.0, "pitch": 0.0, "eye_openness": openness,
        "mouth_openness": np.where(np.arange(len(times)) < len(times) // 4, 0.5, 0.0),
    })  # fmt: skip
    away = person.iloc[::10].assign(track_id=2, yaw=50.0)
    table = presence_of(pd.concat([person, away]))
    assert table.loc[1, "facing_share"] == 1
    assert table.loc[1, "mouth_open_share"] == pytest.approx(0.25, abs=0.01)
    assert table.loc[1, "blinks"] == 1
    assert table.loc[1, "blinks_per_minute"] == pytest.approx(1.0, rel=0.01)
    assert table.loc[2, "facing_share"] == 0
    assert np.isnan(table.loc[2, "blinks"])


def test_nobody():
    empty = pd.DataFrame(columns=["time_s", "track_id", "yaw", "pitch", "eye_openness", "mouth_openness"])
    assert presence_of(empty).empty
