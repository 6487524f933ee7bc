"""WebVTT captions with each person's expression (W3C, WebVTT: The Web Video Text Tracks Format).

A cue lasts while everybody's answer stays the same. Flicker is removed per person before
(:func:`emotion.analytics.flicker.steady_answers`), so captions match the timeline; cues may still be short.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion.analytics.durations import counted_durations
from emotion.analytics.flicker import FLICKER_S, steady_answers
from emotion.progress import ProgressReporter
from emotion.report.edited import Edited

SMOOTHED_S = FLICKER_S
"""Minimum duration of a person's answer, s."""

MAX_LINES = 4

_HEAD = "WEBVTT\n"
_SAME_INSTANT_S = 1e-6

State = tuple[tuple[int, str], ...]
"""(track, answer) of everybody in a frame, in order of track."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A time span, s, with a constant state; the end is exclusive."""

    start_s: float
    end_s: float
    state: State


def write_captions(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write the captions as UTF-8."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        for block in _blocks(edited):
            file.write(block)
            progress.advance()


def captions_text(edited: Edited) -> str:
    """Return the captions as one text."""
    return "".join([_HEAD, *_blocks(edited)])


def _blocks(edited: Edited) -> Iterator[str]:
    """Yield the text of each cue."""
    for cue in runs(edited):
        start, end = timestamp(cue.start_s), timestamp(cue.end_s)
        # Players drop a cue that ends when it starts.
        if start != end:
            lines = "\n".join(escape(line) for line in cue_lines(edited, cue.state))
            yield f"\n{start} --> {end}\n{lines}\n"


def runs(edited: Edited) -> Iterator[Cue]:
    """Yield the times in which the same people show the same expressions."""
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
    frames, rows = edited.analysis.frames, edited.analysis.timeline
    steady = steady_answers(edited.analysis, SMOOTHED_S)
    shown: dict[int, list[tuple[int, str]]] = {}
    for frame, track, answer in zip(rows["frame_index"], rows["track_id"], steady, strict=True):
        shown.setdefault(int(frame), []).append((int(track), str(answer)))
    starts = frames["time_s"].to_numpy(np.float64)
    ends = starts + counted_durations(frames)
    for frame, start_s, end_s in zip(frames["frame_index"], starts.tolist(), ends.tolist(), strict=True):
        yield start_s, end_s, tuple(shown.get(int(frame), ()))


def cue_lines(edited: Edited, state: State) -> list[str]:
    """Return a caption's lines: one per person, or the number of further people last."""
    lines = [f"{edited.name(track)}: {answer}" for track, answer in state]
    if len(lines) <= MAX_LINES:
        return lines
    rest = len(lines) - (MAX_LINES - 1)
    return [*lines[: MAX_LINES - 1], f"and {rest} more people"]


def escape(text: str) -> str:
    """Return text with WebVTT's special characters escaped."""
    return html.escape(text, quote=False)


def timestamp(seconds: float) -> str:
    """Return a time in WebVTT's format, ``hh:mm:ss.ttt``; hours may have more than two digits."""
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
