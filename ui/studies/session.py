"""Session state of the Studies page: the open study and its results, which a thread computes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import streamlit as st

from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.repository import AnalysisState
from emotion.library.studies.results import study_results
from emotion.studies.results import StudyResults
from emotion.studies.sums import CellSums
from ui.common.background import BackgroundJob

STUDY = "study"
"""Query parameter of the open study."""

SHORT_S = 0.5
"""How long a page waits for results before it shows progress, s."""

_JOB, _MESSAGE, _FIGURES = "study_results_job", "study_message", "study_figures"
T = TypeVar("T")


class ResultsJob(BackgroundJob):
    """Computes the results of a study.

    Attributes:
        study_id: ID of the study.
        key: Identifies what the results were computed from; None makes the next run of the page compute them again.
        known: Intermediate results of each analysis, which the study's next job reuses.
        results: The results; None while running, if cancelled and if failed.
    """

    def __init__(self, study_id: str, key: Hashable, known: dict[object, CellSums]) -> None:
        super().__init__()
        self.study_id, self.known = study_id, known
        self.key: Hashable = key
        self.results: StudyResults | None = None

    def start(self, studies: StudyRepository, saved: SavedStudy) -> None:
        """Start; returns at once."""
        self._start_thread(lambda: self._run(studies, saved))

    def forget(self) -> None:
        """Let the next run of the page start again."""
        self.key = None

    def _run(self, studies: StudyRepository, saved: SavedStudy) -> None:
        self.results = study_results(studies, saved, self._report, self.known)


def cached(results: StudyResults, key: Hashable, make: Callable[[], T]) -> T:
    """Return a figure of results, computed once while they are the latest."""
    of, figures = st.session_state.get(_FIGURES, (None, {}))
    if of is not results:
        figures = {}
        st.session_state[_FIGURES] = results, figures
    if key not in figures:
        figures[key] = make()
    found: T = figures[key]
    return found


def open_study(study_id: str | None) -> None:
    """Open a study, or none; its address can be bookmarked."""
    if study_id is None:
        st.query_params.pop(STUDY, None)
    else:
        st.query_params[STUDY] = study_id


def results_key(saved: SavedStudy, states: Mapping[str, AnalysisState]) -> Hashable:
    """Return a key that changes with the study, its analyses and their edits."""
    return saved.id, saved.version, tuple((name, each.state, each.edits_version) for name, each in states.items())


def results_job(studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState]) -> ResultsJob:
    """Return the job of a study's results, started anew if the study, an analysis or its edits changed."""
    key = results_key(saved, states)
    job: ResultsJob | None = st.session_state.get(_JOB)
    if job is None or job.key != key:
        known = job.known if job is not None and job.study_id == saved.id else {}
        if job is not None:
            job.close()
            job.wait()
        # A new job rather than a restart, because two runs of the page may get here at once.
        job = st.session_state[_JOB] = ResultsJob(saved.id, key, known)
        job.start(studies, saved)
        job.wait(SHORT_S)
    return job


def queue_message(message: str) -> None:
    """Store a message that the next run of the page shows."""
    st.session_state[_MESSAGE] = message


def take_message() -> str | None:
    """Return the stored message, once; None if there is none."""
    message: str | None = st.session_state.pop(_MESSAGE, None)
    return message
