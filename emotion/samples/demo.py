"""The demo that ships with the app: a short film of two animated portraits, and its analysis with names and events.

``python -m bench.demo`` makes the video and the timeline.
"""

from __future__ import annotations

from emotion.paths import data_dir

DEMO_TITLE = "Demo"

DEMO_VIDEO = data_dir() / "samples" / "demo.mp4"
DEMO_TIMELINE = data_dir() / "samples" / "demo.parquet"
"""Contains the edits: names and events."""

ABOUT_DEMO = (
    "Public-domain portraits of Eileen Collins (NASA) and Grace Hopper (US Navy), moved and warped by a script: "
    "the expressions are not theirs."
)
