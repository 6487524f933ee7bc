"""Facing the camera and open mouths, computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.presence import faces_camera, mouth_is_open, presence_of


def test_turned_or_unknown_heads_do_not_face_the_camera():
    yaw = np.array([0.0, 24.0, -26.0, 0.0, np.nan])
    pitch = np.array([0.0, -19.0, 0.0, 21.0, 0.0])
    assert faces_camera(yaw, pitch).tolist() == [True, True, False, False, False]


def test_open_and_closed_mouths():
    assert mouth_is_open(np.array([0.0, 0.1, 0.3, np.nan])).tolist() == [False, False, True, False]


def test_presence_of_each_person():
    times = np.arange(1500) / 25
    person = pd.DataFrame({
        "time_s": times, "track_id": 1, "yaw": 0.0, "pitch": 0.0,
        "mouth_openness": np.where(np.arange(len(times)) < len(times) // 4, 0.5, 0.0),
    })  # fmt: skip
    away = person.iloc[::10].assign(track_id=2, yaw=50.0)
    table = presence_of(pd.concat([person, away]))
    assert table.loc[1, "facing_share"] == 1
    assert table.loc[1, "mouth_open_share"] == pytest.approx(0.25, abs=0.01)
    assert table.loc[2, "facing_share"] == 0


def test_presence_is_weighted_by_how_long_frames_last():
    """Ahead with a closed mouth for 1 s in one frame; away with an open one for 0.75 s in three, the last as usual."""
    frames = pd.DataFrame({"frame_index": range(4), "time_s": [0, 1, 1.25, 1.5]})
    person = frames.assign(track_id=1, yaw=[0.0, 50.0, 50.0, 50.0], pitch=0.0, mouth_openness=[0.0, 0.5, 0.5, 0.5])
    table = presence_of(person, frames)
    assert table.loc[1].to_dict() == pytest.approx({"facing_share": 4 / 7, "mouth_open_share": 3 / 7})
    assert presence_of(person.iloc[[0]], frames.iloc[[0]]).loc[1, "facing_share"] == 1


def test_presence_without_faces():
    empty = pd.DataFrame(columns=["time_s", "track_id", "yaw", "pitch", "mouth_openness"])
    assert presence_of(empty).empty
