"""Opens untrusted video files: only known containers and codecs, and never the files or URLs that they refer to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from emotion.errors import VideoError, brief
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

_PICTURES = (
    "h264 hevc vvc av1 libdav1d vp8 vp9 libvpx libvpx-vp9 theora vp6 vp6f vp6a mpeg1video mpeg2video mpeg4 "
    "msmpeg4v1 msmpeg4v2 msmpeg4 h261 h263 h263p h263i flv wmv1 wmv2 wmv3 vc1 mjpeg mjpegb dvvideo prores "
    "prores_raw dnxhd cfhd ffv1 huffyuv ffvhuff utvideo rawvideo v210 qtrle svq1 svq3 cinepak indeo5 msvideo1 gif "
    "png bmp webp tiff jpeg2000"
)
CODECS = frozenset(_PICTURES.split())
"""FFmpeg's names of the allowed video decoders: codecs of cameras, phones, screen recorders, editors and browsers."""

_SOUND = (
    "aac aac_latm ac3 eac3 mp1 mp1float mp2 mp2float mp3 mp3float opus libopus vorbis libvorbis flac alac dca "
    "wmav1 wmav2 wmapro wmavoice amrnb amrwb libopencore_amrnb libopencore_amrwb adpcm_ima_qt adpcm_ima_wav "
    "adpcm_ms adpcm_swf nellymoser speex qdm2 gsm_ms pcm_alaw pcm_mulaw pcm_u8 pcm_s8 pcm_s16le pcm_s16be "
    "pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be pcm_bluray pcm_dvd"
)
SOUND_CODECS = frozenset(_SOUND.split())
"""The same for audio, which is copied to annotated videos and to videos converted for the browser."""

_OPTIONS = {
    "format_whitelist": ",".join((*FORMATS, "yuv4mpegpipe")),
    "codec_whitelist": ",".join(sorted(CODECS | SOUND_CODECS)),
    "protocol_whitelist": "file",
}
_MOST_PIXELS = 2**31 - 1
"""FFmpeg's own limit."""


def path_of(source: object) -> Path:
    """Return a video's path from a string or path object.

    Raises:
        VideoError: It is neither.
    """
    if not isinstance(source, str | os.PathLike):
        raise VideoError(f"expected the path of a video; got {type(source).__name__}")
    return Path(os.fsdecode(source))


def open_container(path: str | Path) -> Any:
    """Return an open PyAV container; the caller closes it.

    Its decoders refuse frames above the pixel limit, whatever the file's header says.

    Raises:
        av.error.FFmpegError: The file is not a video, or does not exist.
        ValueError: The path is invalid, or no decoder knows the file's codec.
        VideoError: A codec of its pictures is not among :data:`CODECS`.
    """
    container = av.open(str(path), metadata_errors="ignore", options=_OPTIONS)
    most = min(read_settings().max_frame_megapixels * 1e6, _MOST_PIXELS)
    streams: list[Any] = list(container.streams.video)
    for stream in streams:
        if stream.codec_context is None:
            container.close()
            raise ValueError("its codec is unknown")
        if (codec := stream.codec_context.name) not in CODECS:
            container.close()
            raise VideoError(f"{Path(path).name} uses an unsupported codec: {brief(codec)}")
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
        raise VideoError(f"{name} has no video stream")
    if not (moving := moving_streams(container)):
        raise VideoError(f"{name} has no video, only cover art")
    return max(moving, key=_rank)


def sound_stream(container: Any) -> Any | None:
    """Return the first sound stream, None if there is none or its codec is not among :data:`SOUND_CODECS`."""
    sounds = container.streams.audio
    is_known = sounds and sounds[0].codec_context is not None and sounds[0].codec_context.name in SOUND_CODECS
    return sounds[0] if is_known else None


def moving_streams(container: Any) -> list[Any]:
    """Return the video streams that are not cover art or previews."""
    return [stream for stream in container.streams.video if not stream.disposition & _STILLS]


def other_videos(container: Any, stream: Any) -> str:
    """Return a sentence if a file has other video streams, which are not analysed; or ""."""
    videos = [each.index for each in moving_streams(container) if _is_video(each)]
    if len(videos) < 2:
        return ""
    number = videos.index(stream.index) + 1
    size = f"{stream.codec_context.width} × {stream.codec_context.height}"
    return f"The file has {len(videos)} video streams; only no. {number}, of {size} pixels, is analysed."


def _is_video(stream: Any) -> bool:
    # Some programs store a cover, and some cameras a preview, as an ordinary stream of photographs.
    return stream.frames != 1 and stream.codec_context.name not in _PHOTOGRAPHS


def _rank(stream: Any) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    is_default = bool(stream.disposition & Disposition.default)
    return _is_video(stream), is_default, context.width * context.height, -stream.index
