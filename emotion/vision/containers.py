"""Opens files that may come from anybody: what they are is looked at, and what they point at is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from emotion.limits import setting

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
"""FFmpeg's names of what holds a video itself. A playlist, which goes on to open files and addresses, is none."""

_OPTIONS = {"format_whitelist": ",".join((*FORMATS, "yuv4mpegpipe")), "protocol_whitelist": "file"}
_MOST_PIXELS = 2**31 - 1
"""FFmpeg's own limit."""


def open_container(path: str | Path) -> Any:
    """Return an open container of PyAV, to be closed by the caller.

    Its decoders refuse frames over the limit of pixels also where the file's head announces fewer.

    Raises:
        av.error.FFmpegError: It is no video, or is not there.
        ValueError: Its name cannot be one, or it holds pictures of a kind that no decoder knows.
    """
    container = av.open(str(path), metadata_errors="ignore", options=_OPTIONS)
    most = min(setting("EMOTION_MAX_FRAME_MEGAPIXELS") * 1e6, _MOST_PIXELS)
    streams: list[Any] = list(container.streams.video)
    for stream in streams:
        if stream.codec_context is None:
            container.close()
            raise ValueError("no decoder is known for its pictures")
        stream.codec_context.options = {"max_pixels": str(int(most))}
    return container
