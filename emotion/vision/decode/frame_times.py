"""Lists the time of every frame of a video from its packets, without decoding, and puts its sound in time with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from emotion.vision.decode.clock import Clock
from emotion.vision.decode.containers import open_container, picture_stream
from emotion.vision.decode.packets import Stamps, read_packets
from emotion.vision.decode.survey import Survey, in_display_order, survey

_SOUND_STEP_S = 0.02
"""Approximate duration of an audio packet."""


def frame_times(path: str | Path) -> Stamps:
    """Return when each frame begins and when the last one ends.

    Returns:
        ``(frames + 1,)`` rising times, s from the start of the video, on the clock of
        :func:`emotion.vision.decode.video.read_video`.

    Raises:
        VideoError: It holds no video stream.
        av.error.FFmpegError: It cannot be opened.
        ValueError: It cannot be opened.
    """
    facts = survey(path)
    with open_container(path) as container:
        packets = read_packets(container, picture_stream(container))
    stamps = packets.stamps
    if not len(stamps) or np.isnan(stamps).all():
        return np.append(np.arange(len(stamps)) * facts.step_s, facts.end_s)
    shown: list[float] = in_display_order(stamps, packets.keys).tolist()
    times = [time_s for time_s, _ in facts.clock().times(shown, lambda stamp: None if np.isnan(stamp) else stamp)]
    return np.append(times, max(facts.end_s, times[-1]))


def in_time(pieces: Iterable[Any], facts: Survey) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, piece), with each piece's timestamps shifted to that time.

    Args:
        pieces: Packets or decoded frames of one stream, in order.
        facts: The video's survey.
    """
    longest_s = float("inf") if facts.is_clean else facts.longest_s
    clock = Clock(facts.start_s, _SOUND_STEP_S, longest_s, trusts_gaps=True)
    for time_s, piece in clock.times(pieces, _stamp):
        stamp = _stamp(piece)
        by = round((time_s - (time_s if stamp is None else stamp)) / piece.time_base)
        piece.pts = None if piece.pts is None else piece.pts + by
        if piece.dts is not None:
            piece.dts += by
        yield time_s, piece


def _stamp(piece: Any) -> float | None:
    ticks = piece.pts if piece.dts is None else piece.dts
    return None if ticks is None or piece.time_base is None else float(ticks * piece.time_base)
