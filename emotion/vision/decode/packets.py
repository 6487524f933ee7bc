"""Reads the time stamps of a video's packets, without those that never become a frame."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from emotion.vision.decode.containers import open_container, picture_stream
from emotion.vision.decode.fields import frame_packets

Stamps = NDArray[np.float64]
Lost = list[int | None]
"""Time stamps, in the container's time base, of frames that cannot be decoded."""

DEEPEST_REORDER = 16
"""Largest number of frames decoded before one that is displayed earlier, in H.264 and HEVC."""
_TICK_S = 1e-6
_STATE_A_LENGTH = {"mov", "matroska", "avi", "asf", "flv"}
"""Formats whose header has the length; FFmpeg computes that of others from their packets."""
_LEAST_S, _LEAST_SHARE = 0.5, 0.02
"""A shorter missing end is ignored, because lengths are rounded, and estimated while recording."""


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of a video stream, one for each frame.

    Attributes:
        stamps: Presentation times, s; NaN if missing.
        durations_s: Durations, s; 0 if missing.
        keys: Whether each is a key frame.
        is_in_order: Whether their decoding times never decrease.
        hidden: Number of packets left out, because they never become a frame: their key frame is missing.
        counts_decoding: Whether the stamps only number the frames in decoding order, and that is not display order.
    """

    stamps: Stamps
    durations_s: Stamps
    keys: NDArray[np.bool_]
    is_in_order: bool
    hidden: int
    counts_decoding: bool


def read_packets(container: Any, stream: Any) -> Packets:
    """Read all packets of an open video from its start."""
    shown, decoded, durations_s, keys = array("d"), array("d"), array("d"), []
    base, unknown = float(stream.time_base or 0), float("nan")
    # A truncated file has the frames before its end.
    with contextlib.suppress(av.error.FFmpegError):
        for packet in frame_packets(container, stream):
            shown.append(unknown if packet.pts is None else packet.pts * base)
            decoded.append(unknown if packet.dts is None else packet.dts * base)
            durations_s.append((packet.duration or 0) * base)
            keys.append(packet.is_keyframe)
    presented, sent, is_key = np.array(shown), np.array(decoded), np.array(keys, bool)
    # AVI numbers frames in decoding order and lacks presentation times for some of them.
    stamps = sent if np.isnan(presented).any() and not np.isnan(sent).any() else presented
    known = sent[~np.isnan(sent)]
    seen = _decodable(container.name, stamps, is_key)
    return Packets(
        stamps[seen],
        np.array(durations_s)[seen],
        is_key[seen],
        bool((np.diff(known) >= 0).all()),
        len(stamps) - int(seen.sum()),
        _counts_decoding(container, stream, stamps),
    )


def pictures_of(container: Any, stream: Any, lost: Lost | None = None) -> Iterator[Any]:
    """Yield the frames of a stream that can be decoded.

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        lost: Gets the time stamps of packets that cannot be decoded, except those before the first key frame.

    Raises:
        av.error.FFmpegError: The file breaks off, or nothing can be decoded.
    """
    failure: av.error.FFmpegError | None = None
    has_begun = is_shown = False
    for packet in container.demux(stream):
        has_begun = has_begun or packet.is_keyframe
        try:
            pictures = packet.decode()
        except av.error.InvalidDataError as error:
            failure = error
            if has_begun and lost is not None:
                lost.append(packet.pts)
            continue
        is_shown = is_shown or bool(pictures)
        yield from pictures
    if failure is not None and not is_shown:
        raise failure


def take_lost(lost: Lost, pts: int | None = None) -> int:
    """Remove the lost frames before a time stamp, or all if it is None, and return how many there were."""
    later = [] if pts is None else [each for each in lost if each is not None and each >= pts]
    count = len(lost) - len(later)
    lost[:] = later
    return count


def missing_end(container: Any, stream: Any, end_s: float, longest_step_s: float) -> str:
    """Return a sentence if a file ends long before the length that it states, as after an interrupted copy; or "".

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        end_s: Stamp of the last frame's end.
        longest_step_s: Longest time between two frames; the last one of a screen recording may last as long.
    """
    stated_s = (container.duration or 0) / av.time_base
    if container.format.name == "avi" and stream.average_rate:  # FFmpeg shortens an AVI's length to the file's size
        stated_s = max(stated_s, float(stream.frames / stream.average_rate))
    least_s = max(_LEAST_S, _LEAST_SHARE * stated_s, longest_step_s)
    if container.format.name.partition(",")[0] not in _STATE_A_LENGTH or stated_s - end_s < least_s:
        return ""
    last_s = max(end_s, _end_of_all(container.name))
    found = f"The file states a length of {stated_s:.1f} s, but ends at {last_s:.1f} s: its end may be missing."
    return found if stated_s - last_s >= least_s else ""


def _end_of_all(path: str) -> float:
    """Return the time stamp, s, at which the last packet of any stream ends; sound may be longer than the picture."""
    end_s = 0.0
    with contextlib.suppress(av.error.FFmpegError), open_container(path) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.size:
                end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return end_s


def _counts_decoding(container: Any, stream: Any, stamps: Stamps) -> bool:
    """Return whether stamps rise in decoding order although frames are reordered, as with H.264 in AVI."""
    is_reordered = "avi" in container.format.name and stream.codec_context.has_b_frames
    return bool(is_reordered and len(stamps) and (np.diff(stamps) > 0).all())


def _decodable(path: str, stamps: Stamps, keys: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which packets become frames.

    In a stream that was cut from a longer one, two kinds of packets do not: those before the first key frame, and those
    that follow it but are displayed before it.
    """
    seen = np.ones(len(stamps), bool)
    if not len(stamps) or (keys[0] and not (stamps[: DEEPEST_REORDER + 1] < stamps[0]).any()):
        return seen
    first_s = _first_shown(path)
    if first_s is None:
        return seen
    end = int(np.argmin(np.abs(np.nan_to_num(stamps, nan=np.inf) - first_s))) + DEEPEST_REORDER + 1
    seen[:end] = ~(stamps[:end] < first_s - _TICK_S)
    return seen


def _first_shown(path: str) -> float | None:
    """Return the stamp of the first frame that can be decoded, s; None if it has none."""
    with contextlib.suppress(av.error.FFmpegError), open_container(path) as container:
        stream = picture_stream(container)
        stream.thread_type = "NONE"
        first = next(pictures_of(container, stream), None)
        if first is not None and first.pts is not None:
            return float(first.pts * first.time_base)
    return None
