"""Aligns a video's sound with its frames, even if the file's clock restarts or jumps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from emotion.vision.decode.clock import Clock
from emotion.vision.decode.survey import Survey

_STEP_S = 0.02
"""Approximate duration of an audio packet."""


def in_time(pieces: Iterable[Any], facts: Survey) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, piece), with each piece's timestamps shifted to that time.

    Args:
        pieces: Packets or decoded frames of one stream, in order.
        facts: The video's survey.
    """
    longest_s = float("inf") if facts.is_clean else facts.longest_s
    clock = Clock(facts.start_s, _STEP_S, longest_s, trusts_gaps=True)
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
