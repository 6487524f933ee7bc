"""The video itself as H.264 mp4: boxes, names and expressions drawn, faces blurred if wished, its sound kept."""

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
from emotion.errors import VideoError
from emotion.limits import no_memory_words
from emotion.progress import ProgressReporter
from emotion.report.edited import Edited
from emotion.report.faces_at import CoveredFaces, ShownFaces
from emotion.report.sound import in_time
from emotion.types import Frame, FrameResult, Image, VideoInfo
from emotion.vision.decode.containers import open_container, sound_stream
from emotion.vision.decode.survey import Survey, survey
from emotion.vision.decode.video import probe, read_video

_CLOCK_HZ = 90_000
"""Ticks per second of the pictures' times, MPEG's own: fine enough for any frame rate, even or varying."""

_COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"}
"""Codecs of sound that mp4 holds as they are; others are encoded as AAC."""

_KEY_FRAME_S = 2.0
"""At least one picture in so many seconds that a player can start from."""


def write_annotated_video(
    edited: Edited, path: Path, video: Path, progress: ProgressReporter, *, blur: bool, draw: bool
) -> None:
    """Write the video; one frame at a time is in memory.

    Args:
        edited: What was found in it.
        path: Where to.
        video: The analysed file.
        progress: Advanced for every frame.
        blur: Make every face that was found unrecognisable, and every frame that was not analysed.
        draw: Draw boxes, names and expressions.

    Raises:
        VideoError: The video cannot be read.
    """
    painter = _Painter(edited, blur=blur, draw=draw)
    info = probe(video)
    options = {"movflags": "faststart"}
    try:
        with (
            av.open(str(path), "w", format="mp4", options=options) as output,
            open_container(video) as sound,
        ):
            pictures = _pictures(video, painter, complete=edited.raw.complete)
            _write_streams(output, _Sound(output, sound, survey(video)), pictures, info, progress)
    except MemoryError as error:
        raise VideoError(no_memory_words()) from error
    except av.error.FFmpegError as error:
        raise VideoError(f"no annotated video can be made of {video.name} ({error})") from error


class _Painter:
    """Changes a frame's picture as wished."""

    def __init__(self, edited: Edited, *, blur: bool, draw: bool) -> None:
        self._analysis = edited.analysis
        self._names = {track: edited.name(track) for track in edited.tracks()}
        self._shown = ShownFaces(edited.analysis) if draw else None
        # Of the raw analysis: a person who is hidden from the figures has a face in the picture.
        self._covered = CoveredFaces(edited.raw) if blur else None

    def __call__(self, frame: Frame) -> Image:
        """Return ``(H, W, 3)`` uint8 RGB."""
        image = np.array(frame.rgb())
        if self._covered is not None:
            if self._covered.knows(frame.time_s):
                blur_faces(image, self._covered.at(frame.time_s))
            else:
                blur_everything(image)
        if self._shown is None or not (faces := self._shown.at(frame.time_s)):
            return image
        labels, limit = self._analysis.labels, self._analysis.abstain_below
        result = FrameResult(frame.index, frame.time_s, frame.width, frame.height, faces, labels, limit)
        return annotate(image, result, self._names)


def _pictures(video: Path, painter: _Painter, *, complete: bool) -> Iterator[tuple[float, Any]]:
    """Yield (time in seconds, painted picture with its presentation time)."""
    ticks = -1
    try:
        for frame in read_video(video):
            # Two frames may not share a tick, even where a broken file says so.
            ticks = max(round(frame.time_s * _CLOCK_HZ), ticks + 1)
            picture = _even_picture(painter(frame))
            picture.pts, picture.time_base = ticks, Fraction(1, _CLOCK_HZ)
            yield ticks / _CLOCK_HZ, picture
    except VideoError:
        # The analysis broke off at the same place and says so; what is before it is still wanted.
        if complete or ticks < 0:
            raise


def _even_picture(image: Image) -> Any:
    """Return a picture in 4:2:0 with ITU-R BT.709's colours; an odd row or column is doubled, as 4:2:0 needs pairs."""
    even = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709")


def _write_streams(
    output: Any, audio: _Sound, pictures: Iterator[tuple[float, Any]], info: VideoInfo, progress: ProgressReporter
) -> None:
    video = _add_picture_stream(output, info)
    audio.add_stream()
    # In order of time, so that the container holds back no more than a moment of either.
    for _, piece in heapq.merge(pictures, audio.pieces(), key=lambda timed: timed[0]):
        if isinstance(piece, av.VideoFrame):
            output.mux(video.encode(piece))
            progress.advance()
        else:
            audio.write(piece)
    output.mux(video.encode())
    audio.finish()


def _add_picture_stream(output: Any, info: VideoInfo) -> Any:
    """Add a stream of the size in which people see the video: upright, with square pixels."""
    gap = str(max(1, round(_KEY_FRAME_S * info.fps)))
    rate = Fraction(info.fps).limit_denominator(1001)
    stream = output.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast", "g": gap})
    stream.width, stream.height = info.width + info.width % 2, info.height + info.height % 2
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, _CLOCK_HZ)
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    return stream


_BT709 = 1
"""Its number in H.264's tables of colour spaces, primaries and transfer functions (ITU-T H.264, annex E)."""


class _Sound:
    """The first sound of a file: its packets where mp4 takes them, AAC where it does not, nothing without one."""

    def __init__(self, output: Any, source: Any, facts: Survey) -> None:
        self._output, self._source, self._facts = output, source, facts
        self._in = sound_stream(source)
        self._copies = self._in is not None and self._in.codec_context.name in _COPIED
        self._out: Any = None

    def add_stream(self) -> None:
        """Declare it in the output, behind the pictures."""
        if self._in is not None and self._copies:
            self._out = self._output.add_stream_from_template(self._in)
        elif self._in is not None:
            self._out = self._output.add_stream("aac", rate=48_000)

    def pieces(self) -> Iterator[tuple[float, Any]]:
        """Yield (time in seconds, packet or decoded sound), the times as the pictures have them."""
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
        """Write what an encoder holds back."""
        if self._out is not None and not self._copies:
            self._output.mux(self._out.encode())
