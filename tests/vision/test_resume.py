"""Resumed streams equal uninterrupted ones: in the file, in every stage, and after a restart."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import emotion
from emotion.errors import VideoError
from emotion.samples import make_clip
from emotion.stream_state import pack_state, part_of, unpack_state, with_prefix
from emotion.types import Frame, FrameResult, VideoInfo
from emotion.vision.decode.planes import luma_of
from emotion.vision.decode.sampling import Sampler, Sampling
from emotion.vision.decode.seek import Position, pictures_after, position_of
from emotion.vision.decode.video import _opened, read_video
from tests.vision.clips import grey_levels, write_clip


def moving(count: int) -> list[np.ndarray]:
    """Return noisy frames with a moving bar, so that all differ and are coded with motion."""
    rng = np.random.default_rng(1)
    pictures = [rng.integers(90, 110, (48, 64, 3), np.uint8) for _ in range(count)]
    for index, picture in enumerate(pictures):
        picture[:, index % 60 : index % 60 + 4] = 240
    return pictures


def key_frames_every(path: Path, gop: int, frames: int, codec: str = "libx264", **options: str) -> Path:
    """Write a clip with a key frame every ``gop`` frames, B-frames in between, and times that jitter and jump."""
    times_ms = np.cumsum(np.random.default_rng(2).choice([20, 33, 40, 41, 500], frames)).tolist()
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"g": str(gop), "bf": "3", **options})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for picture, time_ms in zip(moving(frames), times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = int(time_ms), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def same(one: Frame, other: Frame) -> bool:
    return (one.index, one.time_s, one.pts) == (other.index, other.time_s, other.pts) and np.array_equal(
        one.luma, other.luma
    )


def assert_same(some: list[Frame], others: list[Frame]) -> None:
    assert [frame.index for frame in some] == [frame.index for frame in others]
    assert all(same(one, other) for one, other in zip(some, others, strict=True))


def is_sought(path: Path, position: Position) -> bool:
    with _opened(path) as (container, stream):
        return pictures_after(container, stream, position, luma_of, []) is not None


CLIPS = {
    "closed.mp4": ("libx264", {}),
    "open.mp4": ("libx264", {"x264-params": "open-gop=1"}),
    "pyramid.mkv": ("libx264", {"x264-params": "b-pyramid=normal:bframes=6:b-adapt=0"}),
    "hevc.mp4": ("libx265", {"x265-params": "log-level=none"}),
    "mpeg4.avi": ("mpeg4", {}),
    "vp9.webm": ("libvpx-vp9", {"lag-in-frames": "10"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_reading_resumes_after_any_frame(tmp_path: Path, name: str) -> None:
    codec, options = CLIPS[name]
    clip = key_frames_every(tmp_path / name, 12, 60, codec, **options)
    whole = list(read_video(clip))
    for left in (0, 1, 10, 11, 12, 13, 24, 40, 47, 58, 59):
        assert_same(list(read_video(clip, after=position_of(whole[left]))), whole[left + 1 :])


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_a_part_equals_that_part_of_the_whole(tmp_path: Path, name: str) -> None:
    codec, options = CLIPS[name]
    clip = key_frames_every(tmp_path / name, 12, 60, codec, **options)
    whole = list(read_video(clip))
    for first, last in ((0, 59), (1, 30), (13, 14), (25, 50), (50, 59)):
        part = list(read_video(clip, start_s=whole[first].time_s, end_s=whole[last].time_s))
        assert_same(part, [frame for frame in whole[first:] if frame.time_s < whole[last].time_s])
        assert_same(list(read_video(clip, 3, start_s=whole[first].time_s)), whole[first::3])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["woman_336p.mp4", "concert_cuts_360p.mp4", "face_then_none_hevc.mov"])
def test_real_clips_resume_exactly(shared_data: Path, name: str) -> None:
    clip = shared_data / "videos" / name
    whole = list(itertools.islice(read_video(clip), 120))
    for left in (30, 77, 110):
        assert is_sought(clip, position_of(whole[left]))
        rest = itertools.islice(read_video(clip, after=position_of(whole[left])), 119 - left)
        assert_same(list(rest), whole[left + 1 :])
    part = read_video(clip, start_s=whole[60].time_s)
    assert_same(list(itertools.islice(part, 20)), whole[60:80])


def test_a_different_frame_at_the_same_time_is_not_accepted(tmp_path: Path) -> None:
    clip = key_frames_every(tmp_path / "clip.mp4", 12, 60)
    whole = list(read_video(clip))
    place = position_of(whole[30])
    assert is_sought(clip, place)
    assert not is_sought(clip, replace(place, digest=place.digest ^ 1))
    assert_same(list(read_video(clip, after=replace(place, digest=place.digest ^ 1))), whole[31:])
    assert_same(list(read_video(clip, after=replace(place, pts=None))), whole[31:])


def test_sampling_resumes(tmp_path: Path) -> None:
    clip = key_frames_every(tmp_path / "clip.mp4", 12, 60)
    for options in ({"every": 7}, {"fps": 4.0}, {"fps": 11.0, "start_s": 0.5}, {"every": 2, "end_s": 3.0}):
        whole = list(read_video(clip, **options))
        for left in (0, len(whole) // 2, len(whole) - 2):
            assert_same(list(read_video(clip, **options, after=position_of(whole[left]))), whole[left + 1 :])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(0.001, 3), max_size=60), st.floats(0.3, 60), st.integers(0, 59))
def test_rate_sampling_depends_only_on_the_last_frame(steps: list[float], fps: float, cut: int) -> None:
    times = np.cumsum([0.0, *steps])
    sampler = Sampler(Sampling(fps=fps))
    frames = list(enumerate(times))
    chosen = [time_s for index, time_s in frames if sampler(index, time_s)]
    assert chosen[0] == 0
    slots = np.floor((np.array(chosen) + 1e-3) * fps)
    assert (np.diff(slots) >= 1).all(), "at most one frame per slot"
    before = [time_s for time_s in chosen if time_s <= times[min(cut, len(times) - 1)]]
    again = Sampler(Sampling(fps=fps), (0, before[-1]))
    rest = [time_s for index, time_s in frames if time_s > before[-1] and again(index, time_s)]
    assert before + rest == chosen


def test_start_and_end_tolerate_rounded_times() -> None:
    part = Sampling(start_s=1.0, end_s=2.0)
    assert [part.is_before(time_s) for time_s in (0.9985, 0.9995, 1.0)] == [True, False, False]
    assert [part.is_after(time_s) for time_s in (1.9985, 1.9995, 2.0)] == [False, True, True]


@pytest.mark.parametrize("part", [{"start_s": -1.0}, {"start_s": 2.0, "end_s": 2.0}, {"start_s": float("nan")}])
def test_an_invalid_part_is_refused(part: dict[str, float]) -> None:
    with pytest.raises(VideoError, match="expected a part"):
        Sampling(**part)


def test_a_part_beyond_the_end_states_the_length(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "short.mp4", grey_levels([9] * 25))
    with pytest.raises(VideoError, match=r"has no frames in the part 5 s–end; its length is 1\.0 s"):
        list(read_video(clip, start_s=5))


def test_expected_frames_follow_the_part() -> None:
    info = VideoInfo(640, 360, 25.0, 250, 10.0)
    assert Sampling().expected_frames(info) == 250
    assert Sampling(every=4).expected_frames(info) == 63
    assert Sampling(fps=5, start_s=2, end_s=6).expected_frames(info) == 20
    assert Sampling(end_s=99).expected_frames(info) == 250
    assert Sampling(start_s=20).expected_frames(info) == 0


arrays = st.one_of(
    st.floats(width=64).map(np.float64),
    st.lists(st.integers(-(2**62), 2**62)).map(lambda values: np.array(values, np.int64)),
    st.integers(0, 5).map(lambda n: np.full((n, 468, 3), np.pi, np.float32)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.from_regex("[a-z_]{1,9}", fullmatch=True), arrays, max_size=5))
def test_a_state_round_trips(state: dict[str, np.ndarray]) -> None:
    back = part_of(unpack_state(pack_state(with_prefix("stage", state))), "stage")
    assert set(back) == set(state)
    for name, value in state.items():
        assert np.array_equal(back[name], value, equal_nan=True)
        assert back[name].dtype == np.asarray(value).dtype


def values_of(result: FrameResult) -> list[object]:
    rows = [
        [
            *face.box_xyxy,
            face.confidence,
            *face.probabilities,
            face.similarity,
            face.eye_openness_left,
            face.gaze_yaw,
            *face.measures,
            face.track_id,
        ]
        for face in result.faces
    ]
    return [result.frame_index, result.time_s, rows]


@pytest.mark.slow
@pytest.mark.parametrize(("left", "sampling"), [(7, Sampling()), (31, Sampling()), (9, Sampling(every=2, start_s=0.4))])
def test_an_analysis_resumes_exactly(tmp_path: Path, left: int, sampling: Sampling) -> None:
    """The face is out of view for a while, so its track must survive the interruption."""
    clip = make_clip(tmp_path / "sample.mp4")
    analyzer, wanted = emotion.Analyzer(), threading.Event()
    whole, saved = [], None
    for result, state in analyzer.resumable_frames(clip, sampling, wanted):
        whole.append(values_of(result))
        if len(whole) == left:
            wanted.set()
        if state is not None:
            place, saved = len(whole), pack_state(state)
    assert saved is not None
    assert left < place <= left + 20, "a state follows soon after its request"
    state = unpack_state(saved)
    if sampling.every == 2:
        state = {name.replace("classifier.", "recogniser."): value for name, value in state.items()}
        assert any(name.startswith("recogniser.") for name in state), "the earlier name in checkpoints"
    again = emotion.Analyzer()
    rest = [values_of(result) for result, _ in again.resumable_frames(clip, sampling, threading.Event(), state)]
    assert rest == whole[place:]
    assert rest
