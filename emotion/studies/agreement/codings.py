"""Codings of several coders as units of time: from spans and points of people, and from the model's probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.apply import within
from emotion.analytics.durations import frame_durations, sums_between
from emotion.analytics.edits import Span
from emotion.errors import InputError
from emotion.studies.statistics.tables import expect_columns

Codes = NDArray[np.int64]
"""Indices of codes; −1 where nothing was coded."""

MODEL = "model"
"""Name of the model among the coders."""

NO_CODE = ""
"""Code of time that a coder watched but coded as nothing."""


@dataclass(frozen=True)
class Codings:
    """What each coder coded in each unit of time.

    Attributes:
        coders: Names of the coders.
        codes: All codes; indices below point here.
        step_s: Length of a unit, s.
        people: Participant → ``(coders, units)`` indices of codes; −1 where a coder did not code.
    """

    coders: tuple[str, ...]
    codes: tuple[str, ...]
    step_s: float
    people: Mapping[str, Codes]

    def pair(self, first: str, second: str) -> Codings:
        """Return the codings of two coders."""
        rows = [self._place(name) for name in (first, second)]
        people = {person: units[rows] for person, units in self.people.items()}
        return Codings((first, second), self.codes, self.step_s, people)

    def _place(self, coder: str) -> int:
        if coder not in self.coders:
            raise InputError(f"expected a coder among {', '.join(self.coders)}; got {coder}")
        return self.coders.index(coder)


def from_spans(
    spans: pd.DataFrame,
    durations_s: Mapping[str, float],
    *,
    step_s: float = 0.1,
    empty: str | None = NO_CODE,
    codes: Sequence[str] | None = None,
) -> Codings:
    """Return codings from spans: of state codes that exclude each other, or of one code and its absence.

    A unit gets the code of the span that contains its middle; of overlapping spans of a coder, the one that began last.

    Args:
        spans: ``coder``, ``participant``, ``code``, ``start_s``, ``end_s``; a row with an empty code and without times
            means that a coder watched a participant and coded nothing.
        durations_s: Participant → length of the recording, s.
        step_s: Length of a unit, s.
        empty: Code of the time between spans of a coder who coded the participant; None leaves it uncoded.
        codes: All codes in their order, such as an ordinal scale's; by default those that occur, sorted.

    Raises:
        InputError: A column is missing, the step is not positive, a participant has no duration, a span ends before it
            starts, or a code is not in ``codes``.
    """
    expect_columns(spans, ["coder", "participant", "code", "start_s", "end_s"])
    if not step_s > 0:
        raise InputError(f"expected a step over 0 s; got {step_s}")
    _check(spans, durations_s, codes)
    used = sorted({str(code) for code in spans["code"].dropna()} - {NO_CODE}) if codes is None else list(codes)
    names = tuple(dict.fromkeys([*used, *([] if empty is None else [empty])]))
    coders = tuple(sorted(map(str, spans["coder"].unique())))
    people = {}
    for person, rows in spans.groupby("participant", sort=True):
        units = max(round(durations_s[str(person)] / step_s), 1)
        table = np.full((len(coders), units), -1, np.int64)
        for coder, own in rows.groupby("coder"):
            table[coders.index(str(coder))] = _units(own, names, units, step_s, empty)
        people[str(person)] = table
    return Codings(coders, names, step_s, people)


def with_model(codings: Codings, model: Mapping[str, pd.DataFrame]) -> Codings:
    """Return codings with the model as one more coder.

    Args:
        codings: Of people.
        model: Participant → ``time_s`` and ``code`` of each analysed frame, in order; a missing code, such as of a
            frame without a face or of an unclear one, stays uncoded. A code holds until ``end_s`` if there is this
            column, which may leave out frames, or otherwise until the next frame. A unit gets the code that holds
            longest in it, if codes hold for half of it or more. Codes that people did not use are added.

    Raises:
        InputError: A coder has this name already, or a column is missing.
    """
    if MODEL in codings.coders:
        raise InputError(f"expected coders with other names than the model's; got {MODEL!r}")
    found = {str(code) for frames in model.values() for code in _expected(frames)["code"].dropna().unique()}
    codes = (*codings.codes, *sorted(found - set(codings.codes)))
    people = {}
    for person, units in codings.people.items():
        row = np.full(units.shape[1], -1, np.int64)
        if person in model:
            row = _longest_held(model[person], codes, units.shape[1], codings.step_s)
        people[person] = np.vstack([units, row])
    return Codings((*codings.coders, MODEL), codes, codings.step_s, people)


def without_spans(codings: Codings, excluded: Mapping[str, Sequence[Span]]) -> Codings:
    """Return codings in which units with their middle in an excluded span are uncoded.

    Args:
        codings: Of people and perhaps the model.
        excluded: Participant → spans that count for nobody, such as a technical break. Participants whose whole
            recording is excluded are left out.
    """
    people = {}
    for person, units in codings.people.items():
        middles = pd.Series((np.arange(units.shape[1]) + 0.5) * codings.step_s)
        out = within(middles, excluded.get(person, ()))
        if not out.all():
            people[person] = np.where(out, -1, units)
    return replace(codings, people=people)


def leading_codes(probabilities: pd.DataFrame, at_least: float = 0.0) -> pd.Series:
    """Return the code with the highest probability of each row; none below ``at_least`` or without a face (NaN).

    Args:
        probabilities: A column per code, 0–1.
        at_least: Smallest probability that counts.
    """
    known = probabilities.notna().all(axis=1) & (probabilities.max(axis=1) >= at_least)
    codes = pd.Series(None, index=probabilities.index, dtype="object", name="code")
    codes[known] = probabilities[known].idxmax(axis=1)
    return codes


def _check(spans: pd.DataFrame, durations_s: Mapping[str, float], codes: Sequence[str] | None) -> None:
    unknown = [str(person) for person in spans["participant"].unique() if str(person) not in durations_s]
    if unknown:
        raise InputError(f"expected the duration of every participant; got none of {', '.join(unknown[:3])}")
    reversed_ = spans[spans["end_s"] < spans["start_s"]]
    if len(reversed_):
        row = reversed_.iloc[0]
        raise InputError(f"expected spans that end after they start; got {row['start_s']:g}–{row['end_s']:g} s")
    extra = sorted({str(code) for code in spans["code"].dropna()} - {NO_CODE, *(codes or [])}) if codes else []
    if extra:
        raise InputError(f"expected the codes {', '.join(codes or [])}; got {', '.join(extra[:3])}")


def _units(spans: pd.DataFrame, codes: Sequence[str], units: int, step_s: float, empty: str | None) -> Codes:
    row = np.full(units, -1 if empty is None else codes.index(empty), np.int64)
    middles = (np.arange(units) + 0.5) * step_s
    for span in _timed(spans):
        row[(middles >= span[0]) & (middles < span[1])] = codes.index(span[2])
    return row


def _timed(spans: pd.DataFrame) -> Iterable[tuple[float, float, str]]:
    rows = spans.dropna(subset=["start_s", "end_s", "code"]).sort_values("start_s", kind="stable")
    return zip(rows["start_s"], rows["end_s"], rows["code"].astype(str), strict=True)


def _expected(frames: pd.DataFrame) -> pd.DataFrame:
    expect_columns(frames, ["time_s", "code"])
    return frames


def _longest_held(frames: pd.DataFrame, codes: Sequence[str], units: int, step_s: float) -> Codes:
    """Return the code that holds longest in each unit, the first in order of ``codes`` of a tie.

    Units of which less than half has a code get −1, as those of people do whose middle is in no span.
    """
    starts, ends = _starts_and_ends(frames)
    limits = np.arange(units + 1, dtype=np.float64) * step_s
    given = frames["code"].map(str, na_action="ignore").to_numpy(object)
    values = np.column_stack([given == code for code in codes]).astype(np.float64)
    held = sums_between(starts, ends, values, limits)
    held = np.round(held / step_s, 6)  # so that rounding errors decide no tie
    return np.where(held.sum(axis=1) >= 0.5, held.argmax(axis=1), -1)


def _starts_and_ends(frames: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the start and end of each frame's code, s; it ends no later than the next one starts."""
    starts = frames["time_s"].to_numpy(np.float64)
    ends = frames["end_s"].to_numpy(np.float64) if "end_s" in frames else starts + frame_durations(frames["time_s"])
    return starts, np.minimum(ends, np.append(starts[1:], np.inf)[: len(starts)])
