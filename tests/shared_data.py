"""Paths of the real data and of files that once failed. Both lie beside the checkout and may be absent."""

from __future__ import annotations

import os
from pathlib import Path

from emotion.paths import ROOT

SHARED = Path(os.environ.get("EMOTION_SHARED_DATA") or ROOT.parent / "shared" / "data")
CASES = SHARED.parent / "cases"
