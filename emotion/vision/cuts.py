"""Detects cuts in a video."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from emotion.stream_state import StreamState
from emotion.types import Image

MIN_DIFFERENCE = 18.0
"""At a cut, thumbnails differ by at least this many grey levels on average, which hand-held motion rarely does."""
MIN_JUMP = 3.0
"""They also differ by this many times the recent frames' mean difference, so a shaking camera is not a cut."""
MIN_REDISTRIBUTION = 0.15
"""And their histograms differ by this share of the pixels, so motion within a scene is not a cut."""
_ROWS = 36
_BINS = 32
_MEMORY = 8


class CutDetector:
    """Compares each frame's thumbnail with the previous one."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._differences: deque[float] = deque(maxlen=_MEMORY)

    def __call__(self, luma: Image) -> bool:
        """Return whether the ``(H, W)`` frame begins a new shot; the first frame does not."""
        # Every n-th pixel, blurred: a twentieth of the cost of averaging all of them.
        step = max(1, luma.shape[0] // _ROWS)
        left = min(step // 2, luma.shape[1] - 1)  # a picture may be only a few pixels wide
        thumbnail = cv2.blur(np.ascontiguousarray(luma[step // 2 :: step, left::step]), (3, 3))
        last, self._last = self._last, thumbnail
        if last is None or last.shape != thumbnail.shape:
            return False
        difference = float(np.abs(np.subtract(thumbnail, last, dtype=np.int16)).mean())
        usual = sum(self._differences) / len(self._differences) if self._differences else 0.0
        self._differences.append(difference)
        jumps = difference >= MIN_DIFFERENCE and difference >= MIN_JUMP * usual
        return jumps and _redistribution(last, thumbnail) >= MIN_REDISTRIBUTION

    def state(self) -> StreamState:
        """Return the state as arrays."""
        last = np.empty((0, 0), np.uint8) if self._last is None else self._last
        return {"last": last, "differences": np.array(self._differences, np.float64)}

    def restore(self, state: StreamState) -> None:
        """Continue from :meth:`state`'s arrays."""
        self._last = state["last"] if state["last"].size else None
        self._differences = deque(map(float, state["differences"]), maxlen=_MEMORY)


def _redistribution(a: Image, b: Image) -> float:
    """Return the share of pixels, 0–1, by which two pictures' histograms differ."""
    counts = [cv2.calcHist([picture], [0], None, [_BINS], [0, 256]) / picture.size for picture in (a, b)]
    return float(np.abs(counts[0] - counts[1]).sum() / 2)
