"""Results of a study: means per participant and stimulus, and curves per second, from timelines read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.edits import Edits
from emotion.errors import EmotionError, InputError
from emotion.progress import OnProgress, ProgressReporter
from emotion.studies.measures import in_order
from emotion.studies.participant import cells_of_others, given_tracks, tracks_of, with_one_person
from emotion.studies.rows import read_rows
from emotion.studies.study import Cell, Key, Stimulus, Study
from emotion.studies.sums import CellSums, sum_cell
from emotion.studies.windows import windows_of

THREADS = 4
"""Timelines in memory at a time; reading them is mostly outside of Python's lock."""

_COUNTS = ("frames", "seconds", "window_s", "seen", "repetitions")
_OWN = ("participant", "stimulus", *_COUNTS, "measure", "mean", "second")
"""Columns of the tables of results, apart from variables and measures."""

Opener = Callable[[Cell], AbstractContextManager[tuple[Path, Edits]]]
"""Opens the timeline of a cell: yields its Parquet file and its edits, or raises an error of this program."""


@dataclass(frozen=True, eq=False)
class StudyResults:
    """Sums of every cell that counts.

    Attributes:
        study: The study; a variable with the name of another column is renamed, ``variable_valence`` for ``valence``,
            and ``stimulus_age`` for an ``age`` of stimuli where participants have one.
        sums: Participant and stimulus → their sums, in the order of the study's cells.
        problems: Participant and stimulus → why a cell has no result, in one sentence.
        measures: All measures, in the order of tables.
    """

    study: Study
    sums: Mapping[Key, CellSums]
    problems: Mapping[Key, str] = field(default_factory=dict)
    measures: tuple[str, ...] = ()

    @cached_property
    def means(self) -> pd.DataFrame:
        """One row per participant and stimulus.

        Its columns are ``participant``, ``stimulus``, their variables, ``frames`` and ``seconds`` (with the person),
        ``window_s`` (all of the stimulus), ``seen`` (share of it with the person, 0–1), ``repetitions``, and the mean
        of each measure, weighted by time.
        """
        labels = self._labels()
        rows = [
            {
                **labels(key),
                "frames": int(sums.frames.sum()),
                "seconds": float(sums.seconds.sum()),
                "window_s": sums.window_s,
                "seen": sums.seen,
                "repetitions": sums.windows,
                **dict(zip(sums.measures, map(float, sums.means()), strict=True)),
            }
            for key, sums in self.sums.items()
        ]
        return self._with_labels(rows, [*_COUNTS, *self.measures])

    def long_means(self) -> pd.DataFrame:
        """Return one row per participant, stimulus and measure.

        Returns:
            ``participant``, ``stimulus``, their variables, ``measure``, ``mean``, and the ``frames`` and ``seconds`` in
            which the measure is known.
        """
        labels = self._labels()
        rows = [
            {**labels(key), "measure": name, "mean": mean, "frames": frames, "seconds": seconds}
            for key, sums in self.sums.items()
            for name, mean, frames, seconds in sums.by_measure()
        ]
        return self._with_labels(rows, ["measure", "mean", "frames", "seconds"])

    @property
    def seconds(self) -> pd.DataFrame:
        """All measures of :meth:`seconds_of`; not cached, as the table is large."""
        return self.seconds_of(*self.measures)

    def seconds_of(self, *measures: str) -> pd.DataFrame:
        """Return one row per participant, stimulus and second of stimulus time in which the person is seen.

        Returns:
            ``participant``, ``stimulus`` (both categories), ``second``, ``frames``, ``seconds`` and a float32 column
            with the mean of each measure.
        """
        parts = self.sums.values()
        lengths = [len(sums.second) for sums in parts]
        columns: dict[str, object] = {
            name: pd.Categorical.from_codes(
                np.repeat([order.index(key[place]) for key in self.sums], lengths).astype(np.int64),
                dtype=pd.CategoricalDtype(order),
            )
            for place, (name, order) in enumerate(self._orders().items())
        }
        columns["second"] = _joined([sums.second for sums in parts], np.int64)
        columns["frames"] = _joined([sums.frames for sums in parts], np.int64)
        columns["seconds"] = _joined([sums.seconds for sums in parts], np.float64)
        for name in measures:
            columns[name] = _joined([sums.curve(name) for sums in parts], np.float32)
        return pd.DataFrame(columns, copy=False)

    def labelled(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return a table of participants and stimuli with a variable as a column; rows without a value are left out.

        A blank value is none.

        Args:
            table: With the columns ``participant`` and ``stimulus``.
            name: A variable of participants or of stimuli, or one of these two columns.
        """
        if name in {"participant", "stimulus"}:
            return table
        is_theirs = name in self.study.variables("participants")
        things = self.study.participants if is_theirs else self.study.stimuli
        values = {each.name: _known(each.variables).get(name) for each in things}
        column = table["participant" if is_theirs else "stimulus"].astype(object).map(values)
        return table.assign(**{name: column})[column.notna().to_numpy()]

    def curves(self, measure: str, stimulus: str) -> tuple[list[str], NDArray[np.int64], NDArray[np.float64]]:
        """Return everybody's curve of one measure over one stimulus.

        Returns:
            The ``n`` participants, the ``s`` seconds from the first to the last that anybody has, and the ``(n, s)``
            means; NaN where somebody is not seen.
        """
        found = {who: sums for (who, what), sums in self.sums.items() if what == stimulus and len(sums.second)}
        if not found:
            return [], np.empty(0, np.int64), np.empty((0, 0))
        first = min(int(sums.second[0]) for sums in found.values())
        last = max(int(sums.second[-1]) for sums in found.values())
        values = np.full((len(found), last - first + 1), np.nan)
        for row, sums in enumerate(found.values()):
            values[row, sums.second - first] = sums.curve(measure)
        return list(found), np.arange(first, last + 1), values

    def _orders(self) -> dict[str, list[str]]:
        return {
            "participant": [each.name for each in self.study.participants],
            "stimulus": [each.name for each in self.study.stimuli],
        }

    def _labels(self) -> Callable[[Key], dict[str, object]]:
        people = {each.name: _known(each.variables) for each in self.study.participants}
        stimuli = {each.name: _known(each.variables) for each in self.study.stimuli}
        return lambda key: {"participant": key[0], "stimulus": key[1], **people[key[0]], **stimuli[key[1]]}

    def _with_labels(self, rows: list[dict[str, object]], figures: Sequence[str]) -> pd.DataFrame:
        """Return rows as a table that begins with participant, stimulus and variables, which are text."""
        names = ("participant", "stimulus", *self.study.variables("participants"), *self.study.variables("stimuli"))
        labels = list(dict.fromkeys(names))
        return pd.DataFrame(rows, columns=[*labels, *figures]).astype(dict.fromkeys(labels, object))


def compute(
    study: Study,
    open_timeline: Opener,
    on_step: OnProgress | None = None,
    known: dict[object, CellSums] | None = None,
    fingerprint: Callable[[Cell], object] | None = None,
) -> StudyResults:
    """Aggregate the timelines of all cells that count, a few at a time.

    Args:
        study: The study.
        open_timeline: Opens a cell's timeline.
        on_step: Called after every cell; may raise to cancel.
        known: Sums of earlier calls by their fingerprint, which are not computed again; new ones are added.
        fingerprint: Returns what identifies the content of a cell's timeline and edits.

    Raises:
        Cancelled: ``on_step`` raised it.
    """
    stimuli = {each.name: each for each in study.stimuli}
    cells, others_of = study.counted_cells(), cells_of_others(study)
    progress, cache = ProgressReporter(len(cells), on_step), {} if known is None else known

    def work(cell: Cell) -> CellSums | str:
        stimulus = stimuli[cell.stimulus]
        others = others_of(cell)
        mark = None if fingerprint is None else (fingerprint(cell), cell, _marks(stimulus), others)
        if mark is not None and mark in cache:
            return cache[mark]
        try:
            sums = _sum(cell, stimulus, others, open_timeline)
        except EmotionError as error:
            return str(error)
        if mark is not None:
            cache[mark] = sums
        return sums

    sums: dict[Key, CellSums] = {}
    problems: dict[Key, str] = {}
    for cell, found in _in_threads(work, cells):
        if isinstance(found, str):
            problems[cell.key] = found
        else:
            sums[cell.key] = found
        progress.advance()
    names = in_order(name for each in sums.values() for name in each.measures)
    return StudyResults(study.with_free_variables((*_OWN, *names)), sums, problems, names)


def _sum(cell: Cell, stimulus: Stimulus, others: Sequence[Cell], open_timeline: Opener) -> CellSums:
    with open_timeline(cell) as (path, edits):
        windows = windows_of(cell, stimulus, edits.events)
        rows = read_rows(path, with_one_person(cell, edits))
        track = next(iter(given_tracks(cell, edits)), None)
        sums = sum_cell(rows, windows, track, tracks_of(others, edits))
    if not sums.window_s:
        raise InputError("expected analysed frames in this part of the video; it is after the end or left out")
    return sums


def _known(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that have a value: a new variable is blank until somebody types one."""
    return {name: value for name, value in variables.items() if str(value).strip()}


def _marks(stimulus: Stimulus) -> tuple[object, ...]:
    return stimulus.event, stimulus.before_s, stimulus.after_s


def _in_threads(work: Callable[[Cell], CellSums | str], cells: Iterable[Cell]) -> Iterator[tuple[Cell, CellSums | str]]:
    """Yield each cell with its result, in order; cells that have not started are cancelled when the caller stops."""
    cells = list(cells)
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield from zip(cells, pool.map(work, cells), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _joined(parts: list[NDArray], dtype: type) -> NDArray:
    return np.concatenate(parts, dtype=dtype) if parts else np.empty(0, dtype)
