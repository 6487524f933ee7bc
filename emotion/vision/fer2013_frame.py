"""How FER2013 frames faces, as measured by ``python -m training.preparation.measure_frame``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FRAME_FILE = Path(__file__).with_suffix(".json")

_measured = json.loads(FRAME_FILE.read_text(encoding="utf-8"))

FRAME_POINTS = np.array(_measured["points"], np.float32)
"""``(5, 2)`` positions of right eye, left eye, nose tip, right and left mouth corner as shares of the side, 0–1."""

FRONTAL_PITCH = float(_measured["pitch_deg"])
"""Median tilt of the line from forehead to chin in FER2013's frontal faces, degrees."""
