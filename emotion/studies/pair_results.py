"""Synchrony across a study: a row per pair, and each stimulus' pairs against shuffled ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from emotion.errors import EmotionError
from emotion.progress import OnProgress, ProgressReporter
from emotion.studies.pair_figures import (
    MIN_OVERLAP,
    SMILE,
    SMILE_OVER,
    check_smile_over,
    figure_of_enough,
    pair_synchrony,
    smile_columns,
    smiling_together,
    synchrony_columns,
)
from emotion.studies.pair_people import edits_of_pairs, pair_of
from emotion.studies.pair_tracks import PairTracks, pair_tracks
from emotion.studies.results import Opener
from emotion.studies.rows import read_rows
from emotion.studies.statistics.contrasts import holm
from emotion.studies.statistics.resampling import Values
from emotion.studies.statistics.synchrony import PairFigure, against_shuffled_pairs, correlation, together
from emotion.studies.study import Cell, Key, Stimulus, Study
from emotion.studies.windows import windows_of

MIN_PAIRS = 3
"""Fewest pairs of a stimulus that can be shuffled."""

TEST_MEANINGS = {
    "pairs": "Number of pairs",
    "r": "Mean correlation of the pairs without lag",
    "r_shuffled": "Mean correlation of people who were in different pairs",
    "p": "One-sided p-value of r against shuffled pairs",
    "p_holm": "p after Holm's correction over the stimuli",
    "smiling_together": "Mean share of time in which both of a pair smile",
    "smiling_shuffled": "The same of people who were in different pairs",
    "smiling_p": "One-sided p-value of smiling together against shuffled pairs",
    "smiling_p_holm": "That p after Holm's correction over the stimuli",
}
"""Column of :attr:`StudyPairs.tests` → its meaning."""


@dataclass(frozen=True, eq=False)
class StudyPairs:
    """How the pairs of a study go together.

    Attributes:
        measure: The measure.
        over: Probability of happiness over which a face smiles.
        table: A row per pair: ``participant``, ``stimulus``, ``partner``, ``seconds``, ``r``, and the columns of
            :func:`~emotion.studies.pair_figures.synchrony_columns` and ``smile_columns``. The participant is the first
            person.
        tests: A row per stimulus with a pair: ``stimulus`` and the columns of :data:`TEST_MEANINGS`; p is NaN with
            fewer than :data:`MIN_PAIRS` pairs.
        problems: Participant and stimulus → why a pair has no figures, in one sentence.
    """

    measure: str
    over: float
    table: pd.DataFrame
    tests: pd.DataFrame
    problems: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """One pair: what two participants of one video have in common, its row, and its tracks."""

    mark: object
    row: dict[str, Any]
    tracks: PairTracks
    smiles: PairTracks | None


def compute_pairs(
    study: Study,
    open_timeline: Opener,
    measure: str,
    *,
    over: float = SMILE_OVER,
    on_step: OnProgress | None = None,
) -> StudyPairs:
    """Compare the two people of every cell that has two, one timeline at a time.

    If two participants are in one video, they are one pair. Of a repeated event, the first occurrence counts.

    Args:
        study: The study.
        open_timeline: Opens a cell's timeline.
        measure: What is compared.
        over: Probability of happiness over which a face smiles.
        on_step: Called after every cell and every stimulus; may raise to cancel.

    Raises:
        Cancelled: ``on_step`` raised it.
        InputError: ``over`` is not between 0 and 1.
    """
    check_smile_over(over)
    cells = study.counted_cells()
    progress = ProgressReporter(len(cells) + len(study.stimuli), on_step)
    rows: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    problems: dict[Key, str] = {}
    # One stimulus after the other, so that only its tracks are in memory.
    for stimulus in study.stimuli:
        pairs: dict[object, _Found] = {}
        for cell in (cell for cell in cells if cell.stimulus == stimulus.name):
            try:
                found = _compare(study, cell, stimulus, open_timeline, measure, over)
            except EmotionError as error:
                problems[cell.key] = str(error)
            else:
                if found is not None:
                    pairs.setdefault(found.mark, found)
            progress.advance()
        if pairs:
            rows += [pair.row for pair in pairs.values()]
            tests.append({"stimulus": stimulus.name, **_test(list(pairs.values()), over)})
        progress.advance()
    order = {cell.key: place for place, cell in enumerate(cells)}
    rows.sort(key=lambda row: order[row["participant"], row["stimulus"]])
    return StudyPairs(measure, over, pd.DataFrame(rows), _corrected(pd.DataFrame(tests)), problems)


def _compare(
    study: Study,
    cell: Cell,
    stimulus: Stimulus,
    open_timeline: Opener,
    measure: str,
    over: float,
) -> _Found | None:
    """Return the pair of a cell; None without a second person."""
    with open_timeline(cell) as (path, own):
        edits = edits_of_pairs(study, cell, own)
        windows = windows_of(cell, stimulus, edits.events)
        rows = read_rows(path, edits)
        pair = pair_of(study, cell, rows, windows, edits)
    if pair is None:
        return None
    tracks = pair_tracks(rows, pair.tracks, measure, window=windows[0])
    smiles = tracks if measure == SMILE else None
    if smiles is None and SMILE in rows.measures:
        smiles = pair_tracks(rows, pair.tracks, SMILE, window=windows[0])
    _, synchrony = pair_synchrony(tracks)
    smiling = None if smiles is None else smiling_together(smiles, over, tested=False)
    row = {
        "participant": cell.participant,
        "stimulus": cell.stimulus,
        "partner": pair.partner,
        "seconds": tracks.both_s,
        "r": float(np.tanh(correlation(tracks.first, tracks.second))),
        **synchrony_columns(synchrony),
        **smile_columns(smiling),
    }
    return _Found((cell.analysis, windows[0], frozenset(pair.tracks)), row, tracks, smiles)


def _test(pairs: Sequence[_Found], over: float) -> dict[str, float]:
    """Return the figures of a stimulus, against shuffled pairs if there are enough."""
    smiles = [one.smiles for one in pairs if one.smiles is not None]
    r = _against_shuffled([one.tracks for one in pairs], correlation)
    smiling = _against_shuffled(smiles, partial(together, threshold=over))
    return {
        "pairs": len(pairs),
        "r": float(np.tanh(r[0])),
        "r_shuffled": float(np.tanh(r[1])),
        "p": r[2],
        "smiling_together": smiling[0],
        "smiling_shuffled": smiling[1],
        "smiling_p": smiling[2],
    }


def _against_shuffled(pairs: Sequence[PairTracks], figure: PairFigure) -> tuple[float, float, float]:
    """Return the mean figure of pairs and of shuffled ones, and p; NaN where there is none."""
    nan = float("nan")
    real = [(one, figure(one.first, one.second)) for one in pairs]
    kept = [(one, value) for one, value in real if np.isfinite(value)]
    if len(kept) < MIN_PAIRS:
        return (float(np.mean([value for _, value in kept])) if kept else nan), nan, nan
    least = MIN_OVERLAP * min(float(one.both.sum()) for one, _ in kept)
    aligned = _aligned([one for one, _ in kept])
    found = against_shuffled_pairs(*aligned, partial(figure_of_enough, figure=figure, least=least))
    return found.real, found.shuffled, found.p


def _aligned(pairs: Sequence[PairTracks]) -> tuple[Values, Values]:
    """Return ``(pairs, samples)`` tracks of the first and of the second people, at the same stimulus times."""
    start = min(one.place for one in pairs)
    count = max(one.place + len(one.first) for one in pairs) - start
    stacks = np.full((2, len(pairs), count), np.nan)
    for row, one in enumerate(pairs):
        span = slice(one.place - start, one.place - start + len(one.first))
        stacks[0, row, span], stacks[1, row, span] = one.first, one.second
    return stacks[0], stacks[1]


def _corrected(tests: pd.DataFrame) -> pd.DataFrame:
    """Add p-values after Holm's correction over the stimuli that have one."""
    columns = ["stimulus", *TEST_MEANINGS]
    if tests.empty:
        return pd.DataFrame(columns=columns)
    return tests.assign(**{f"{name}_holm": holm(tests[name]) for name in ("p", "smiling_p")})[columns]
