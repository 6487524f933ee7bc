"""The packed demo: a short film of two portraits that move, and its finished analysis with names and events.

``python -m bench.demo`` makes both files.
"""

from __future__ import annotations

from emotion.paths import data_dir

DEMO_TITLE = "Demo"

DEMO_VIDEO = data_dir() / "samples" / "demo.mp4"
DEMO_TIMELINE = data_dir() / "samples" / "demo.parquet"
"""Holds names and events too."""

ABOUT_DEMO = (
    "Public-domain portraits of Eileen Collins (NASA) and Grace Hopper (US Navy), moved and warped by a script: "
    "the expressions are not theirs."
)
