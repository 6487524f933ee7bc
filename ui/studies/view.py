"""One study on its page: the grid, its people and stimuli, and its results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.repository import AnalysisState
from emotion.library.studies.results import study_results
from emotion.studies.results import StudyResults
from ui.common.widgets import kept_tabs
from ui.studies.add import show_add
from ui.studies.agreement import show_agreement
from ui.studies.coding import show_coding
from ui.studies.contrast import show_contrast
from ui.studies.exchange import show_export
from ui.studies.grid import completeness, show_grid
from ui.studies.jobs import computed
from ui.studies.logs import show_logs
from ui.studies.pairs import show_pairs
from ui.studies.people import show_people
from ui.studies.results import show_curve, show_files, show_means
from ui.studies.session import known_sums, results_key

_TITLES = "Videos", "People and stimuli", "Means", "Curve", "Contrast", "Two people", "Coding", "Agreement", "Files"
TABS = "study_tabs"
"""Key of the tabs."""


def show_study(studies: StudyRepository, saved: SavedStudy) -> None:
    """Show everything about a study."""
    states = studies.states(saved.id)
    results = _results(studies, saved, states)
    if saved.study.participants:
        st.markdown(completeness(saved, states))
    shown: tuple[Callable[[], None], ...] = (
        lambda: _show_videos(studies, saved, states, results),
        lambda: show_people(studies, saved),
        lambda: _show_results(saved, results, show_means),
        lambda: _show_results(saved, results, show_curve),
        lambda: _show_results(saved, results, show_contrast),
        lambda: _show_results(saved, results, partial(show_pairs, studies, saved)),
        lambda: show_coding(studies, saved, states),
        lambda: _show_results(saved, results, partial(show_agreement, studies, saved)),
        lambda: _show_files(studies, saved, states, results),
    )
    # Only the open tab is computed: curves of many people take a moment.
    for tab, show in zip(kept_tabs(_TITLES, TABS), shown, strict=True):
        if tab.open:
            with tab:
                show()


def _show_videos(
    studies: StudyRepository,
    saved: SavedStudy,
    states: Mapping[str, AnalysisState],
    results: StudyResults | None,
) -> None:
    show_add(studies, saved)
    show_logs(studies, saved, states)
    show_grid(studies, saved, states, results)


def _show_files(
    studies: StudyRepository,
    saved: SavedStudy,
    states: Mapping[str, AnalysisState],
    results: StudyResults | None,
) -> None:
    _show_results(saved, results, show_files)
    show_export(studies, saved, states)


def _show_results(saved: SavedStudy, results: StudyResults | None, show: Callable[[StudyResults], None]) -> None:
    if results is not None and results.sums:
        show(results)
    else:
        _show_waiting(saved, results)


def _results(studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState]) -> StudyResults | None:
    """Return the results, or show progress while they are computed."""
    if not any(state.state.is_over for state in states.values()):
        return None
    known = known_sums(saved.id)
    return computed(
        "study_results",
        results_key(saved, states),
        lambda on_step: study_results(studies, saved, on_step, known),
        title="Computing results", steps="analyses", again="Compute results",
    )  # fmt: skip


def _show_waiting(saved: SavedStudy, results: StudyResults | None) -> None:
    if not saved.study.cells:
        st.info("Results appear here once videos are added and analysed.", icon=":material/hourglass_empty:")
    elif results is None:
        st.info("Results appear here when the first analysis has ended.", icon=":material/hourglass_top:")
    else:
        st.info("No finished analysis of a participant who counts.", icon=":material/search_off:")
