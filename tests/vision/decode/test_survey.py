"""Lengths and times of videos with wrong headers and time stamps are corrected and reported."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from emotion.errors import VideoError
from emotion.types import Image
from emotion.vision.decode import survey as survey_module
from emotion.vision.decode.seek import position_of
from emotion.vision.decode.survey import survey
from emotion.vision.decode.video import frame_at, probe, read_video
from tests.vision.broken_clips import TS_HZ, TS_WRAP, restamp_ts, set_box
from tests.vision.clips import grey_levels, write_clip

FRAMES, STEP_S = 100, 0.04
EVEN = [STEP_S * index for index in range(FRAMES)]
FIRST_STAMP = 7_200
"""Time stamp of the first displayed frame: two frames are decoded before it, because B-frames need them."""
LEVELS = [int(level) for level in np.linspace(0, 250, FRAMES)]


def pictures() -> list[Image]:
    """Return frames that get brighter, with noise, so that they are coded with key frames and B-frames."""
    rng = np.random.default_rng(5)
    return [np.clip(rng.integers(-2, 3, one.shape) + one, 0, 255).astype(np.uint8) for one in grey_levels(LEVELS)]


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("ts") / "whole.ts", pictures())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("mp4") / "whole.mp4", pictures())


def place(stamp: int) -> int:
    """Return the position of a frame in presentation order."""
    return round((stamp - FIRST_STAMP) / TS_HZ / STEP_S)


def times_of(path: Path) -> list[float]:
    return [frame.time_s for frame in read_video(path)]


def assert_whole(path: Path, frames: int = FRAMES) -> None:
    """Assert that all frames are read in order, each at its time, and that the video's facts agree with them."""
    read, info = list(read_video(path)), probe(path)
    assert [frame.time_s for frame in read] == pytest.approx([STEP_S * index for index in range(frames)], abs=2e-3)
    levels = [frame.luma.mean() for frame in read]
    assert levels == pytest.approx(LEVELS * (frames // FRAMES), abs=4)
    assert info.frame_count == frames
    assert info.duration_s == pytest.approx(frames * STEP_S, abs=0.05)
    assert info.fps == pytest.approx(25, rel=0.02)
    assert len(list(read_video(path, fps=5))) == frames // 5


WRONG: dict[str, tuple[Any, str]] = {
    "one late by far": (lambda t: t + 1000 * TS_HZ * (place(t) == 30), "1 of 100 did not fit"),
    "one late by little": (lambda t: t + 2 * TS_HZ * (place(t) == 30), "1 of 100 did not fit"),
    "one early": (lambda t: t - TS_HZ * (place(t) == 50), "1 of 100 did not fit"),
    "three late": (lambda t: t + 1000 * TS_HZ * (place(t) in {60, 61, 62}), "3 of 100 did not fit"),
    "a jump": (lambda t: t + 1000 * TS_HZ * (place(t) >= 50), "restarts or jumps at 2.00 s"),
    "a step back": (lambda t: t - TS_HZ * (place(t) >= 50), "restarts or jumps at 2.00 s"),
    "jumps": (lambda t: t + 500 * TS_HZ * (place(t) // 20), "0.80 s, 1.60 s, 2.40 s and 1 more times"),
    "all zero": (lambda t: 0, "99 of 100 repeated the previous one"),
    "none": (lambda t: None, "It has no time stamps; times are from its frame rate, 25 frames/s."),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_stamps_are_corrected_and_reported(broadcast: Path, tmp_path: Path, name: str) -> None:
    restamp, words = WRONG[name]
    clip = restamp_ts(broadcast, tmp_path / "wrong.ts", lambda _, stamp: restamp(stamp))
    assert_whole(clip)
    assert words in probe(clip).mended


@pytest.mark.parametrize("copies", [2, 3])
def test_concatenated_files_restart_the_clock(broadcast: Path, tmp_path: Path, copies: int) -> None:
    clip = tmp_path / "joined.ts"
    clip.write_bytes(broadcast.read_bytes() * copies)
    assert_whole(clip, FRAMES * copies)
    assert "the clock restarts or jumps at 4.00 s" in probe(clip).mended


def test_the_join_of_reordered_frames_is_found_exactly(tmp_path: Path) -> None:
    """Around a join, HEVC frames are decoded in a very different order than they are displayed."""
    options = {"x265-params": "log-level=0"}
    whole = write_clip(tmp_path / "whole.ts", pictures(), codec="libx265", options=options).read_bytes()
    clip = tmp_path / "joined.ts"
    clip.write_bytes(whole * 2)
    assert_whole(clip, FRAMES * 2)
    assert probe(clip).mended.endswith("25/s: the clock restarts or jumps at 4.00 s.")


def test_a_flash_video_with_a_restarted_recorder(tmp_path: Path) -> None:
    whole, clip = write_clip(tmp_path / "whole.flv", pictures()).read_bytes(), tmp_path / "joined.flv"
    clip.write_bytes(whole + whole[13:])  # without the header of the second file
    assert_whole(clip, FRAMES * 2)
    assert "the clock restarts or jumps at 4.00 s" in probe(clip).mended


@pytest.mark.parametrize("shift", [TS_WRAP - FIRST_STAMP - 2 * TS_HZ, TS_WRAP - FIRST_STAMP, 3600 * TS_HZ])
def test_late_starts_and_wrapped_clocks_are_accepted(broadcast: Path, tmp_path: Path, shift: int) -> None:
    clip = restamp_ts(broadcast, tmp_path / "late.ts", lambda _, stamp: stamp + shift)
    assert_whole(clip)
    assert not probe(clip).mended


def test_positions_are_found_in_a_corrected_video(broadcast: Path, tmp_path: Path) -> None:
    clip = tmp_path / "joined.ts"
    clip.write_bytes(broadcast.read_bytes() * 2)
    whole = list(read_video(clip))
    for index in (10, 150):
        assert frame_at(clip, whole[index].time_s).mean() == pytest.approx(whole[index].luma.mean(), abs=2)
        after = list(read_video(clip, after=position_of(whole[index])))
        assert [frame.index for frame in after] == list(range(index + 1, 200))
        part = list(read_video(clip, start_s=whole[index].time_s, end_s=whole[index + 5].time_s))
        assert [frame.index for frame in part] == list(range(index, index + 5))


def _thirtieth(box: bytearray) -> None:
    box[16:20] = (int.from_bytes(box[16:20]) // 30).to_bytes(4)


def _no_steps(box: bytearray) -> None:
    for entry in range(int.from_bytes(box[4:8])):
        box[12 + 8 * entry : 16 + 8 * entry] = bytes(4)


def test_lengths_come_from_frames_not_headers(film: Path, tmp_path: Path) -> None:
    for boxes in ([b"mdhd"], [b"mdhd", b"mvhd"]):
        clip = Path(shutil.copy(film, tmp_path / "short.mp4"))
        for name in boxes:
            set_box(clip, name, _thirtieth)
        assert_whole(clip)
        assert not probe(clip).mended, "no time stamp is wrong"


def test_an_mp4_with_all_stamps_zero(film: Path, tmp_path: Path) -> None:
    clip = set_box(Path(shutil.copy(film, tmp_path / "still.mp4")), b"stts", _no_steps)
    assert_whole(clip)
    assert "99 of 100 repeated the previous one" in probe(clip).mended


CUT_OFF = {
    "clip.mkv": ("libx264", {}),
    "clip.webm": ("libvpx-vp9", {}),
    "clip.avi": ("mjpeg", {}),
    "clip.flv": ("flv", {}),
    "clip.mp4": ("libx264", {"movflags": "faststart"}),
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_a_file_that_was_cut_off_says_what_is_missing(tmp_path: Path, name: str) -> None:
    codec, options = CUT_OFF[name]
    clip = tmp_path / name
    with av.open(str(clip), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for picture in pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    assert not probe(clip).mended
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    info = probe(clip)
    assert 1.0 < info.duration_s < 3.0
    words = f"The file states a length of 4.0 s, but ends at {info.duration_s:.1f} s: its end may be missing."
    assert info.mended == words


class _Pipe:
    """A file without seeking, so that its header cannot be completed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, content: bytes) -> int:
        return self._file.write(content)


STREAMED = {
    "live.mkv": ("matroska", "libx264", {"live": "1"}),
    "recorder.webm": ("webm", "libvpx-vp9", {"live": "1"}),
    "fragments.mp4": ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "raw.h264": ("h264", "libx264", {}),
}


@pytest.mark.parametrize("name", STREAMED)
def test_streams_without_a_length(tmp_path: Path, name: str) -> None:
    kind, codec, options = STREAMED[name]
    pipe = _Pipe(tmp_path / name)
    with av.open(pipe, "w", format=kind, options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    pipe._file.close()
    assert_whole(tmp_path / name)
    assert bool(probe(tmp_path / name).mended) == (name == "raw.h264"), "a raw stream has no time stamps"


@pytest.mark.parametrize("name", ["negative.mkv", "late.mkv"])
def test_times_count_from_ffprobes_start_time(tmp_path: Path, name: str) -> None:
    start_ms = {"negative.mkv": -80, "late.mkv": 3_600_000}[name]
    clip = write_clip(tmp_path / name, pictures(), [start_ms + 40 * index for index in range(FRAMES)])
    assert_whole(clip)
    with av.open(str(clip)) as container:
        assert survey(clip).start_s == container.start_time / av.time_base


def with_sound(path: Path, start_ms: int, sound_s: float, gap_ms: int = 0) -> Path:
    """Write frames from a given time on, with a gap after half of them, and sound from 0 s on."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=44_100, layout="mono")
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(int(sound_s * 44_100 / 1024)):
            piece = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            piece.sample_rate, piece.pts = 44_100, index * 1024
            container.mux(sound.encode(piece))
        container.mux(sound.encode())
        for index, picture in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            late_ms = start_ms + gap_ms * (index >= FRAMES // 2)
            frame.pts, frame.time_base = index + late_ms // 40, stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_frames_that_start_after_the_sound(tmp_path: Path) -> None:
    clip = with_sound(tmp_path / "late.mp4", 1520, 6)
    times, info = times_of(clip), probe(clip)
    assert times == pytest.approx([1.52 + time_s for time_s in EVEN], abs=0.03)
    assert info.duration_s == pytest.approx(5.52, abs=0.05)
    assert info.duration_s >= times[-1]
    assert not info.mended


@pytest.mark.parametrize(("sound_s", "gap_s"), [(90.0, 80.0), (4.0, 0.0)])
def test_a_long_gap_with_sound_is_kept(tmp_path: Path, sound_s: float, gap_s: float) -> None:
    clip = with_sound(tmp_path / "gap.mp4", 0, sound_s, gap_ms=80_000)
    times = times_of(clip)
    assert times[50] - times[49] == pytest.approx(gap_s + STEP_S, abs=0.01)
    assert len(times) == FRAMES
    assert probe(clip).duration_s == pytest.approx(times[-1] + STEP_S, abs=0.01)
    assert ("restarts or jumps at 2.0" in probe(clip).mended) == (gap_s == 0)


def test_variable_frame_rates_are_kept(tmp_path: Path) -> None:
    times_ms = np.cumsum(np.random.default_rng(3).choice([20, 40, 400, 3000], FRAMES)).tolist()
    clip = write_clip(tmp_path / "varying.mkv", pictures(), times_ms)
    first = times_ms[0]
    assert times_of(clip) == pytest.approx([(time_ms - first) / 1000 for time_ms in times_ms], abs=2e-3)
    assert probe(clip).duration_s >= (times_ms[-1] - first) / 1000
    assert not probe(clip).mended


def test_one_frame_per_minute_is_no_jump(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "slow.mp4", pictures()[:20], [120_000 * index for index in range(20)])
    assert times_of(clip) == pytest.approx([120 * index for index in range(20)])
    assert not probe(clip).mended


def test_a_single_frame_has_a_length(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "one.mp4", pictures()[:1]))
    assert info.frame_count == 1
    assert 0 < info.duration_s < 1


def test_the_length_of_a_truncated_file(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "cut.mkv", pictures())
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert 0.5 < probe(clip).duration_s < 3.5
    assert 10 < probe(clip).frame_count < 90


def test_a_changed_file_is_surveyed_again(broadcast: Path, tmp_path: Path) -> None:
    clip = tmp_path / "grows.ts"
    clip.write_bytes(broadcast.read_bytes())
    assert survey(clip).frames == FRAMES
    clip.write_bytes(broadcast.read_bytes() * 2)
    assert survey(clip).frames == 2 * FRAMES


def rewritten(film: Path, path: Path, flags: str) -> Path:
    """Write the same packets to an MP4 file with other ``movflags``."""
    with av.open(str(film)) as source, av.open(str(path), "w", options={"movflags": flags}) as target:
        [stream] = source.streams.video
        copied = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copied
                target.mux(packet)
    return path


def truncated(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


def read_to_its_end(path: Path) -> list[tuple[int | None, float, bytes]]:
    """Return time stamp, time and image of every frame before the end or before the damage."""
    frames = []
    with contextlib.suppress(VideoError):
        for frame in read_video(path):
            frames.append((frame.pts, frame.time_s, frame.luma.tobytes()))
    return frames


@pytest.mark.parametrize("kind", ["reordered", "late", "fragmented", "truncated", "broadcast"])
def test_the_survey_leaves_the_video_at_its_start(kind: str, film: Path, broadcast: Path, tmp_path: Path) -> None:
    clip = {
        "reordered": lambda: film,
        "late": lambda: with_sound(tmp_path / "late.mp4", 1520, 6),
        "fragmented": lambda: rewritten(film, tmp_path / "fragments.mp4", "frag_keyframe"),
        "truncated": lambda: truncated(rewritten(film, tmp_path / "cut.mp4", "faststart")),
        "broadcast": lambda: broadcast,
    }[kind]()
    survey_module._cache_entry.cache_clear()
    surveyed_now, surveyed_before = (read_to_its_end(clip) for _ in range(2))
    assert surveyed_now == surveyed_before
    assert FRAMES // 3 < len(surveyed_now) <= FRAMES
