"""Session state of the Studies page: the open study, and what was computed of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import streamlit as st

from emotion.library.studies import SavedStudy
from emotion.library.studies.repository import AnalysisState
from emotion.studies.results import StudyResults
from emotion.studies.sums import CellSums

STUDY = "study"
"""Query parameter of the open study."""

SHORT_S = 0.5
"""How long a page waits for results before it shows progress, s."""

_MESSAGE, _FIGURES, _SUMS = "study_message", "study_figures", "study_sums"
T = TypeVar("T")


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


def known_sums(study_id: str) -> dict[object, CellSums]:
    """Return the sums of a study's cells that were computed in this session; only the latest study's are kept."""
    of, sums = st.session_state.get(_SUMS, (None, {}))
    if of != study_id:
        sums = {}
        st.session_state[_SUMS] = study_id, sums
    found: dict[object, CellSums] = sums
    return found


def queue_message(message: str) -> None:
    """Store a message that the next run of the page shows."""
    st.session_state[_MESSAGE] = message


def take_message() -> str | None:
    """Return the stored message, once; None if there is none."""
    message: str | None = st.session_state.pop(_MESSAGE, None)
    return message
