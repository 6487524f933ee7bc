"""Editors of participants and stimuli: consent, exclusions, variables and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from emotion.errors import EmotionError, printable_line
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.studies import Consent, Participant, Stimulus, Study
from ui.common.drafts import draft_editor, is_draft
from ui.common.plain import plain
from ui.studies import session


def show_people(studies: StudyRepository, saved: SavedStudy) -> None:
    """Show the tables of participants and stimuli, and save changes."""
    if not saved.study.participants and not saved.study.stimuli:
        st.info("Participants and stimuli appear here once videos are added.", icon=":material/groups:")
        _ask_names(studies, saved, lambda: saved.study)
        return
    st.markdown("**Participants**")
    st.caption(
        "Participants who withdrew consent, or have a reason in *Excluded because*, are left out of all results."
    )
    people = _edit_people(saved)
    st.markdown("**Stimuli**")
    st.caption(
        "*Event*: the label of an event that you marked on the Video page. It is then the stimulus, and its start is "
        "time 0; events that occur several times are averaged. Empty: the whole video is the stimulus."
    )
    stimuli = _edit_stimuli(saved)
    typed = partial(_with_tables, saved.study, people, stimuli)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _ask_names(studies, saved, typed)
        _ask_variable(studies, saved, typed)
        if st.button("Save changes", type="primary", icon=":material/save:"):
            _save(studies, saved, typed)
    if is_draft(_people_key(saved)) or is_draft(_stimuli_key(saved)):
        st.caption("Changes are not saved yet.")


def _edit_people(saved: SavedStudy) -> pd.DataFrame:
    names = saved.study.variables("participants")
    rows = [
        {
            "participant": each.name, "consent": str(each.consent), "excluded": each.excluded,
            **{_column(name): each.variables.get(name, "") for name in names},
        }
        for each in saved.study.participants
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["participant", "consent", "excluded", *map(_column, names)], dtype=object)
    return draft_editor(
        table, _people_key(saved), hide_index=True, placeholder="", disabled=["participant"],
        column_config={
            "participant": st.column_config.TextColumn("Participant", pinned=True),
            "consent": st.column_config.SelectboxColumn("Consent", options=list(map(str, Consent)), required=True),
            "excluded": st.column_config.TextColumn("Excluded because", max_chars=200),
            **{_column(name): st.column_config.TextColumn(name) for name in names},
        },
    )  # fmt: skip


def _edit_stimuli(saved: SavedStudy) -> pd.DataFrame:
    names = saved.study.variables("stimuli")
    rows = [
        {
            "stimulus": each.name, "event": each.event, "before_s": each.before_s, "after_s": each.after_s,
            **{_column(name): each.variables.get(name, "") for name in names},
        }
        for each in saved.study.stimuli
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["stimulus", "event", "before_s", "after_s", *map(_column, names)])
    number = st.column_config.NumberColumn
    return draft_editor(
        table.astype({"before_s": "float64", "after_s": "float64"}), _stimuli_key(saved), hide_index=True,
        placeholder="", disabled=["stimulus"],
        column_config={
            "stimulus": st.column_config.TextColumn("Stimulus", pinned=True),
            "event": st.column_config.TextColumn("Event", max_chars=200),
            "before_s": number("From, s before event", min_value=0.0, format="%.1f", required=True),
            "after_s": number("To, s after its start", min_value=0.0, format="%.1f", help="Empty: to the event's end"),
            **{_column(name): st.column_config.TextColumn(name) for name in names},
        },
    )  # fmt: skip


def _people_key(saved: SavedStudy) -> str:
    return f"study_people_{saved.id}_{saved.version}"


def _stimuli_key(saved: SavedStudy) -> str:
    return f"study_stimuli_{saved.id}_{saved.version}"


def _with_tables(study: Study, people: pd.DataFrame, stimuli: pd.DataFrame) -> Study:
    """Return the study with the values of both editors."""
    of_people, of_stimuli = study.variables("participants"), study.variables("stimuli")
    return replace(
        study,
        participants=tuple(_participant(row, of_people) for row in people.to_dict("records")),
        stimuli=tuple(_stimulus(row, of_stimuli) for row in stimuli.to_dict("records")),
    )


def _ask_names(studies: StudyRepository, saved: SavedStudy, typed: Callable[[], Study]) -> None:
    with st.popover("Add people or stimuli", icon=":material/person_add:"):
        text = st.text_input("Names, separated by commas", placeholder="Such as: p03, p04", key="study_names")
        of = st.segmented_control("Add as", ["participants", "stimuli"], default="participants", required=True)
        names = [name for name in map(printable_line, text.split(",")) if name]
        if st.button("Add", disabled=not names):
            is_people = of == "participants"
            people = tuple(Participant(name) for name in names) if is_people else ()
            stimuli = () if is_people else tuple(Stimulus(name) for name in names)
            _save(studies, saved, lambda: typed().merged_with(Study("", people, stimuli)))


def _ask_variable(studies: StudyRepository, saved: SavedStudy, typed: Callable[[], Study]) -> None:
    with st.popover("Add a variable", icon=":material/new_label:"):
        name = printable_line(st.text_input("Name", max_chars=100, placeholder="Such as: group", key="study_variable"))
        of = st.segmented_control("Of", ["participants", "stimuli"], default="participants", required=True)
        if st.button("Add variable", disabled=not name):
            _save(studies, saved, lambda: _with_variable(typed(), of, name))


def _with_variable(study: Study, of: str, name: str) -> Study:
    if of == "participants":
        people = [replace(each, variables={name: "", **each.variables}) for each in study.participants]
        return replace(study, participants=tuple(people))
    stimuli = [replace(each, variables={name: "", **each.variables}) for each in study.stimuli]
    return replace(study, stimuli=tuple(stimuli))


def _save(studies: StudyRepository, saved: SavedStudy, make: Callable[[], Study]) -> None:
    try:
        studies.save(saved, make())
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")
        return
    session.queue_message("Saved.")
    st.rerun()


def _participant(row: dict[Any, Any], variables: Sequence[str]) -> Participant:
    return Participant(row["participant"], _texts(row, variables), Consent(row["consent"]), _text(row["excluded"]))


def _stimulus(row: dict[Any, Any], variables: Sequence[str]) -> Stimulus:
    after = None if pd.isna(row["after_s"]) else float(row["after_s"])
    return Stimulus(row["stimulus"], _texts(row, variables), _text(row["event"]), float(row["before_s"] or 0), after)


def _texts(row: dict[Any, Any], names: Sequence[str]) -> dict[str, str]:
    return {name: _text(row[_column(name)]) for name in names}


def _column(variable: str) -> str:
    """Return the column of a variable in an editor, whose own columns may have the same name."""
    return f"variable {variable}"


def _text(value: object) -> str:
    return printable_line(value) if isinstance(value, str) else ""
