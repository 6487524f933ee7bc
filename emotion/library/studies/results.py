"""Aggregates a study's timelines from the library's storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from emotion.analytics.edits import Edits
from emotion.engine.storage import timeline_key
from emotion.errors import LibraryError
from emotion.library.entries import State
from emotion.library.orm import AnalysisRow, StudyCellRow
from emotion.library.studies.repository import SavedStudy, StudyRepository
from emotion.progress import OnProgress
from emotion.studies.pair_figures import SMILE_OVER
from emotion.studies.pair_results import StudyPairs, compute_pairs
from emotion.studies.results import Opener, StudyResults, compute
from emotion.studies.study import Cell
from emotion.studies.sums import CellSums

_Facts = tuple[State, Edits, object]


def study_results(
    studies: StudyRepository,
    saved: SavedStudy,
    on_step: OnProgress | None = None,
    known: dict[object, CellSums] | None = None,
) -> StudyResults:
    """Return the results of a study; cells whose analysis has no timeline yet are among its problems.

    Args:
        studies: The owner's studies.
        saved: The study.
        on_step: Called after every cell; may raise to cancel.
        known: Sums to keep between calls: only cells whose analysis or edits changed are computed again.
    """
    facts = _facts(studies, saved.id)

    def fingerprint(cell: Cell) -> object:
        return cell.analysis, facts[cell.analysis][2] if cell.analysis in facts else None

    return compute(saved.study, _opener(studies, facts), on_step, known, fingerprint)


def study_pairs(
    studies: StudyRepository,
    saved: SavedStudy,
    measure: str,
    *,
    over: float = SMILE_OVER,
    on_step: OnProgress | None = None,
) -> StudyPairs:
    """Return how the two people of each cell go together, read one timeline at a time.

    Args:
        studies: The owner's studies.
        saved: The study.
        measure: What is compared.
        over: Probability of happiness over which a face smiles.
        on_step: Called after every cell and every stimulus; may raise to cancel.
    """
    open_timeline = _opener(studies, _facts(studies, saved.id))
    return compute_pairs(saved.study, open_timeline, measure, over=over, on_step=on_step)


def _opener(studies: StudyRepository, facts: Mapping[str, _Facts]) -> Opener:
    """Return the function that opens the timeline of a cell."""
    storage = studies.analyses.library.storage

    @contextmanager
    def open_timeline(cell: Cell) -> Iterator[tuple[Path, Edits]]:
        state, edits, _ = facts.get(cell.analysis, (State.FAILED, Edits(), None))
        if not state.is_over or not storage.exists(timeline_key(cell.analysis)):
            what = "has no timeline" if state.is_over else "is not finished"
            raise LibraryError(f"The analysis {what}: it is {state}.")
        with storage.local(timeline_key(cell.analysis)) as path:
            yield path, edits

    return open_timeline


def _facts(studies: StudyRepository, study_id: str) -> dict[str, _Facts]:
    """Return analysis ID → its state, its edits, and a fingerprint that changes when either does."""
    used = select(StudyCellRow.analysis_id).where(StudyCellRow.study_id == study_id)
    columns = (
        AnalysisRow.id, AnalysisRow.state, AnalysisRow.edits, AnalysisRow.edits_version, AnalysisRow.finished_at,
    )  # fmt: skip
    query = select(*columns).where(AnalysisRow.owner == studies.analyses.owner, AnalysisRow.id.in_(used))
    with studies.analyses.library.database.reading() as session:
        return {
            analysis: (State(state), Edits.from_dict(edits), (version, finished))
            for analysis, state, edits, version, finished in session.execute(query)
        }
