"""Finds a study's participant among the tracks of a video: by the cell's track, by name, or by time in view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from emotion.analytics.apply import merged_into
from emotion.analytics.edits import Edits
from emotion.studies.study import Cell, Study
from emotion.studies.sums import longest_seen


def given_tracks(cell: Cell, edits: Edits) -> list[int]:
    """Return the tracks known to be a cell's participant, after merges: the cell's own, or those with their name.

    Tracks without a name are not among them; see :func:`participant_track`.
    """
    if cell.track is not None:
        return [merged_into(edits.merged).get(cell.track, cell.track)]
    return tracks_named(cell.participant, edits)


def tracks_named(name: str, edits: Edits) -> list[int]:
    """Return the tracks with a name, ignoring case, after merges, in order of number.

    Hidden tracks are left out if others have the name.
    """
    targets = merged_into(edits.merged)
    named = (track for track, given in edits.names.items() if given.casefold() == name.casefold())
    found = sorted({targets.get(track, track) for track in named})
    return [track for track in found if track not in edits.hidden] or found


def with_one_person(cell: Cell, edits: Edits) -> Edits:
    """Return edits that merge all tracks of a cell's participant, as a manual merge would.

    Where two of them are in one frame, the more confident face counts, as in any merge
    (:func:`emotion.analytics.apply.apply_edits`).
    """
    return edits if cell.track is not None else with_one_track_each([cell.participant], edits)


def with_one_track_each(names: Iterable[str], edits: Edits) -> Edits:
    """Return edits that merge all tracks of each name into one."""
    merges: dict[int, int] = {}
    for name in names:
        whole, *parts = tracks_named(name, edits) or [0]
        merges |= dict.fromkeys(parts, whole)
    return replace(edits, merged={**edits.merged, **merges}) if merges else edits


def cells_of_others(study: Study) -> Callable[[Cell], tuple[Cell, ...]]:
    """Return a function from a cell to the cells of other people who may be in its video.

    These are the cells of other participants of that video, and one for each participant who counts in no result.
    """
    beside: dict[str, list[Cell]] = {}
    for cell in study.cells:
        beside.setdefault(cell.analysis, []).append(cell)
    absent = [each.name for each in study.participants if not each.counts]

    def others(cell: Cell) -> tuple[Cell, ...]:
        found = (*beside.get(cell.analysis, ()), *(Cell(name, cell.stimulus, cell.analysis) for name in absent))
        return tuple(other for other in found if other.participant != cell.participant)

    return others


def tracks_of(cells: Iterable[Cell], edits: Edits) -> set[int]:
    """Return the tracks known to be the participants of some cells (:func:`given_tracks`)."""
    return {track for cell in cells for track in given_tracks(cell, edits)}


def participant_track(seen: Mapping[int, float], cell: Cell, edits: Edits, others: Iterable[Cell]) -> int | None:
    """Return the track of a cell's participant; None if nobody in view can be the participant.

    The cell's own track, or one with the participant's name, counts even if it is not seen, so that nobody else takes
    its place. Without either, it is the track seen longest that is not known to be somebody else.

    Args:
        seen: Track → how long it is seen, s.
        cell: The cell.
        edits: The edits that were applied, with one track for each person (:func:`with_one_person`).
        others: Cells of other people (:func:`cells_of_others`).
    """
    given = given_tracks(cell, edits)
    return given[0] if given else longest_seen(seen, tracks_of(others, edits))
