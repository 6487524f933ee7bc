"""Packets that never become a frame are not counted; stamps that only number frames are put in display order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from emotion.errors import VideoError
from emotion.types import Image
from emotion.vision.decode.seek import Position, position_of
from emotion.vision.decode.video import frame_at, probe, read_video
from emotion.vision.frame_times import frame_times
from tests.vision.broken_clips import overwrite_packets

FRAMES, GOP = 60, 20
BITS, SIDE = 6, 16


def numbered(number: int) -> Image:
    """Return a picture with a number in black and white squares."""
    bits = [number >> bit & 1 for bit in range(BITS)]
    row = np.repeat(np.array(bits, np.uint8) * 215 + 20, SIDE)
    return np.repeat(np.tile(row, (48, 1))[..., None], 3, axis=2)


def number_of(luma: Image) -> int:
    squares = luma[16:32].reshape(16, BITS, SIDE)[:, :, 4:12].mean(axis=(0, 2))
    return sum(int(square > 127) << bit for bit, square in enumerate(squares))


def write(path: Path, codec: str, rate: int = 25, **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = BITS * SIDE, 48, "yuv420p"
        for number in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode())
    return path


def without(source: Path, target: Path, is_lost: Callable[[int, Any], bool]) -> Path:
    """Copy a file without some of its packets."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as container:
        stream = container.add_stream_from_template(whole.streams.video[0])
        for place, packet in enumerate(whole.demux(video=0)):
            if packet.size and not is_lost(place, packet):
                packet.stream = stream
                container.mux(packet)
    return target


HEVC = "log-level=none:keyint=20:min-keyint=20:repeat-headers=1"
CUT = {
    "h264.ts": ("libx264", {"g": str(GOP), "bf": "2"}),
    "h264.mkv": ("libx264", {"g": str(GOP), "bf": "2"}),
    "h264.mp4": ("libx264", {"g": str(GOP), "bf": "2"}),
    "hevc.ts": ("libx265", {"x265-params": HEVC + ":open-gop=0"}),
    "open.ts": ("libx265", {"x265-params": HEVC + ":open-gop=1"}),
    "mpeg2.ts": ("mpeg2video", {"g": str(GOP), "bf": "2", "q": "2"}),
    "vp8.webm": ("libvpx", {"g": str(GOP), "b": "1M"}),
    "vp9.webm": ("libvpx-vp9", {"g": str(GOP), "b": "1M"}),
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("lost", ["seven", "up to the second key frame"])
def test_a_stream_cut_from_another_has_the_frames_that_can_be_decoded(tmp_path: Path, name: str, lost: str) -> None:
    codec, options = CUT[name]
    whole = write(tmp_path / f"whole.{name}", codec, **options)
    keys = 0

    def is_lost(place: int, packet: Any) -> bool:
        nonlocal keys
        keys += packet.is_keyframe
        return place < 7 if lost == "seven" else keys < 2

    clip = without(whole, tmp_path / name, is_lost)
    frames = list(read_video(clip))
    shown = [number_of(frame.luma) for frame in frames]
    assert shown == list(range(shown[0], FRAMES))
    assert shown[0] > 0
    assert probe(clip).frame_count == len(frames)
    assert frame_times(clip)[:-1] == pytest.approx([frame.time_s for frame in frames], abs=1e-6)
    sought = next(read_video(clip, start_s=frames[30].time_s))
    assert (sought.index, sought.time_s) == (30, frames[30].time_s)
    assert np.array_equal(sought.luma, frames[30].luma)
    assert [frame.index for frame in read_video(clip, after=position_of(frames[30]))] == list(range(31, len(frames)))


def test_frames_displayed_before_the_first_key_frame_have_their_own_times(tmp_path: Path) -> None:
    """They can be decoded if their group is closed, as at the start of some cameras' files."""
    whole = write(tmp_path / "whole.mkv", "mpeg2video", g=str(GOP), bf="2", q="2")
    clip = without(whole, tmp_path / "clip.mkv", lambda place, _: place < GOP - 1)
    content, place = bytearray(clip.read_bytes()), -1
    while (place := content.find(b"\0\0\1\xb8", place + 1)) >= 0:
        content[place + 7] |= 0x40  # closed_gop (ISO/IEC 13818-2, 6.2.2.6)
    clip.write_bytes(content)
    decoded = [frame.time_s for frame in read_video(clip)]
    assert decoded == pytest.approx(np.arange(41) / 25, abs=2e-3)
    assert frame_times(clip)[:-1] == pytest.approx(decoded, abs=1e-6)


def test_h264_in_avi_has_its_frames_at_rising_times(tmp_path: Path) -> None:
    """Its stamps count the frames in decoding order, which B-frames change."""
    clip = write(tmp_path / "clip.avi", "libx264", bf="3", b_strategy="0")
    frames, info = list(read_video(clip)), probe(clip)
    assert [number_of(frame.luma) for frame in frames] == list(range(FRAMES))
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(0.04, abs=1e-6)
    assert frame_times(clip)[:-1] == pytest.approx([frame.time_s for frame in frames], abs=1e-6)
    assert info.mended.startswith("Its time stamps count frames in decoding order")
    assert info.fps == pytest.approx(25)
    part = list(read_video(clip, start_s=frames[33].time_s))
    assert [frame.index for frame in part] == list(range(33, FRAMES))
    assert number_of(frame_at(clip, frames[33].time_s)[..., 0]) == 33


@pytest.mark.parametrize(("name", "codec"), [("clip.h264", "libx264"), ("clip.hevc", "libx265")])
def test_a_raw_stream_has_the_rate_that_it_states(tmp_path: Path, name: str, codec: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    clip = write(tmp_path / name, codec, rate=30, **options)
    info = probe(clip)
    assert (info.fps, info.duration_s) == pytest.approx((30, FRAMES / 30))
    assert [frame.time_s for frame in read_video(clip)][-1] == pytest.approx((FRAMES - 1) / 30)
    assert "30 frames/s" in info.mended


@pytest.mark.parametrize("name", ["clip.mpg", "clip.vob"])
def test_a_programme_stream_is_sought_exactly(tmp_path: Path, name: str) -> None:
    """It has fewer time stamps than frames, and FFmpeg guesses the others wrongly after a seek."""
    clip = write(tmp_path / name, "mpeg2video", bf="2", g="12")
    frames = list(read_video(clip))
    for index in (5, 23, 40, FRAMES - 1):
        part = next(read_video(clip, start_s=frames[index].time_s))
        assert (part.index, part.time_s) == (index, frames[index].time_s)
        assert np.array_equal(part.luma, frames[index].luma)
        assert number_of(frame_at(clip, frames[index].time_s)[..., 0]) == index


def read_to_the_end(path: Path, **part: Any) -> tuple[list[tuple[int, float, int]], str]:
    """Return index, time and number of each frame, and the error in the end."""
    frames = []
    try:
        for frame in read_video(path, **part):
            frames.append((frame.index, round(frame.time_s, 3), number_of(frame.luma)))
    except VideoError as error:
        return frames, str(error)
    return frames, ""


@pytest.mark.parametrize("bf", ["0", "2"])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
def test_frames_that_cannot_be_decoded_are_left_out_and_counted(tmp_path: Path, name: str, bf: str) -> None:
    """The others keep their own indices and times."""
    whole = write(tmp_path / f"whole.{name}", "libx264", g="5", bf=bf)
    clip = overwrite_packets(whole, tmp_path / name, {14, 38, FRAMES - 1})
    (intact, _), (frames, error) = read_to_the_end(whole), read_to_the_end(clip)
    assert error == f"{name} is damaged: 3 of its frames are lost or distorted"
    assert len(frames) == FRAMES - 3
    near = 0 if bf == "0" else 3  # next to a lost frame, those that refer to it look wrong
    missing = {frame[0] for frame in intact} - {frame[0] for frame in frames}
    assert all(min(abs(index - place) for place in (14, 38, FRAMES - 1)) <= near for index in missing)
    sound = [frame for frame in intact if min(abs(frame[0] - place) for place in (14, 38, FRAMES - 1)) > 5]
    assert set(sound) <= set(frames)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.avi"])
def test_a_damaged_video_resumes_exactly_and_in_parts(tmp_path: Path, name: str) -> None:
    whole = write(tmp_path / f"whole.{name}", "libx264", g="5", bf="2")
    clip = overwrite_packets(whole, tmp_path / name, {14, 38})
    frames, error = read_to_the_end(clip)
    read = []
    for frame in read_video(clip):
        read.append(frame)
        if frame.index == 30:
            break
    state = position_of(read[-1]).state()
    place = len(read)
    assert read_to_the_end(clip, after=Position.from_state(state)) == (frames[place:], error)
    start_s = frames[place][1]
    assert read_to_the_end(clip, start_s=start_s, end_s=start_s + 0.1) == (frames[place : place + 3], "")
    rest, error = read_to_the_end(clip, start_s=start_s)
    assert (rest, error) == (frames[place:], f"{name} is damaged: 1 of its frames is lost or distorted")


def test_frames_that_the_decoder_calls_distorted_are_counted(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mkv", "mpeg2video", g="5", q="2")
    clip = overwrite_packets(whole, tmp_path / "clip.mkv", {22, 41}, share_kept=0.5)
    frames, error = read_to_the_end(clip)
    assert [frame[:2] for frame in frames] == [frame[:2] for frame in read_to_the_end(whole)[0]]
    assert error == "clip.mkv is damaged: 2 of its frames are lost or distorted"


def test_a_stream_of_damaged_packets_is_damaged(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.webm", "libvpx-vp9", g="100")
    clip = without(whole, tmp_path / "cut.webm", lambda place, _: place == 0)
    with pytest.raises(VideoError, match="is damaged: it breaks off before its first frame"):
        probe(clip)
