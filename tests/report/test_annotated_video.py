from __future__ import annotations

import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import emotion
from emotion.analytics.edits import Edits
from emotion.analytics.timeline import BOX
from emotion.errors import Cancelled, VideoError
from emotion.report.formats import Options, export, format_named
from emotion.samples import clip_frames
from emotion.types import Analysis
from emotion.vision.decode.video import probe, read_video
from emotion.vision.encode import write_video
from tests.conftest import make_analysis
from tests.vision.clips import grey_levels, write_clip

pytestmark = pytest.mark.slow

MP4 = format_named("mp4")
SIZE = (120, 160)
VARYING_MS = [0, 40, 55, 160, 200, 430, 470, 500, 700, 740, 800, 1000]
RATE = 48_000


def write_source(path: Path, sound: str | None, times_ms=VARYING_MS) -> Path:
    """Write grey frames at uneven times, and a tone of one second."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width = SIZE
        video.pix_fmt, video.codec_context.time_base = "yuv420p", Fraction(1, 1000)
        audio = container.add_stream(sound, rate=RATE, layout="mono") if sound else None
        for picture, time_ms in zip(grey_levels([128] * len(times_ms), SIZE[1], SIZE[0]), times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio is not None:
            tone = np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 0.3
            samples = (tone * 32767).astype(np.int16)[None] if sound == "pcm_s16le" else tone.astype(np.float32)[None]
            kind = "s16" if sound == "pcm_s16le" else "fltp"
            for start in range(0, RATE, 1024):
                piece = av.AudioFrame.from_ndarray(samples[:, start : start + 1024], format=kind, layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = RATE, start, Fraction(1, RATE)
                container.mux(audio.encode(piece))
            container.mux(audio.encode())
    return path


def analysed(path: Path, every: int = 1) -> Analysis:
    """Return an analysis with one face, at the same place in every n-th frame of a file."""
    times = [frame.time_s for frame in read_video(path)]
    analysis = make_analysis([["happiness"]] * len(times))
    timeline = analysis.timeline.assign(time_s=times, x1=np.float32(40), x2=np.float32(90), y1=np.float32(40))
    timeline = timeline.astype(analysis.timeline.dtypes)
    kept = timeline["frame_index"] % every == 0
    frames = analysis.frames.assign(time_s=times)
    return replace(
        analysis,
        info=probe(path),
        timeline=timeline[kept].reset_index(drop=True),
        frames=frames[frames["frame_index"] % every == 0].reset_index(drop=True),
    )


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


def sound_of(path: Path) -> tuple[str, float, np.ndarray]:
    """Return codec, first time (s) and samples of a file's sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        return stream.codec_context.name, float(frames[0].time), samples


def times_of(path: Path) -> list[float]:
    return [frame.time_s for frame in read_video(path)]


def test_frame_times_and_sound_packets_are_kept(tmp_path):
    source = write_source(tmp_path / "source.mp4", "aac")
    out = export(analysed(source), tmp_path / "out.mp4", MP4, options=Options(video=source))
    assert probe(out).codec == "h264"
    assert times_of(out) == pytest.approx([ms / 1000 for ms in VARYING_MS], abs=1e-3)
    assert packets(out) == packets(source)
    before, after = sound_of(source), sound_of(out)
    assert after[:2] == pytest.approx(before[:2]) if before[0] != after[0] else after[1] == pytest.approx(before[1])
    assert probe(out).duration_s == pytest.approx(probe(source).duration_s, abs=0.1)


def test_unsupported_sound_becomes_aac_of_the_same_length(tmp_path):
    source = write_source(tmp_path / "source.mkv", "pcm_s16le")
    codec, start_s, samples = sound_of(export(analysed(source), tmp_path / "o", MP4, options=Options(video=source)))
    assert codec == "aac"
    assert start_s == pytest.approx(0, abs=0.03)
    assert len(samples) / RATE == pytest.approx(1.0, abs=0.06)
    loudest = np.abs(np.fft.rfft(samples[4800:43200])).argmax() * RATE / 38400
    assert loudest == pytest.approx(440, abs=3)


def test_a_silent_video_stays_silent(tmp_path):
    source = write_source(tmp_path / "source.mp4", None)
    out = export(analysed(source), tmp_path / "out.mp4", MP4, options=Options(video=source))
    with av.open(str(out)) as container:
        assert not container.streams.audio


def test_boxes_and_names_are_drawn_and_hidden_people_are_not(tmp_path):
    source = write_source(tmp_path / "source.mp4", None)
    analysis = analysed(source, every=3)
    plain = [frame.rgb().astype(int) for frame in read_video(source)]

    def changed(edits: Edits) -> list[int]:
        out = export(analysis, tmp_path / "out.mp4", MP4, edits, Options(video=source))
        pairs = zip(read_video(out), plain, strict=True)
        return [int((abs(frame.rgb().astype(int) - before) > 40).any(axis=2).sum()) for frame, before in pairs]

    one, other = changed(Edits(names={1: "I"})), changed(Edits(names={1: "Ж"}))
    assert min(one) > 100, "on frames between the analysed ones too"
    assert one != other
    assert max(changed(Edits(hidden=frozenset({1})))) == 0


@pytest.mark.parametrize("rotation", [90, 180])
def test_a_phones_rotation_is_applied_once(tmp_path, rotation):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = 255
    source = write_clip(tmp_path / "phone.mp4", [picture] * 5, rotation=rotation)
    analysis = replace(make_analysis([[]] * 5), info=probe(source))
    out = export(analysis, tmp_path / "out.mp4", MP4, options=Options(video=source))
    assert probe(out).rotation == 0
    before, after = (next(read_video(path)).rgb().astype(int) for path in (source, out))
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 6


def test_colours_are_kept(tmp_path):
    stripes = np.repeat(np.array([[255, 0, 0], [0, 160, 60], [30, 40, 220], [250, 240, 90]], np.uint8), 16, axis=0)
    picture = np.broadcast_to(stripes, (48, 64, 3)).copy()
    source = write_clip(tmp_path / "c.mp4", [picture] * 3)
    analysis = replace(make_analysis([[]] * 3), info=probe(source))
    out = export(analysis, tmp_path / "out.mp4", MP4, options=Options(video=source))
    before, after = (next(read_video(path)).rgb().astype(int)[:, 8::16] for path in (source, out))
    assert np.abs(before - after).max() < 12


def test_odd_sides_lose_no_pixels(tmp_path):
    source = write_clip(tmp_path / "odd.avi", [np.full((21, 33, 3), 90, np.uint8)] * 3, codec="png", pix_fmt="rgb24")
    analysis = replace(make_analysis([[]] * 3), info=probe(source))
    info = probe(export(analysis, tmp_path / "out.mp4", MP4, options=Options(video=source)))
    assert (info.width, info.height) == (34, 22)


def test_cancelling_leaves_no_file(tmp_path):
    source = write_source(tmp_path / "source.mp4", "aac")
    seen = []

    def cancel(progress):
        seen.append(progress)
        if progress.done == 5:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        export(analysed(source), tmp_path / "out.mp4", MP4, options=Options(video=source), on_progress=cancel)
    assert [file.name for file in tmp_path.iterdir()] == ["source.mp4"]
    assert [progress.done for progress in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].total == len(VARYING_MS)


def test_an_invalid_video_is_refused(tmp_path):
    (tmp_path / "x.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError, match="not a video"):
        export(make_analysis([[]]), tmp_path / "o.mp4", MP4, options=Options(video=tmp_path / "x.mp4"))


def test_frames_outside_the_analysed_part_are_blurred_completely(tmp_path):
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(30)]
    source = write_clip(tmp_path / "s.mp4", noise, times_ms=[100 * index for index in range(30)])
    analysis = replace(analysed(source), complete=False)
    first = analysis.frames["time_s"] < 1.0
    cut = replace(
        analysis,
        frames=analysis.frames[first],
        timeline=analysis.timeline[analysis.timeline["time_s"] < 1.0].iloc[:0],
    )
    out = export(cut, tmp_path / "o.mp4", MP4, options=Options(video=source, blur=True, draw=False))
    detail = [float(np.abs(np.diff(frame.luma.astype(int), axis=1)).mean()) for frame in read_video(out)]
    assert min(detail[:10]) > 10
    assert max(detail[20:]) < 3


def test_memory_does_not_grow_with_length(tmp_path):
    def peak(frames: int) -> int:
        source = write_source(tmp_path / "s.mp4", None, [40 * index for index in range(frames)])
        analysis = analysed(source)
        tracemalloc.start()
        export(analysis, tmp_path / "o.mp4", MP4, options=Options(video=source, blur=True))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(5)
    # The tables grow by a few hundred bytes per frame; a frame that is kept would take 57,600.
    assert peak(120) - peak(30) < 90 * 5_000


@pytest.mark.slow
def test_no_face_is_detected_in_a_blurred_video(tmp_path):
    frames = list(clip_frames())[:16]
    source = write_video(tmp_path / "faces.mp4", frames, 25.0)
    analyzer = emotion.Analyzer()
    analysis = analyzer.video(source, every=5)
    assert len(analysis.timeline) == len(analysis.frames) == 4
    out = export(analysis, tmp_path / "o.mp4", MP4, options=Options(video=source, blur=True, draw=False))
    assert analyzer.video(out).timeline.empty
    left, top, right, bottom = (int(side) for side in analysis.timeline[BOX].iloc[0])
    for index, (frame, original) in enumerate(zip(read_video(out), read_video(source), strict=True)):
        before, after = (one.luma[top:bottom, left:right].astype(int) for one in (original, frame))
        assert np.abs(before - after).mean() > 10, f"frame {index} shows the face"
