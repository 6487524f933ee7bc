"""Videos whose frames show their own number, and matching analyses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from emotion.analytics.timeline import TimelineBuilder
from emotion.labels import FERPLUS_LABELS
from emotion.types import Analysis, Face, FrameResult, VideoInfo
from tests.conftest import leaning, make_face

WIDTH, HEIGHT, BITS = 320, 240, 8
BLOCK = WIDTH // BITS
CLOCK_HZ = 90_000
EVERY = 2
"""Sampling of the steady clip: every second frame is analysed."""

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:03.000\nA caption\n"


def times_of(clip: str) -> list[float]:
    """Return the presentation time of each frame of a clip, s."""
    if clip == "long":
        return [index / 5 for index in range(54_000)]
    if clip == "varying":
        steps = np.tile([0.033, 0.067, 0.034, 0.2, 0.016, 0.05, 0.1], 15)
        return [round(time * CLOCK_HZ) / CLOCK_HZ for time in np.cumsum(steps) - steps[0]]
    return [index / 25 for index in range(75)]


def write_clip(folder: Path, clip: str) -> Path:
    """Write an H.264 clip whose frames show their numbers in binary: black and white stripes, lowest bit left."""
    path = folder / f"{clip}.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", options={"crf": "23", "g": "30"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
        for number, time_s in enumerate(times_of(clip)):
            bits = (number >> np.arange(BITS)) & 1
            row = np.repeat(bits * 255, BLOCK).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(np.tile(row[None, :, None], (HEIGHT, 1, 3)), format="rgb24")
            picture.pts, picture.time_base = round(time_s * CLOCK_HZ), Fraction(1, CLOCK_HZ)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def copy_start(source: Path, target: Path, duration_s: float) -> Path:
    """Copy the first seconds of a video, sound included, without encoding it again."""
    with av.open(str(source)) as old, av.open(str(target), "w", options={"movflags": "faststart"}) as new:
        copies = {
            stream.index: new.add_stream_from_template(stream)
            for stream in old.streams
            if stream.type in {"video", "audio"}
        }
        for packet in old.demux(*(old.streams[index] for index in copies)):
            # In the order of decoding, so that all frames that these refer to are copied as well.
            if packet.dts is not None and packet.dts * packet.time_base < duration_s:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
    return target


@cache
def analysis_of(clip: str) -> Analysis:
    """Return an analysis with one face that changes its expression, later two, and a stretch without a face."""
    times, every = times_of(clip), EVERY if clip == "steady" else 1
    builder = TimelineBuilder(FERPLUS_LABELS)
    for index in range(0, len(times), every):
        share = index / len(times)
        faces = () if 0.5 <= share < 0.6 else _faces(index, share)
        builder.add(FrameResult(index, times[index], WIDTH, HEIGHT, faces, FERPLUS_LABELS))
    timeline, frames = builder.build()
    info = VideoInfo(WIDTH, HEIGHT, 25.0, len(times), times[-1] + 0.04, codec="h264")
    settings = {"every": every, "abstain_below": 0.4}
    return Analysis(info, timeline, frames, "fake", FERPLUS_LABELS, settings, f"{clip}.mp4")


def _faces(index: int, share: float) -> tuple[Face, ...]:
    label = FERPLUS_LABELS[int(share * 20) % 5]
    sure = replace(
        make_face(label, 1, left=40 + 100 * share), probabilities=leaning(label, 0.3 + 0.6 * abs(share - 0.5))
    )
    return (sure, make_face("surprise", 2, left=200)) if share > 0.3 else (sure,)
