"""Makes video files that Chromium plays as its camera, cut from clips so that each shows one expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import emotion
from emotion.analytics.timeline import probability_columns
from emotion.types import Image
from emotion.vision.decode.video import read_video

RATE = 30
Timed = tuple[float, Callable[[], Image]]


@dataclass(frozen=True, slots=True)
class Camera:
    """A file for ``--use-file-for-fake-video-capture``, which the browser plays in a loop.

    Attributes:
        path: The file, YUV4MPEG2 with 4:2:0 samples.
        clip: Name of the clip it was cut from.
        leading: Leading expression when the clip is analysed without a browser.
    """

    path: Path
    clip: str
    leading: str


def make_camera(analyzer: emotion.Analyzer, clip: Path, folder: Path, size: tuple[int, int], seconds: float) -> Camera:
    """Write the part of a clip in which one expression has the highest mean probability, at 30 frames per second.

    Args:
        analyzer: Analyses the clip.
        clip: Video of one person.
        folder: Folder for the file.
        size: Width and height, px; frames are cropped to this aspect ratio, not distorted.
        seconds: Maximum length of the part.
    """
    start_s, end_s, leading = _clearest_part(analyzer, clip, seconds)
    path = folder / f"{clip.stem}_{size[0]}x{size[1]}.y4m"
    pictures = _at_rate([(frame.time_s, frame.rgb) for frame in read_video(clip)], start_s, end_s)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{size[0]} H{size[1]} F{RATE}:1 Ip A1:1 C420\n".encode())
        for picture in pictures:
            planes = cv2.cvtColor(_cropped(picture(), size), cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
    return Camera(path, clip.name, leading)


def _clearest_part(analyzer: emotion.Analyzer, clip: Path, seconds: float) -> tuple[float, float, str]:
    """Return start and end of the part, s, and its leading expression."""
    table = analyzer.video(clip).timeline
    times = table["time_s"].to_numpy()
    values = table[probability_columns(analyzer.labels)].to_numpy()
    best = (0.0, seconds, analyzer.labels[0], -1.0)
    for start_s in np.arange(times[0], max(times[-1] - seconds, times[0]) + 0.01, 0.5):
        means = values[(times >= start_s) & (times < start_s + seconds)].mean(axis=0)
        if means.max() > best[3]:
            best = (float(start_s), float(start_s + seconds), analyzer.labels[int(means.argmax())], float(means.max()))
    return best[:3]


def _at_rate(frames: list[Timed], start_s: float, end_s: float) -> list[Callable[[], Image]]:
    """Return the frame that a player shows at each 1/30 s, as functions that return its image."""
    times = np.array([time_s for time_s, _ in frames])
    wanted = np.arange(start_s, min(end_s, times[-1]), 1 / RATE)
    return [frames[int(place)][1] for place in np.searchsorted(times, wanted, side="right") - 1]


def _cropped(picture: Image, size: tuple[int, int]) -> Image:
    """Return a picture scaled to fill ``size`` and cropped around its centre."""
    height, width = picture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    scaled = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    top, left = (scaled.shape[0] - size[1]) // 2, (scaled.shape[1] - size[0]) // 2
    return np.ascontiguousarray(scaled[top : top + size[1], left : left + size[0]])
