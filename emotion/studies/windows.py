"""Finds the parts of a video that a cell of a study means: the whole video, a given part, or around events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion.analytics.edits import Event
from emotion.errors import InputError, brief
from emotion.studies.study import Cell, Stimulus


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a video.

    Attributes:
        start_s: Its start in the video, s.
        end_s: Its end, s, exclusive; infinite for the end of the video.
        zero_s: The time in the video that is 0 in curves, s.
    """

    start_s: float
    end_s: float
    zero_s: float


def windows_of(cell: Cell, stimulus: Stimulus, events: Sequence[Event]) -> list[Window]:
    """Return the parts of a video that a cell means, in order of time; several if its event occurs repeatedly.

    Args:
        cell: The cell. If it names a part of the video, only events that start in it count.
        stimulus: Its stimulus.
        events: The events of the analysis; excluded ones are no stimuli.

    Raises:
        InputError: The event does not occur, or it is a moment and the stimulus does not say how long it counts.
    """
    start, end = cell.start_s or 0.0, float("inf") if cell.end_s is None else cell.end_s
    if not stimulus.event:
        return [Window(start, end, start)]
    label = stimulus.event.casefold()
    marked = [event for event in events if event.label.casefold() == label and not event.excluded]
    here = sorted((event.span for event in marked if start <= event.span.start_s < end), key=lambda span: span.start_s)
    if not here:
        raise InputError(f"expected an event named {brief(stimulus.event)!r}; the analysis has none")
    found = []
    for span in here:
        stop = span.end_s if stimulus.after_s is None else span.start_s + stimulus.after_s
        if stop <= span.start_s:
            raise InputError(f"expected a number of seconds after {brief(stimulus.event)!r}, which is a moment")
        found.append(Window(max(span.start_s - stimulus.before_s, start), min(stop, end), span.start_s))
    return found
