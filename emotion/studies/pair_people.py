"""Finds the second person of a study's cell: another participant in the same video, or the person seen longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emotion.analytics.edits import Edits
from emotion.analytics.people import person_name
from emotion.errors import InputError
from emotion.studies.participant import (
    cells_of_others,
    given_tracks,
    participant_track,
    tracks_named,
    with_one_track_each,
)
from emotion.studies.rows import Rows
from emotion.studies.statistics.synchrony import MAX_LAG_S, WINDOW_S
from emotion.studies.study import Cell, Study
from emotion.studies.sums import seen_s
from emotion.studies.windows import Window

MIN_SEEN_S = WINDOW_S + 2 * MAX_LAG_S
"""Minimum time in view of a second person, s; with less, no window could be compared."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people of one video.

    Attributes:
        tracks: The participant's track and the other person's.
        partner: The other participant, or else the other person's name.
    """

    tracks: tuple[int, int]
    partner: str


def edits_of_pairs(study: Study, cell: Cell, edits: Edits) -> Edits:
    """Return edits in which each participant of the study is one person, unless a cell names their track."""
    by_track = {one.participant for one in study.cells if one.analysis == cell.analysis and one.track is not None}
    return with_one_track_each((one.name for one in study.participants if one.name not in by_track), edits)


def pair_of(study: Study, cell: Cell, rows: Rows, windows: Sequence[Window], edits: Edits) -> Pair | None:
    """Return the two people of a cell; None if nobody else is seen for :data:`MIN_SEEN_S`.

    The second person is the participant of another cell of the same video and stimulus, if there is one, else the
    person seen longest beside the participant. People who count in no result are never chosen.

    Args:
        study: The study.
        cell: One of its cells.
        rows: The cell's timeline.
        windows: The parts of it that the cell means.
        edits: The edits that were applied (:func:`edits_of_pairs`), for names and merged tracks.

    Raises:
        InputError: A participant who is left out of results is in the video, but it is unknown which person that is;
            or the cell's own participant is known and not seen.
    """
    seen = seen_s(rows, windows)
    own = participant_track(seen, cell, edits, cells_of_others(study)(cell))
    hidden = _excluded_tracks(study, cell, edits)
    if own is None or own in hidden:
        return None
    if own not in seen:
        raise InputError(f"expected {cell.participant} in the video; they are not seen in this part")
    others = {
        track: time_s for track, time_s in seen.items() if track != own and track not in hidden and time_s >= MIN_SEEN_S
    }
    partners = _participants(study, cell, seen, edits)
    preferred = {track: time_s for track, time_s in others.items() if track in partners} or others
    if not preferred:
        return None
    track = max(preferred, key=preferred.__getitem__)
    return Pair((own, track), partners.get(track) or person_name(track, edits.names))


def _excluded_tracks(study: Study, cell: Cell, edits: Edits) -> set[int]:
    """Return the tracks of people in the cell's video who count in no result."""
    absent = {each.name for each in study.participants if not each.counts}
    found = {track for name in absent for track in tracks_named(name, edits)}
    for other in _cells_beside(study, cell):
        if other.participant in absent:
            tracks = given_tracks(other, edits)
            if not tracks:
                raise InputError(
                    f"expected the track of {other.participant}, who counts in no result: name them on the Video page"
                )
            found.update(tracks)
    return found


def _participants(study: Study, cell: Cell, seen: Mapping[int, float], edits: Edits) -> dict[int, str]:
    """Return the tracks of other participants of the same video and stimulus, with their names."""
    counting = {each.name for each in study.participants if each.counts}
    others_of, found = cells_of_others(study), dict[int, str]()
    for other in _cells_beside(study, cell):
        track = participant_track(seen, other, edits, others_of(other))
        if other.participant in counting and other.stimulus == cell.stimulus and track is not None:
            found[track] = other.participant
    return found


def _cells_beside(study: Study, cell: Cell) -> list[Cell]:
    """Return the cells of other participants in the same video."""
    return [one for one in study.cells if one.analysis == cell.analysis and one.participant != cell.participant]
