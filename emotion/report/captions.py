"""WebVTT captions: who shows what, as a player writes it under a video (W3C, WebVTT: The Web Video Text Tracks Format).

Who is seen with which expression makes a state. A cue lasts as long as a state; states too
short to be read are taken into the one before, so that captions do not flicker.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion.analytics.durations import counted_durations
from emotion.report.edited import Edited
from emotion.steps import Steps

MIN_CUE_S = 1.0
"""A caption of two words wants about a second to be read."""

MAX_LINES = 4
"""More would hide the picture."""

_HEAD = "WEBVTT\n"
_SAME_INSTANT_S = 1e-6

State = tuple[tuple[int, str], ...]
"""(track, answer) of everybody in a frame, in the order of the tracks."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from when to when, in seconds; the end is not part of it."""

    start_s: float
    end_s: float
    state: State

    @property
    def duration_s(self) -> float:
        """How long it stands."""
        return self.end_s - self.start_s


def write_captions(edited: Edited, path: Path, steps: Steps) -> None:
    """Write the captions as UTF-8."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        for block in _blocks(edited):
            file.write(block)
            steps.advance()


def captions_text(edited: Edited) -> str:
    """Return the captions as one text."""
    return "".join([_HEAD, *_blocks(edited)])


def _blocks(edited: Edited) -> Iterator[str]:
    """Yield each cue as it is written."""
    for cue in readable(runs(edited), until_s=edited.analysis.info.duration_s):
        start, end = timestamp(cue.start_s), timestamp(cue.end_s)
        # Players drop a cue that ends when it starts; one pressed between two others may be that short.
        if start != end:
            lines = "\n".join(escape(line) for line in cue_lines(edited, cue.state))
            yield f"\n{start} --> {end}\n{lines}\n"


def runs(edited: Edited) -> Iterator[Cue]:
    """Yield the stretches in which the same people show the same expressions; nothing where nobody is seen."""
    current: Cue | None = None
    for start_s, end_s, state in _states(edited):
        if current is not None and current.state == state and start_s - current.end_s < _SAME_INSTANT_S:
            current = replace(current, end_s=end_s)
            continue
        if current is not None and current.state:
            yield current
        current = Cue(start_s, end_s, state)
    if current is not None and current.state:
        yield current


def _states(edited: Edited) -> Iterator[tuple[float, float, State]]:
    """Yield each analysed frame's start, end and state."""
    frames, rows = edited.analysis.frames, edited.named_timeline()
    shown: dict[int, list[tuple[int, str]]] = {}
    for frame, track, answer in zip(rows["frame_index"], rows["track_id"], rows["answer"], strict=True):
        shown.setdefault(int(frame), []).append((int(track), str(answer)))
    starts = frames["time_s"].to_numpy(np.float64)
    ends = starts + counted_durations(frames)
    for frame, start_s, end_s in zip(frames["frame_index"], starts.tolist(), ends.tolist(), strict=True):
        yield start_s, end_s, tuple(shown.get(int(frame), ()))


def readable(cues: Iterable[Cue], min_s: float = MIN_CUE_S, until_s: float = float("inf")) -> Iterator[Cue]:
    """Yield cues in order that last at least so long, as far as what comes after them leaves room.

    A cue that is too short goes into the one before it where the two touch, or else into the one after it.
    One that stands alone lasts longer than what it shows, but never into the next one or past the video's end.

    Args:
        cues: In order of time, without overlap.
        min_s: How long a cue should last, in seconds.
        until_s: The video's end, in seconds.
    """
    waiting: Cue | None = None
    for cue in cues:
        if waiting is None:
            waiting = cue
        elif cue.start_s - waiting.end_s > _SAME_INSTANT_S:
            yield _lengthened(waiting, min_s, cue.start_s)
            waiting = cue
        elif cue.state == waiting.state:
            waiting = replace(waiting, end_s=cue.end_s)
        elif waiting.duration_s < min_s:
            waiting = Cue(waiting.start_s, cue.end_s, cue.state)
        elif cue.duration_s < min_s:
            waiting = replace(waiting, end_s=cue.end_s)
        else:
            yield waiting
            waiting = cue
    if waiting is not None:
        yield _lengthened(waiting, min_s, until_s)


def _lengthened(cue: Cue, min_s: float, limit_s: float) -> Cue:
    return replace(cue, end_s=max(cue.end_s, min(cue.start_s + min_s, limit_s)))


def cue_lines(edited: Edited, state: State) -> list[str]:
    """Return what a caption says: a line per person, the number of the others last."""
    lines = [f"{edited.name(track)}: {answer}" for track, answer in state]
    if len(lines) <= MAX_LINES:
        return lines
    rest = len(lines) - (MAX_LINES - 1)
    return [*lines[: MAX_LINES - 1], f"and {rest} more people"]


def escape(text: str) -> str:
    """Return text in which no sign means anything to WebVTT."""
    return html.escape(text, quote=False)


def timestamp(seconds: float) -> str:
    """Return a time as WebVTT writes it, ``hh:mm:ss.ttt``; hours may have more than two digits."""
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
