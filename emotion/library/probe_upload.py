"""Probes uploaded videos in a sandbox (:mod:`emotion.sandbox.runner`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emotion.sandbox.runner import run_limited
from emotion.types import VideoInfo
from emotion.vision.decode.video import probe, recorded_at


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
