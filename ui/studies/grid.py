"""The grid of a study: a row per participant, a column per stimulus, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from emotion.errors import LibraryError, count_text
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.repository import AnalysisState
from emotion.studies import Cell, Consent, Participant
from emotion.studies.results import StudyResults
from emotion.studies.study import Key
from ui.common.entries import STATE_NAMES
from ui.common.plain import plain
from ui.studies import session
from ui.video.session import open_analysis

MISSING, NOT_SEEN, LOW_SHARE = "missing", "⚠ not seen", 0.5
_MOST_PROBLEMS = 5
_PEOPLE = " participant"
"""Column of the participants. No stimulus has this name, as names begin with no space."""


def show_grid(
    studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState], results: StudyResults | None
) -> None:
    """Show every cell with its state; a selected one can be opened or taken out."""
    study = saved.study
    if not study.participants or not study.stimuli:
        st.info("Add videos to see who saw what.", icon=":material/grid_on:")
        return
    cells = {cell.key: cell for cell in study.cells}
    texts = {
        each.name: [_cell_text(who, cells.get((who.name, each.name)), states, results) for who in study.participants]
        for each in study.stimuli
    }
    table = pd.DataFrame({_PEOPLE: [person.name for person in study.participants], **texts})
    picked = st.dataframe(
        table, hide_index=True, on_select="rerun", selection_mode="single-cell",
        column_config={_PEOPLE: st.column_config.TextColumn("Participant", pinned=True)},
        key=f"study_grid_{saved.id}_{saved.version}",
    )  # fmt: skip
    st.caption(
        "Percentages: share of the stimulus in which the participant's face was seen. ⚠ less than half. *Not seen*: "
        "the person with the participant's name or track is not in this part. Select a cell to open its analysis or "
        "remove it."
    )
    _show_problems(cells, states, results)
    for place, stimulus in picked.selection.cells:
        cell = cells.get((study.participants[place].name, stimulus))
        if cell is not None:
            _show_actions(studies, saved, cell, states)


def _cell_text(
    person: Participant,
    cell: Cell | None,
    states: Mapping[str, AnalysisState],
    results: StudyResults | None,
) -> str:
    if not person.counts:
        return "left out"
    if cell is None or cell.analysis not in states:
        return MISSING
    state = states[cell.analysis].state
    sums = None if results is None else results.sums.get(cell.key)
    if results is not None and cell.key in results.problems and state.is_over:
        return "⚠ no result"
    if sums is None:
        return STATE_NAMES[state]
    if not sums.frames.sum():
        return NOT_SEEN + (f", {count_text(sums.people, 'other person', 'other people')}" if sums.people else "")
    several = f", {sums.people} people" if sums.people > 1 else ""
    return f"{'⚠ ' if sums.seen < LOW_SHARE else ''}{sums.seen:.0%}{several}"


def _show_problems(
    cells: Mapping[Key, Cell], states: Mapping[str, AnalysisState], results: StudyResults | None
) -> None:
    """Say why cells have no result, except those whose analysis is still to come."""
    coming = {key for key, cell in cells.items() if cell.analysis in states and not states[cell.analysis].state.is_over}
    problems = [] if results is None else [one for one in results.problems.items() if one[0] not in coming]
    for key, reason in problems[:_MOST_PROBLEMS]:
        st.warning(f"**{plain(' · '.join(key))}**: {plain(reason)}", icon=":material/warning:")
    if len(problems) > _MOST_PROBLEMS:
        st.caption(f"And {len(problems) - _MOST_PROBLEMS} more.")


def _show_actions(studies: StudyRepository, saved: SavedStudy, cell: Cell, states: Mapping[str, AnalysisState]) -> None:
    title = states[cell.analysis].title if cell.analysis in states else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(' · '.join(cell.key))}** ({plain(title)})")
        if st.button("Open analysis", icon=":material/play_circle:"):
            open_analysis(cell.analysis)
        if st.button("Remove from the study", icon=":material/remove_circle:"):
            try:
                studies.save(saved, saved.study.without_cells([cell.key]))
            except LibraryError as error:
                st.error(plain(error), icon=":material/error:")
                return
            session.queue_message("Removed from the study; the analysis stays in the library.")
            st.rerun()


def completeness(saved: SavedStudy, states: Mapping[str, AnalysisState]) -> str:
    """Return one sentence on how complete a study is."""
    study = saved.study
    counting = [person for person in study.participants if person.counts]
    done = sum(cell.analysis in states and states[cell.analysis].state.is_over for cell in study.counted_cells())
    stimuli = count_text(len(study.stimuli), "stimulus", "stimuli")
    words = [f"{count_text(len(counting), 'participant')} × {stimuli}", f"{done} analysed"]
    if missing := len(study.missing()):
        words.append(f"**{missing} missing**")
    if left_out := len(study.participants) - len(counting):
        words.append(f"{count_text(left_out, 'participant')} left out")
    if unknown := sum(person.consent is Consent.NOT_RECORDED for person in counting):
        words.append(f"no consent recorded for {count_text(unknown, 'participant')}")
    return " · ".join(words)
