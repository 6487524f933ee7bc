"""Probes uploaded videos in a sandbox (:mod:`emotion.sandbox.runner`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.errors import VideoError
from emotion.sandbox.runner import run_limited
from emotion.types import VideoInfo
from emotion.vision.decode.video import probe, recorded_at
from emotion.vision.frame_times import frame_times

_MOST_TIMES_BYTES = 32 << 20
"""Maximum size of the array of times: four million frames, more than a day at 30 frames per second."""


def facts_of(path: Path) -> tuple[VideoInfo, dt.datetime | None]:
    """Return the facts of a video and its recording time, or None.

    Raises:
        VideoError: The video cannot be read, or crashes the sandbox.
        TooLargeError: Its frames have too many pixels.
    """
    facts = run_limited(_facts, path)
    recorded = facts["recorded_at"]
    return VideoInfo(**facts["info"]), None if recorded is None else dt.datetime.fromisoformat(recorded)


def _facts(path: Path) -> dict[str, Any]:
    recorded = recorded_at(path)
    return {"info": asdict(probe(path)), "recorded_at": None if recorded is None else recorded.isoformat()}


def frame_times_of(path: Path) -> NDArray[np.float64]:
    """Return when each frame of a video begins and when the last one ends.

    Returns:
        ``(frames + 1,)`` rising times, s.

    Raises:
        VideoError: The video cannot be read or has no frames, or it crashes the sandbox.
    """
    said = bytes(run_limited(_frame_times, path, most_array_bytes=_MOST_TIMES_BYTES))
    times = np.frombuffer(said[: len(said) // 8 * 8], np.float64)
    if len(times) < 2 or not np.isfinite(times).all() or (np.diff(times) < 0).any():
        raise VideoError("expected a video whose frames have rising times; got none")
    return times


def _frame_times(path: Path) -> memoryview:
    return memoryview(frame_times(path).astype(np.float64).tobytes())
