"""Agreement of coders on the videos of a study, with the model as one more coder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.analytics.apply import apply_edits, excluded_spans, part_of
from emotion.analytics.durations import row_durations
from emotion.analytics.timeline import probability_columns
from emotion.errors import InputError, brief
from emotion.labels import EMOTIONS
from emotion.library.studies.repository import SavedStudy, StudyRepository
from emotion.progress import OnProgress, ProgressReporter
from emotion.studies.agreement.alpha import codings_alpha
from emotion.studies.agreement.codings import (
    MODEL,
    NO_CODE,
    Codings,
    from_spans,
    leading_codes,
    with_model,
    without_spans,
)
from emotion.studies.agreement.differences import disagreements, kappa_table
from emotion.studies.agreement.icc import resampled_correlations
from emotion.studies.agreement.kappa import Agreement, fleiss_kappa
from emotion.studies.agreement.recordings import by_person, coded_shares
from emotion.studies.coding import Coding
from emotion.studies.formats.coded_files import spans_of_codings
from emotion.studies.names import PARTICIPANT, STIMULUS
from emotion.studies.participant import with_one_person
from emotion.studies.results import StudyResults
from emotion.studies.study import Cell, Key
from emotion.types import Analysis

ICC_FORM = "ICC(2,1)"
_SIGN = "\n"
"""Separates participant and stimulus in the name of a recording; names contain no line breaks."""


@dataclass(frozen=True, slots=True)
class AgreementOptions:
    """Options of a comparison of coders.

    Attributes:
        step_s: Length of a unit of time, s.
        tolerance_s: Maximum time between codes that count as equal, s.
        model: Whether to include the model as a coder.
        empty: Code for time without a code; None to leave this time out.
    """

    step_s: float = 0.1
    tolerance_s: float = 0.0
    model: bool = True
    empty: str | None = NO_CODE


@dataclass(frozen=True, slots=True, eq=False)
class StudyAgreement:
    """Agreement of coders.

    Attributes:
        coders: Names of the coders, the model last.
        recordings: Number of videos compared.
        pairs: Result of :func:`~emotion.studies.agreement.differences.kappa_table`.
        overall: Krippendorff's α, and with three coders or more Fleiss' κ.
        icc: ``code``, ``icc``, ``low``, ``high``, ``recordings``: reliability of the share of time with a code per
            video.
        differences: ``participant``, ``stimulus``, ``start_s``, ``end_s`` and a column for each coder.
    """

    coders: tuple[str, ...]
    recordings: int
    pairs: pd.DataFrame
    overall: tuple[Agreement, ...]
    icc: pd.DataFrame
    differences: pd.DataFrame


def cells_of_spans(saved: SavedStudy, spans: pd.DataFrame) -> tuple[dict[Key, Cell], list[Key]]:
    """Return (participant, stimulus) of the spans → cell, matched ignoring case, and the pairs without a cell."""
    known = {tuple(name.casefold() for name in cell.key): cell for cell in saved.study.counted_cells()}
    keys = dict.fromkeys(zip(spans[PARTICIPANT], spans[STIMULUS], strict=True))
    found = {key: known.get((key[0].casefold(), key[1].casefold())) for key in keys}
    return {key: cell for key, cell in found.items() if cell}, [key for key, cell in found.items() if not cell]


def joined_spans(uploaded: pd.DataFrame | None, stored: Iterable[Coding]) -> pd.DataFrame:
    """Return the spans of uploaded files and of codings made in the app as one table.

    Args:
        uploaded: A table of :data:`~emotion.studies.formats.coded_files.SPANS`, if anything is uploaded.
        stored: Finished codings.

    Raises:
        InputError: One coder's codes of one video come from both.
    """
    spans = spans_of_codings(stored)
    if uploaded is None:
        return spans
    both = _coded_videos(uploaded).keys() & _coded_videos(spans).keys()
    for coder, participant, stimulus in (_coded_videos(spans)[key] for key in sorted(both)):
        video = brief(f"{participant} · {stimulus}")
        raise InputError(
            f"expected the codes of {brief(coder)} for {video} once; got them from an uploaded file and from Coding"
        )
    return pd.concat([uploaded, spans], ignore_index=True)


def _coded_videos(spans: pd.DataFrame) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return coder, participant and stimulus of spans, ignoring case → as they are written."""
    rows = spans[["coder", PARTICIPANT, STIMULUS]].drop_duplicates().astype(str).itertuples(index=False, name=None)
    return {tuple(name.casefold() for name in row): row for row in rows}


def study_agreement(
    studies: StudyRepository,
    saved: SavedStudy,
    results: StudyResults,
    spans: pd.DataFrame,
    options: AgreementOptions,
    on_step: OnProgress | None = None,
) -> StudyAgreement:
    """Compare coders over the whole videos of a study, without the spans that edits exclude.

    Args:
        studies: The owner's studies.
        saved: The study.
        results: Its results, which contain the participant's track in each video.
        spans: ``coder``, ``participant``, ``stimulus``, ``code``, ``start_s`` and ``end_s``, in the video's time.
        options: Options of the comparison.
        on_step: Called after every video; may raise to cancel.

    Raises:
        InputError: There are fewer than two coders for videos of the study, or a span is invalid.
    """
    cells, _ = cells_of_spans(saved, spans)
    cells = {key: cell for key, cell in cells.items() if cell.key in results.sums}
    progress, lengths, model, excluded = ProgressReporter(len(cells), on_step), {}, {}, {}
    for cell in cells.values():
        edits = studies.analyses.get(cell.analysis).edits
        analysis = apply_edits(studies.analyses.load_analysis(cell.analysis), with_one_person(cell, edits))
        lengths[_name(cell.key)] = analysis.info.duration_s
        excluded[_name(cell.key)] = excluded_spans(edits.events)
        if options.model:
            model[_name(cell.key)] = _model_codes(analysis, results.sums[cell.key].track)
        progress.advance()
    codings = _codings(spans, cells, lengths, options)
    if options.model:
        codings = with_model(codings, model)
    codings = without_spans(codings, excluded)
    if len(codings.coders) < 2:
        raise InputError(f"expected codes of at least two coders; got those of {', '.join(codings.coders)}")
    pooled = by_person(codings, {name: name.split(_SIGN)[0] for name in codings.people})
    overall = [codings_alpha(pooled)]
    if len(codings.coders) > 2:
        overall.append(fleiss_kappa(pooled, tolerance_s=options.tolerance_s))
    return StudyAgreement(
        codings.coders,
        len(codings.people),
        kappa_table(pooled, tolerance_s=options.tolerance_s),
        tuple(overall),
        _icc_table(codings),
        _with_keys(disagreements(codings, tolerance_s=options.tolerance_s, at_least_s=options.step_s)),
    )


def _name(key: Key) -> str:
    return _SIGN.join(key)


def _codings(
    spans: pd.DataFrame, cells: Mapping[Key, Cell], lengths: Mapping[str, float], options: AgreementOptions
) -> Codings:
    names = [
        _name(cells[key].key) if key in cells else "" for key in zip(spans[PARTICIPANT], spans[STIMULUS], strict=True)
    ]
    coded = spans.assign(participant=names, code=spans["code"].map(_code_of))
    coded = coded[coded[PARTICIPANT] != ""]
    if coded.empty:
        raise InputError("expected codes of participants and stimuli that have results in this study; got none")
    if MODEL in set(coded["coder"]) and options.model:
        raise InputError(f"expected coders with other names than {brief(MODEL)!r}")
    return from_spans(coded, lengths, step_s=options.step_s, empty=options.empty)


def _code_of(text: str) -> str:
    """Return a code; names of expressions become lower case, like the model's codes."""
    return text.casefold() if text.casefold() in EMOTIONS else text


def _model_codes(analysis: Analysis, track: int | None) -> pd.DataFrame:
    """Return ``time_s`` and ``end_s`` of each frame with a person, and their leading expression, ``code``."""
    if track is None:
        return pd.DataFrame({"time_s": [], "end_s": [], "code": []})
    rows = part_of(analysis, track=track).timeline
    names = probability_columns(analysis.labels)
    codes = leading_codes(rows[names].set_axis(list(analysis.labels), axis=1))
    ends = rows["time_s"] + row_durations(rows, analysis.frames)
    return pd.DataFrame({"time_s": rows["time_s"], "end_s": ends, "code": codes})


def _icc_table(codings: Codings) -> pd.DataFrame:
    """Return the reliability of the share of time of each code; needs two coders who use it and two recordings."""
    people = [name.split(_SIGN)[0] for name in codings.people]
    rows = []
    for code in codings.codes:
        shares = coded_shares(codings, code)
        if (shares > 0).any().sum() < 2 or len(shares.dropna()) < 2:
            continue
        found = resampled_correlations(shares.to_numpy(), people)
        one = next(each for each in found if each.form == ICC_FORM)
        if np.isfinite(one.value):
            rows.append((code, one.value, one.low, one.high, one.targets))
    return pd.DataFrame(rows, columns=["code", "icc", "low", "high", "recordings"])


def _with_keys(found: pd.DataFrame) -> pd.DataFrame:
    keys = found[PARTICIPANT].str.split(_SIGN, n=1, expand=True, regex=False).reindex(columns=[0, 1])
    others = found.drop(columns=PARTICIPANT)
    return pd.concat([keys.set_axis([PARTICIPANT, STIMULUS], axis=1), others], axis=1)
