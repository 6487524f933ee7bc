"""Annotations of a study: expressions and events of each cell written as files, and events of logs added to cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from emotion.analytics.apply import apply_edits, part_of
from emotion.analytics.edits import Event
from emotion.analytics.episodes import episodes
from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.library.studies.repository import SavedStudy, StudyRepository
from emotion.library.studies.results import study_results
from emotion.output_names import numbered_names
from emotion.progress import OnProgress, ProgressReporter
from emotion.report.file_names import file_name
from emotion.studies.formats.annotations import Mark, Tiers, boris_table, eaf_text, follows, textgrid_text
from emotion.studies.formats.bids import bids_labels, write_bids, write_data_set
from emotion.studies.participant import with_one_person
from emotion.studies.study import Cell, Key, Study
from emotion.types import Analysis

MIN_EPISODE_S = 0.2
"""Shorter episodes are left out of annotations, s."""

_BORIS = ".boris.csv"
EVENTS = "events"
"""Tier of the events of a video; those of people are named ``expression``."""


def tiers_of(analysis: Analysis, events: Sequence[Event], track: int | None) -> dict[str, list[Mark]]:
    """Return the marks of one video, in its own time: a person's expressions, and events.

    Args:
        analysis: With edits applied.
        events: Its events; each one that overlaps another goes to the next tier, and one that starts at the other's
            end does not.
        track: The person; None for nobody.
    """
    found: dict[str, list[Mark]] = {"expression": []}
    if track is not None:
        spans = episodes(part_of(analysis, track=track), MIN_EPISODE_S)
        found["expression"] = [
            Mark(float(start), float(end), str(label))
            for start, end, label in zip(spans["start_s"], spans["end_s"], spans["emotion"], strict=True)
        ]
    for event in sorted(events, key=lambda each: each.span.start_s):
        mark = Mark(event.span.start_s, event.span.end_s, event.label)
        number = 1
        while found.get(_tier(number)) and not follows(mark, found[_tier(number)][-1]):
            number += 1
        found.setdefault(_tier(number), []).append(mark)
    return found


def add_events(studies: StudyRepository, cell: Cell, events: Sequence[Event]) -> int:
    """Add events to the analysis of a cell, except those that it has already, and return how many were added."""
    entry = studies.analyses.get(cell.analysis)
    new = tuple(event for event in events if event not in entry.edits.events)
    edits = replace(entry.edits, events=(*entry.edits.events, *new))
    studies.analyses.save_edits(entry.id, edits, entry.saved_edits)
    return len(new)


def _tier(number: int) -> str:
    return EVENTS if number == 1 else f"{EVENTS} {number}"


def _write_eaf(analysis: Analysis, tiers: Tiers, path: Path) -> None:
    path.write_text(eaf_text(tiers, analysis.source), encoding="utf-8")


def _write_textgrid(analysis: Analysis, tiers: Tiers, path: Path) -> None:
    last = max((mark.end_s for marks in tiers.values() for mark in marks), default=0.0)
    path.write_text(textgrid_text(tiers, max(analysis.info.duration_s, last + 0.001)), encoding="utf-8")


def _write_boris(analysis: Analysis, tiers: Tiers, path: Path) -> None:
    info, observation = analysis.info, path.name.removesuffix(_BORIS)
    path.write_bytes(csv_bytes(boris_table(tiers, analysis.source, info.duration_s, info.fps, observation), None))


WRITERS: Mapping[str, tuple[str, Callable[[Analysis, Tiers, Path], None]]] = {
    "eaf": (".eaf", _write_eaf),
    "textgrid": (".TextGrid", _write_textgrid),
    "boris": (_BORIS, _write_boris),
}
"""Format → extension of its files, and the function that writes one."""

_Write = Callable[[Analysis, Tiers, int | None, Key], list[Path]]
"""Writes one cell and returns its files."""

FORMATS = (*WRITERS, "bids")
"""Formats of :func:`write_annotations`."""


def write_annotations(
    studies: StudyRepository, saved: SavedStudy, folder: Path, kind: str, on_step: OnProgress | None = None
) -> list[Path]:
    """Write every cell that has a result.

    Args:
        studies: The owner's studies.
        saved: The study.
        folder: The folder, which is made if it does not exist.
        kind: One of :data:`FORMATS`.
        on_step: Called after every cell; may raise to cancel.

    Returns:
        The files.

    Raises:
        InputError: There are no results.
    """
    results = study_results(studies, saved)
    if not results.sums:
        raise InputError("expected at least one finished analysis in the study; there is none")
    folder.mkdir(parents=True, exist_ok=True)
    progress, written = ProgressReporter(len(results.sums), on_step), list[Path]()
    cells = [cell for cell in saved.study.counted_cells() if cell.key in results.sums]
    keys = [cell.key for cell in cells]
    if kind == "bids":
        write, written = _bids(saved.study, keys, folder)
    else:
        write = _files(keys, folder, kind)
    for cell in cells:
        edits = studies.analyses.get(cell.analysis).edits
        analysis = apply_edits(studies.analyses.load_analysis(cell.analysis), with_one_person(cell, edits))
        track = results.sums[cell.key].track
        written += write(analysis, tiers_of(analysis, edits.events, track), track, cell.key)
        progress.advance()
    return written


def _bids(study: Study, keys: Sequence[Key], folder: Path) -> tuple[_Write, list[Path]]:
    """Write the files that describe the data set; return a function that writes one cell, and these files."""
    people = bids_labels(each.name for each in study.participants)
    films = bids_labels(each.name for each in study.stimuli)

    def write(analysis: Analysis, tiers: Tiers, track: int | None, key: Key) -> list[Path]:
        return write_bids(analysis, tiers, track, (people[key[0]], films[key[1]]), folder)

    return write, write_data_set(study, {person: people[person] for person, _ in keys}, folder)


def _files(keys: Sequence[Key], folder: Path, kind: str) -> _Write:
    ending, write_file = WRITERS[kind]
    names = dict(zip(keys, numbered_names([file_name("_".join(key), ending) for key in keys]), strict=True))

    def write(analysis: Analysis, tiers: Tiers, track: int | None, key: Key) -> list[Path]:
        path = folder / names[key]
        write_file(analysis, tiers, path)
        return [path]

    return write
