"""Writes the video as H.264 mp4 with boxes, names and expressions or blurred faces, and with its sound."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from emotion.drawing.blur import blur_everything, blur_faces
from emotion.drawing.boxes import annotate
from emotion.errors import InputError, VideoError
from emotion.limits import out_of_memory_message
from emotion.progress import ProgressReporter
from emotion.report.edited import Edited
from emotion.report.faces_at import CoveredFaces, ShownFaces
from emotion.types import Frame, FrameResult, Image, VideoInfo
from emotion.vision.decode.containers import open_container, sound_stream
from emotion.vision.decode.survey import Survey, survey
from emotion.vision.decode.video import probe, read_video
from emotion.vision.encode import TIME_BASE, in_time, timed_pictures

_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"}
"""Audio codecs that are copied into mp4; others are encoded as AAC."""

_KEY_FRAME_S = 2.0
"""Maximum time between key frames."""

_LENGTH_TOLERANCE_S = 1.0
"""Earlier versions measured the length of some files differently."""


def write_annotated_video(
    edited: Edited, path: Path, video: Path, progress: ProgressReporter, *, blur: bool, draw: bool
) -> None:
    """Write the video, with one frame in memory at a time.

    Args:
        edited: The analysis with its edits.
        path: The file to write.
        video: The analysed file.
        progress: Advanced for every frame.
        blur: Blur every detected face, and every frame outside the analysed time.
        draw: Draw boxes, names and expressions.

    Raises:
        InputError: The video has another size or length than the analysed one.
        VideoError: The video cannot be read.
    """
    painter = _Painter(edited, blur=blur, draw=draw)
    info = probe(video)
    _expect_analysed(info, edited.raw.info, video.name)
    options = {"movflags": "faststart"}
    try:
        with (
            av.open(str(path), "w", format="mp4", options=options) as output,
            open_container(video) as sound,
        ):
            pictures = _pictures(video, painter, complete=edited.raw.complete)
            _write_streams(output, _Sound(output, sound, survey(video)), pictures, info, progress)
    except MemoryError as error:
        raise VideoError(out_of_memory_message()) from error
    except av.error.FFmpegError as error:
        raise VideoError(f"{video.name} cannot be written as an annotated video ({error})") from error


def _expect_analysed(info: VideoInfo, analysed: VideoInfo, name: str) -> None:
    """Raise InputError for another video: its faces would be elsewhere, and would not be blurred."""
    sizes = [f"{one.width} × {one.height} px and {one.duration_s:.1f} s" for one in (analysed, info)]
    same_size = (info.width, info.height) == (analysed.width, analysed.height)
    if not same_size or abs(info.duration_s - analysed.duration_s) > _LENGTH_TOLERANCE_S:
        raise InputError(f"expected the analysed video, of {sizes[0]}; {name} has {sizes[1]}")


class _Painter:
    """Blurs faces and draws boxes on frames."""

    def __init__(self, edited: Edited, *, blur: bool, draw: bool) -> None:
        self._analysis = edited.analysis
        self._names = edited.names()
        self._shown = ShownFaces(edited.analysis) if draw else None
        # From the raw analysis, as people hidden from the figures must be blurred too.
        self._covered = CoveredFaces(edited.raw) if blur else None

    def __call__(self, frame: Frame) -> Image:
        """Return ``(H, W, 3)`` uint8 RGB."""
        image = np.array(frame.rgb())
        if self._covered is not None:
            if self._covered.was_analysed(frame.time_s):
                blur_faces(image, self._covered.at(frame.time_s))
            else:
                blur_everything(image)
        if self._shown is None or not (faces := self._shown.at(frame.time_s)):
            return image
        labels, limit = self._analysis.labels, self._analysis.abstain_below
        result = FrameResult(frame.index, frame.time_s, frame.width, frame.height, faces, labels, limit)
        return annotate(image, result, self._names)


def _pictures(video: Path, painter: _Painter, *, complete: bool) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, painted picture in 4:2:0 with ITU-R BT.709's colours)."""
    count = 0
    try:
        for time_s, picture in timed_pictures(read_video(video), painter):
            count += 1
            yield time_s, picture.reformat(format="yuv420p", dst_colorspace="ITU709")
    except VideoError:
        # An incomplete analysis ended at the same error; the frames before it are still exported.
        if complete or not count:
            raise


def _write_streams(
    output: Any, audio: _Sound, pictures: Iterator[tuple[float, Any]], info: VideoInfo, progress: ProgressReporter
) -> None:
    video = _add_picture_stream(output, info)
    audio.add_stream()
    # In order of time, so that the container buffers little of either.
    for _, piece in heapq.merge(pictures, audio.pieces(), key=lambda timed: timed[0]):
        if isinstance(piece, av.VideoFrame):
            output.mux(video.encode(piece))
            progress.advance()
        else:
            audio.write(piece)
    output.mux(video.encode())
    audio.finish()


def _add_picture_stream(output: Any, info: VideoInfo) -> Any:
    """Add a stream of the video's display size."""
    gap = str(max(1, round(_KEY_FRAME_S * info.fps)))
    rate = Fraction(info.fps).limit_denominator(1001)
    stream = output.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast", "g": gap})
    stream.width, stream.height = info.width + info.width % 2, info.height + info.height % 2
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = TIME_BASE
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    return stream


_BT709 = 1
"""BT.709 in H.264's tables of colour spaces, primaries and transfer functions (ITU-T H.264, annex E)."""


class _Sound:
    """The first audio stream of a file, if any: copied if mp4 supports its codec, else encoded as AAC."""

    def __init__(self, output: Any, source: Any, facts: Survey) -> None:
        self._output, self._source, self._facts = output, source, facts
        self._in = sound_stream(source)
        self._copies = self._in is not None and self._in.codec_context.name in _COPIED
        self._out: Any = None

    def add_stream(self) -> None:
        """Add the stream to the output, after the video stream."""
        if self._in is not None and self._copies:
            self._out = self._output.add_stream_from_template(self._in)
        elif self._in is not None:
            self._out = self._output.add_stream("aac", rate=48_000)

    def pieces(self) -> Iterator[tuple[float, Any]]:
        """Yield (time_s, packet or decoded frame), with times that match the video's frames."""
        if self._in is None:
            return
        if self._copies:
            whole = (packet for packet in self._source.demux(self._in) if packet.dts is not None)
            yield from in_time(whole, self._facts)
        else:
            yield from in_time(self._source.decode(self._in), self._facts)

    def write(self, piece: Any) -> None:
        """Write one piece."""
        if not self._copies:
            self._output.mux(self._out.encode(piece))
            return
        piece.stream = self._out
        self._output.mux(piece)

    def finish(self) -> None:
        """Write the encoder's remaining frames."""
        if self._out is not None and not self._copies:
            self._output.mux(self._out.encode())
