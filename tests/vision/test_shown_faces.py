"""Boxes match the displayed frame: mirrored, non-square pixels, HDR, changing size."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import emotion
from emotion.analytics.timeline import BOX
from emotion.samples import clip_frames
from emotion.types import Analysis, Image
from tests.shared_data import CASES
from tests.vision.clips import write_clip
from tests.vision.decode.test_shape import MATRICES, ONE

WIDTH, HEIGHT, FRAMES = 640, 360, 8


@pytest.fixture(scope="module")
def analyzer() -> emotion.Analyzer:
    return emotion.Analyzer()


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return list(itertools.islice(clip_frames(), FRAMES))


@pytest.fixture(scope="module")
def plain(analyzer: emotion.Analyzer, pictures: list[Image], tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    analysis = analyzer.video(write_clip(tmp_path_factory.mktemp("plain") / "plain.mp4", pictures))
    assert len(analysis.timeline) == FRAMES, "one face in every frame"
    return analysis


def write(path: Path, pictures: list[Image], turn: list[int], aspect: Fraction = Fraction(1)) -> Path:
    a, b, c, d = (ONE * value for value in turn)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "14"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.sample_aspect_ratio = "yuv420p", aspect
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 2**30])
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return path


def assert_same_faces(analysis: Analysis, plain: Analysis) -> None:
    assert (analysis.info.width, analysis.info.height) == (WIDTH, HEIGHT)
    ours, theirs = analysis.timeline, plain.timeline
    assert len(ours) == len(theirs)
    assert ours[BOX].mean().to_numpy() == pytest.approx(theirs[BOX].mean().to_numpy(), abs=4.0)
    assert ours["emotion"].mode()[0] == theirs["emotion"].mode()[0]
    assert ours["roll"].mean() == pytest.approx(theirs["roll"].mean(), abs=3)


STORED: dict[str, tuple[Callable[[Image], Image], Fraction]] = {
    "hflip": (lambda shown: shown[:, ::-1], Fraction(1)),
    "vflip": (lambda shown: shown[::-1], Fraction(1)),
    "transposed": (lambda shown: shown.swapaxes(0, 1), Fraction(1)),
    "clockwise": (np.rot90, Fraction(1)),
    "upright": (lambda shown: cv2.resize(shown, (WIDTH // 2, HEIGHT)), Fraction(2)),
    "counter-clockwise": (lambda shown: cv2.resize(np.rot90(shown, -1), (HEIGHT // 2, WIDTH)), Fraction(2)),
}
"""Name of a matrix → function that turns an upright picture into the stored one, and the aspect ratio of its pixels."""


@pytest.mark.slow
@pytest.mark.parametrize("name", STORED)
def test_boxes_match_the_displayed_orientation(
    analyzer: emotion.Analyzer, pictures: list[Image], plain: Analysis, tmp_path: Path, name: str
) -> None:
    stored, aspect = STORED[name]
    clip = write(tmp_path / "stored.mp4", [stored(picture) for picture in pictures], MATRICES[name][0], aspect)
    assert_same_faces(analyzer.video(clip), plain)


def test_one_person_across_a_change_of_size(
    analyzer: emotion.Analyzer, pictures: list[Image], plain: Analysis, tmp_path: Path
) -> None:
    small = [cv2.resize(picture, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA) for picture in pictures[::-1]]
    parts = [write_clip(tmp_path / name, some) for name, some in (("a.h264", pictures), ("b.h264", small))]
    clip = tmp_path / "both.h264"
    clip.write_bytes(b"".join(part.read_bytes() for part in parts))
    analysis = analyzer.video(clip)
    assert analysis.timeline["track_id"].nunique() == 1
    for half in (analysis.timeline[:FRAMES], analysis.timeline[FRAMES:]):
        assert half[BOX].mean().to_numpy() == pytest.approx(plain.timeline[BOX].mean().to_numpy(), abs=4)


FIELD = {
    "clock-glitch/glitch.ts": (640, 360, 100, 4.0),
    "wrong-length/no-duration.webm": (640, 360, 100, 4.0),
    "wrong-length/mdhd-30x-short.mp4": (640, 360, 100, 4.0),
    "wrong-length/late-picture.mp4": (640, 360, 100, 5.5),
    "cover-first/talk.mp4": (640, 360, 100, 4.0),
    "preview-stream-first/talk.mkv": (640, 360, 100, 4.0),
    "anamorphic/pal169.mp4": (640, 360, 100, 4.0),
    "hdr-washed/pq.mp4": (640, 360, 25, 1.0),
    "hdr-washed/hlg.mp4": (640, 360, 25, 1.0),
    "size-change/reschange.h264": (640, 360, 200, 8.0),
}
"""Files from bug reports → width, height, frames, length (s)."""


@pytest.mark.parametrize("name", FIELD)
def test_files_from_bug_reports(analyzer: emotion.Analyzer, name: str) -> None:
    if not (CASES / name).is_file():
        pytest.skip(f"the shared file is missing: {CASES / name}")
    analysis = analyzer.video(CASES / name, fps=5)
    info, timeline = analysis.info, analysis.timeline
    assert (info.width, info.height, info.frame_count) == FIELD[name][:3]
    assert info.duration_s == pytest.approx(FIELD[name][3], abs=0.05)
    assert (analysis.frames["faces"] == 1).all()
    assert timeline["track_id"].nunique() == 1
    assert (timeline["p_happiness"] > 0.85).all()
    assert timeline[BOX].mean().to_numpy() == pytest.approx([252, 106, 384, 257], abs=8)
