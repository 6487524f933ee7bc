"""Opens untrusted video files: only known containers, and no other files or URLs that they refer to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from emotion.errors import VideoError
from emotion.settings import read_settings

FORMATS = (
    "mov",
    "matroska",
    "avi",
    "mpegts",
    "mpeg",
    "asf",
    "flv",
    "ogg",
    "m4v",
    "h264",
    "hevc",
    "ivf",
    "gif",
)
"""FFmpeg's names of containers that hold the video itself; no playlists, as they open other files and URLs."""

_OPTIONS = {"format_whitelist": ",".join((*FORMATS, "yuv4mpegpipe")), "protocol_whitelist": "file"}
_MOST_PIXELS = 2**31 - 1
"""FFmpeg's own limit."""


def open_container(path: str | Path) -> Any:
    """Return an open PyAV container; the caller closes it.

    Its decoders refuse frames above the pixel limit, whatever the file's header says.

    Raises:
        av.error.FFmpegError: The file is not a video, or does not exist.
        ValueError: The path is invalid, or no decoder knows the file's codec.
    """
    container = av.open(str(path), metadata_errors="ignore", options=_OPTIONS)
    most = min(read_settings().max_frame_megapixels * 1e6, _MOST_PIXELS)
    streams: list[Any] = list(container.streams.video)
    for stream in streams:
        if stream.codec_context is None:
            container.close()
            raise ValueError("no decoder is known for its pictures")
        stream.codec_context.options = {"max_pixels": str(int(most))}
    return container


_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
"""Dispositions of covers, chapter pictures and posters."""

_PHOTOGRAPHS = {"mjpeg", "png", "bmp", "webp", "tiff", "jpeg2000"}
"""Codecs of still pictures; a stream of another codec beside one of these is the video."""


def picture_stream(container: Any) -> Any:
    """Return the video stream that players show: not a cover, and the default one or the one with the most pixels.

    Args:
        container: An open PyAV container.

    Raises:
        VideoError: It holds no video stream, or only covers.
    """
    name = Path(container.name).name
    if not container.streams.video:
        raise VideoError(f"{name} has no picture: it holds no video stream")
    if not (moving := moving_streams(container)):
        raise VideoError(f"{name} has no video: its only picture is a cover")
    return max(moving, key=_rank)


def moving_streams(container: Any) -> list[Any]:
    """Return the video streams that are not cover art or previews."""
    return [stream for stream in container.streams.video if not stream.disposition & _STILLS]


def _rank(stream: Any) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    # Some programs store a cover, and some cameras a preview, as an ordinary stream of photographs.
    is_video = stream.frames != 1 and context.name not in _PHOTOGRAPHS
    return is_video, bool(stream.disposition & Disposition.default), context.width * context.height, -stream.index
