"""Videos that every browser plays: H.264, 4:2:0, index at the front."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from emotion.errors import VideoError
from emotion.types import Image


def write_video(path: str | Path, frames: Iterable[Image], fps: float, quality: int = 20) -> Path:
    """Write RGB pictures as an H.264 mp4 file.

    Args:
        path: Where to; its folder exists.
        frames: ``(H, W, 3)`` uint8 RGB, all of one size; an odd row or column is cut off, as 4:2:0 needs even sides.
        fps: Pictures per second.
        quality: Constant rate factor, 0 (best) to 51.

    Raises:
        VideoError: There was no picture.
    """
    target = Path(path)
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise VideoError(f"expected at least one picture for {target.name}; got none")
    height, width = (side // 2 * 2 for side in first.shape[:2])
    with av.open(str(target), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(quality), "preset": "veryfast"}
        for picture in itertools.chain([first], pictures):
            even = np.ascontiguousarray(picture[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())
    return target
