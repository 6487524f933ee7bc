"""Compares blinks and winks found in clips with those counted by hand (``counted_blinks.json``)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from emotion.analytics.behaviour.blinks import BLINK, WINK_LEFT, WINK_RIGHT, lid_events
from emotion.engine.face_follower import FaceFollower
from emotion.engine.measure_eyes import with_eyes
from emotion.vision.decode.video import read_video
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.eyes import EyeModel
from emotion.vision.landmarks import FaceMesh

COUNTED = json.loads(Path(__file__).with_name("counted_blinks.json").read_text(encoding="utf-8"))
CLIPS = sorted(name for name in COUNTED if name.endswith(".mp4"))
KINDS = (BLINK, WINK_LEFT, WINK_RIGHT)
EARLY_FRAMES = 2
"""A blink may be found this many frames early: hand counts start when the lid covers the iris."""


def openness_of(clip: Path) -> pd.DataFrame:
    """Return the openness of every face's eyes: ``frame_index``, ``time_s``, ``track_id`` and both eyes' columns."""
    follower, model, rows = FaceFollower(BlazeFace(), FaceMesh()), EyeModel(), []
    for frame in read_video(clip):
        for face in (with_eyes(model, frame.luma, face) for face in follower(frame)):
            rows.append((frame.index, frame.time_s, face.track_id, face.eye_openness_left, face.eye_openness_right))
    return pd.DataFrame(rows, columns=["frame_index", "time_s", "track_id", "eye_openness_left", "eye_openness_right"])


def measure_blinks(folder: Path) -> dict[str, float]:
    """Return ``clips``, ``frames``, ``blinks`` and ``winks`` counted by hand, ``precision`` and ``recall``.

    Args:
        folder: The shared data.
    """
    found = hits = frames = 0
    counts = {kind: sum(len(COUNTED[name][kind]) for name in CLIPS) for kind in KINDS}
    for name in CLIPS:
        table = openness_of(folder / "videos" / name)
        events, frame_at = lid_events(table), dict(zip(table["time_s"], table["frame_index"], strict=True))
        frames += int(table["frame_index"].nunique())
        for kind in KINDS:
            starts = [frame_at[start] for start in events.loc[events["kind"] == kind, "start_s"]]
            spans = COUNTED[name][kind]
            hits += sum(any(first - EARLY_FRAMES <= start <= last for first, last in spans) for start in starts)
            found += len(starts)
    counted = sum(counts.values())
    return {
        "clips": len(CLIPS),
        "frames": frames,
        "blinks": counts[BLINK],
        "winks": counts[WINK_LEFT] + counts[WINK_RIGHT],
        "precision": hits / found,
        "recall": hits / counted,
    }
