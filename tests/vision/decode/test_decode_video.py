"""Videos of common kinds: times, orientation, errors."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from pathlib import Path

import av
import numpy as np
import pytest

from emotion.errors import TooLargeError, VideoError
from emotion.vision.decode import video
from emotion.vision.decode.video import frame_at, probe, read_video, recorded_at
from emotion.vision.encode import write_video
from tests.vision.clips import grey_levels, write_clip, write_sound, write_stamped


def test_frames_have_their_own_times_in_order(tmp_path: Path) -> None:
    times_ms = [0, 40, 200, 210, 1000]
    clip = write_clip(tmp_path / "variable rate.mkv", grey_levels([0, 60, 120, 180, 240]), times_ms)
    frames = list(read_video(clip))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.time_s for frame in frames] == pytest.approx([t / 1000 for t in times_ms], abs=2e-3)
    assert [int(frame.luma.mean()) for frame in frames] == pytest.approx([0, 60, 120, 180, 240], abs=3)


@pytest.mark.parametrize(("name", "codec"), [("back.mkv", "mjpeg"), ("back.ts", "mpeg2video")])
def test_times_never_run_backwards(tmp_path: Path, name: str, codec: str) -> None:
    stamped_ms = [0, 40, 80, 20, 60, 100, 140, 0, 180]
    clip = write_stamped(tmp_path / name, grey_levels(range(0, 180, 20)), stamped_ms, codec)
    times = [frame.time_s for frame in read_video(clip)]
    assert len(times) == len(stamped_ms)
    assert times == sorted(times)
    assert times[-1] == pytest.approx(0.18, abs=2e-3)


def test_luma_is_the_full_range_grey_picture(tmp_path: Path) -> None:
    black, white = grey_levels([0, 255])
    first, last = read_video(write_clip(tmp_path / "range.mp4", [black, white]))
    assert first.luma.max() <= 1
    assert last.luma.min() >= 254


def test_colour_is_converted_on_demand(tmp_path: Path) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    (frame,) = read_video(write_clip(tmp_path / "red.mp4", [red]))
    assert np.abs(frame.rgb().astype(int) - red).mean() < 4


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv422p10le", "yuvj420p"])
def test_pixel_formats_agree(tmp_path: Path, pix_fmt: str) -> None:
    (frame,) = read_video(write_clip(tmp_path / "format.mkv", grey_levels([128]), pix_fmt=pix_fmt))
    assert frame.luma.mean() == pytest.approx(128, abs=2)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_phones_rotation_is_applied(tmp_path: Path, rotation: int) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255
    clip = write_clip(tmp_path / "phone.mp4", [picture] * 3, rotation=rotation)
    info = probe(clip)
    frame = next(read_video(clip))
    upright = np.rot90(picture, rotation // 90)
    assert (info.height, info.width) == frame.luma.shape == upright.shape[:2]
    assert np.abs(frame.rgb().astype(int) - upright).mean() < 10
    assert np.abs(frame.luma.astype(int) - upright[..., 0]).mean() < 10


def test_probe_returns_the_video_info(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "facts.mp4", grey_levels([9] * 50)))
    assert (info.width, info.height, info.frame_count, info.codec) == (64, 48, 50, "h264")
    assert (info.fps, info.duration_s) == pytest.approx((25, 2), rel=0.05)


def test_sampling_by_count_and_by_rate(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "sampled.mp4", grey_levels([9] * 50))
    assert [frame.index for frame in read_video(clip, every=20)] == [0, 20, 40]
    assert [frame.index for frame in read_video(clip, fps=5)] == list(range(0, 50, 5))
    assert len(list(read_video(clip, fps=1000))) == 50


@pytest.mark.parametrize("time_s", [0.0, 0.21, 0.5, 1.88])
def test_frame_at_matches_read_video(tmp_path: Path, time_s: float) -> None:
    clip = write_clip(tmp_path / "seek.mp4", grey_levels(range(0, 250, 5)))
    *_, expected = (frame for frame in read_video(clip) if frame.time_s <= time_s + 1e-3)
    assert frame_at(clip, time_s).mean() == pytest.approx(expected.luma.mean(), abs=2)


def test_frame_at_the_end_and_beyond(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "end.mp4", grey_levels([0] * 24 + [200]))
    assert frame_at(clip, 99).mean() == pytest.approx(200, abs=3)


def test_written_frames_round_trip(tmp_path: Path) -> None:
    pictures = grey_levels(range(0, 200, 20), width=65, height=49)
    clip = write_video(tmp_path / "own.mp4", pictures, fps=29.97)
    frames = list(read_video(clip))
    assert len(frames) == len(pictures)
    assert frames[0].luma.shape == (48, 64), "4:2:0 needs even sides"
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(1 / 29.97, abs=1e-3)
    assert probe(clip).fps == pytest.approx(29.97, abs=1e-3)


def test_unreadable_files_say_what_is_wrong(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", grey_levels([9] * 30)).read_bytes()
    cases = {
        "empty.mp4": (b"", "is empty"),
        "text.mp4": (b"not a video at all, only words " * 20, "is not a video"),
        "headless.mp4": (whole[: len(whole) // 3], "is not a video"),
        "sound.mp4": (write_sound(tmp_path / "s.mp4").read_bytes(), "no video stream"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(VideoError, match=words) as caught:
            list(read_video(tmp_path / name))
        assert name in str(caught.value)
    with pytest.raises(VideoError, match="no such file"):
        probe(tmp_path / "absent.mp4")


@pytest.mark.parametrize(
    "given", [None, 7, b"video", io.BytesIO(), np.zeros((4, 4))], ids=lambda given: str(type(given))
)
def test_anything_but_a_path_is_refused_in_one_sentence(given: object) -> None:
    for read in (probe, lambda source: next(read_video(source))):
        with pytest.raises(VideoError, match=f"expected the path of a video; got {type(given).__name__}"):
            read(given)


def test_a_truncated_video_gives_the_frames_before_the_damage(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (30, 96, 128, 3), np.uint8)
    clip = write_clip(tmp_path / "broken.mkv", list(noise))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    frames = []
    try:
        for frame in read_video(clip):
            frames.append(frame)
    except VideoError as error:
        assert "breaks off after" in str(error)
    assert 0 < len(frames) < 30


def test_an_empty_stream_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "one.mkv", grey_levels([9]))
    data = clip.read_bytes()
    clip.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])  # all bytes before the first cluster
    with pytest.raises(VideoError, match=r"one\.mkv (has no frames|has no video stream|is not a video)"):
        list(read_video(clip))


def test_frames_of_too_many_pixels_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = write_clip(tmp_path / "big.mp4", grey_levels([9]))
    monkeypatch.setenv("EMOTION_MAX_FRAME_MEGAPIXELS", "0.003071")
    with pytest.raises(TooLargeError, match="64 × 48"):
        probe(clip)


def test_invalid_sampling_is_refused(tmp_path: Path) -> None:
    for options in ({"every": 0}, {"fps": -1.0}):
        with pytest.raises(VideoError, match="expected every"):
            list(read_video(tmp_path / "any.mp4", **options))


@pytest.mark.slow
def test_every_shared_clip_reads_to_its_end(shared_data: Path) -> None:
    for clip in sorted((shared_data / "videos").iterdir()):
        info = probe(clip)
        times = [frame.time_s for frame in itertools.islice(read_video(clip), 40)]
        assert len(times) == 40
        assert times == sorted(times)
        assert info.fps > 20


@pytest.mark.parametrize(
    ("tags", "moment"),
    [
        ({"creation_time": "2024-03-05T10:20:30Z"}, dt.datetime(2024, 3, 5, 10, 20, 30, tzinfo=dt.UTC)),
        (
            {"creation_time": "2024-03-05T10:20:30Z", "com.apple.quicktime.creationdate": "2024-03-05T11:20:29+0100"},
            dt.datetime(2024, 3, 5, 10, 20, 29, tzinfo=dt.UTC),
        ),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"creation_time": "2999-01-01T00:00:00Z"}, None),
        ({}, None),
    ],
)
def test_the_recording_date_is_read(tmp_path: Path, tags: dict[str, str], moment: dt.datetime | None) -> None:
    clip, dated = write_clip(tmp_path / "clip.mp4", grey_levels([1, 2])), tmp_path / "dated.mp4"
    with av.open(str(clip)) as source, av.open(str(dated), "w", options={"movflags": "use_metadata_tags"}) as target:
        target.metadata.update(tags)
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert recorded_at(dated) == moment


def test_an_invalid_date_is_ignored() -> None:
    assert video._moment("last summer") is None
    assert video._moment("2024-03-05 10:20:30") == dt.datetime(2024, 3, 5, 10, 20, 30, tzinfo=dt.UTC)
