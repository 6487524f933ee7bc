"""Makes a folder of short clips cut from the shared videos, with some broken files among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from emotion.types import Image
from emotion.vision.decode.video import probe, read_video
from emotion.vision.encode import write_video

HEIGHT_PX = 240
SECONDS = (1.0, 1.5, 2.0)
BROKEN_EVERY = 20
"""One file in this many is broken."""
_SAMPLES = 1024
"""Number of samples in a frame of sound."""


def make_clips(sources: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Write clips of one to two seconds, cut from all sources in turn, with one broken file in :data:`BROKEN_EVERY`.

    Args:
        sources: Videos.
        folder: Folder to create.
        count: Number of files, broken ones included.
    """
    folder.mkdir(parents=True)
    files: list[Path] = []
    for number in range(count):
        path = folder / f"clip-{number:03d}.mp4"
        if number % BROKEN_EVERY == BROKEN_EVERY - 1:
            _break(path, number // BROKEN_EVERY, files[-1])
        else:
            _cut(path, sources[number % len(sources)], number / count, SECONDS[number % len(SECONDS)])
        files.append(path)
    return files


def _cut(path: Path, source: Path, share: float, seconds: float) -> None:
    """Write ``seconds`` of a video, starting at ``share`` of its length (0 to 1)."""
    info = probe(source)
    start_s = share * max(info.duration_s - seconds - 0.1, 0.0)
    pictures = (_small(frame.rgb()) for frame in read_video(source, start_s=start_s, end_s=start_s + seconds))
    write_video(path, pictures, info.fps)


def _small(picture: Image) -> Image:
    height, width = picture.shape[:2]
    size = (round(width * HEIGHT_PX / height / 2) * 2, HEIGHT_PX)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _break(path: Path, number: int, whole: Path) -> None:
    """Write a broken file: in turn an empty one, plain text, sound without video, and the last 4 kB of a clip."""
    kind = number % 4
    if kind == 2:
        _sound(path)
    else:
        path.write_bytes([b"", b"no video at all\n", b"", whole.read_bytes()[-4000:]][kind])


def _sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        for frame in _silence(16000):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _silence(samples: int) -> Iterator[av.AudioFrame]:
    for first in range(0, samples, _SAMPLES):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, _SAMPLES), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, first, Fraction(1, 16000)
        yield frame
