"""Cameras and clocks for the tests of the live engine."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np

from emotion.samples import sample_image

Camera = Callable[[int], av.VideoFrame]
"""Frame number → frame of a camera."""


def as_frame(image: np.ndarray, index: int) -> av.VideoFrame:
    """Return a frame like those of WebRTC's decoder: 4:2:0, with a time stamp in 1/90,000 s."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = index * 3000, Fraction(1, 90_000)
    return frame


def portrait(width: int = 640, height: int = 480) -> np.ndarray:
    """Return the sample portrait like a camera's picture: the face in the middle, about a third of the height."""
    part = sample_image()[20:320, 60:460]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Clock:
    """A clock that advances only on demand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
