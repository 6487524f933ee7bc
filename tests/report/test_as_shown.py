"""The player's copy and the annotated video show the analysed frames at the same times."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from emotion.report.formats import Options, export, format_named
from emotion.report.playable import plays_in_browser, write_playable
from emotion.vision.decode.video import read_video
from tests.report.test_annotated_video import analysed, write_source
from tests.vision.broken_clips import write_streams
from tests.vision.decode.test_containers import COVER, DEFAULT, FILM, PREVIEW, RED
from tests.vision.decode.test_hdr import CODES, write_hdr
from tests.vision.decode.test_shape import MATRICES, corners, joined, write

pytestmark = pytest.mark.slow

HLG = 18


def restarted(folder: Path) -> Path:
    """Write half a second of frames and a second of sound, twice, with a restarting clock."""
    once = write_source(folder / "once.ts", "aac", times_ms=list(range(0, 1000, 40)))
    (folder / "twice.ts").write_bytes(once.read_bytes() * 2)
    return folder / "twice.ts"


SOURCES: dict[str, Callable[[Path], Path]] = {
    "mirrored": lambda folder: write(folder / "a.mp4", MATRICES["hflip"][0]),
    "upside down and mirrored": lambda folder: write(folder / "a.mp4", MATRICES["vflip"][0]),
    "transposed": lambda folder: write(folder / "a.mp4", MATRICES["transposed"][0]),
    "wide pixels": lambda folder: write(folder / "a.mp4", MATRICES["upright"][0], Fraction(2)),
    "wide pixels, turned": lambda folder: write(folder / "a.mp4", MATRICES["clockwise"][0], Fraction(64, 45)),
    "a size that changes": lambda folder: joined(folder, [corners()] * 10, [corners()[::2, ::2].copy()] * 10),
    "HDR": lambda folder: write_hdr(folder / "a.mp4", HLG, (CODES / 255) ** 2.4, "libx265", "yuv420p10le"),
    "two films": lambda folder: write_streams(folder / "a.mp4", [(PREVIEW, "", DEFAULT), (FILM, "", DEFAULT)]),
    "a clock that restarts": restarted,
}


def assert_same(copy: Path, source: Path) -> None:
    ours, theirs = list(read_video(copy)), list(read_video(source))
    assert [frame.time_s for frame in ours] == pytest.approx([frame.time_s for frame in theirs], abs=2e-3)
    for one, other in zip(ours, theirs, strict=True):
        even = one.luma[: other.height, : other.width]
        assert abs(one.width - other.width) <= 1
        assert np.abs(even.astype(int) - other.luma).mean() < 6
    with av.open(str(copy)) as container:
        shape = container.streams.video[0].codec_context.sample_aspect_ratio
        assert shape in {None, 1}


@pytest.mark.parametrize("name", SOURCES)
def test_the_players_copy_matches_the_analysis(tmp_path: Path, name: str) -> None:
    source = SOURCES[name](tmp_path)
    assert not plays_in_browser(source)
    copy = write_playable(source, tmp_path / "copy.mp4", lambda _: None)
    assert plays_in_browser(copy)
    assert_same(copy, source)


@pytest.mark.parametrize("name", SOURCES)
def test_the_annotated_video_matches_the_analysis(tmp_path: Path, name: str) -> None:
    source = SOURCES[name](tmp_path)
    analysis = analysed(source)
    target = tmp_path / "annotated.mp4"
    export(analysis, target, format_named("mp4"), options=Options(video=source, draw=False))
    assert_same(target, source)


def test_a_cover_picture_needs_no_copy(tmp_path: Path) -> None:
    """It is not a track of the MP4 file, and browsers ignore it."""
    assert plays_in_browser(write_streams(tmp_path / "a.mp4", [([RED], "mjpeg", COVER), (FILM, "", DEFAULT)]))


def test_sound_stays_in_sync_with_corrected_times(tmp_path: Path) -> None:
    source = restarted(tmp_path)
    copy = write_playable(source, tmp_path / "copy.mp4", lambda _: None)
    target = tmp_path / "annotated.mp4"
    export(analysed(source), target, format_named("mp4"), options=Options(video=source, draw=False))
    for made in (copy, target):
        with av.open(str(made)) as container:
            stream = container.streams.audio[0]
            times = [float(frame.time or 0) for frame in container.decode(stream)]
        assert times[0] == pytest.approx(0, abs=0.05)
        assert times[-1] == pytest.approx(2.0, abs=0.1)
        assert max(np.diff(times)) < 0.1
