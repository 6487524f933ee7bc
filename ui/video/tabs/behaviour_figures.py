"""Everybody's figures of eyes, head and movements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from emotion.analytics.behaviour.sampling import sampling_notes
from emotion.analytics.behaviour.signals import has_movements
from emotion.analytics.behaviour.span_figures import Behaviour, movement_figures, person_figures
from emotion.analytics.edits import Edits
from emotion.analytics.lanes import longest_seen
from emotion.analytics.people import person_name
from emotion.types import Analysis
from emotion.vision.movement_codebook import MOVEMENTS
from ui.common.plain import plain
from ui.common.session_cache import session_cached
from ui.common.shares import share_column, whole_percent
from ui.common.tables import csv_button

T = TypeVar("T")

_TABLE_PEOPLE = 20


def behaviour_cached(name: str, analysis: Analysis, edits: Edits, make: Callable[[], T], *more: object) -> T:
    """Return a value that depends on the analysis, its baselines and ``more``; computed when one of them changes."""
    return session_cached(f"behaviour_{name}", (analysis, edits.baselines, *more), make)


def show_figures(analysis: Analysis, behaviour: Behaviour, edits: Edits, key: str) -> None:
    """Show everybody's figures, of the people seen longest."""
    st.markdown("**Figures per person**")
    people = longest_seen(analysis.timeline, _TABLE_PEOPLE)
    names = {track: person_name(track, edits.names) for track in people}
    per_person, moved = behaviour_cached(
        "figures", analysis, edits, lambda: (person_figures(behaviour), movement_figures(behaviour))
    )
    table = per_person.loc[people]
    means = moved[moved["track_id"].isin(people)].pivot_table("mean", "movement", "track_id", dropna=False, sort=False)
    table = table.assign(movement=means.mean()).reset_index()
    table.insert(0, "person", table.pop("track_id").map(names))
    shown = whole_percent(table, "towards_camera_share")
    _table(shown, _FIGURES | {"movement": _number("Mean movement", "%.3f", "Mean of all movements, eye distances")})
    for note in sampling_notes(analysis):
        st.caption(plain(note))
    if has_movements(analysis.timeline):
        _show_movements(means, names, behaviour)
    if analysis.timeline["track_id"].nunique() > len(people):
        st.caption(f"The {len(people)} people seen longest.")
    csv_button("Eyes and movements", table, f"{key}_figures_csv")


def _show_movements(means: pd.DataFrame, names: Mapping[int, str], behaviour: Behaviour) -> None:
    """Show the source of each person's face at rest, and the mean movements if there are several people."""
    rests = "; ".join(f"{name} – {_RESTS[str(behaviour.people.loc[track, 'rest'])]}" for track, name in names.items())
    st.caption(f"Face at rest: {plain(rests)}.")
    if len(names) < 2:
        return
    st.markdown("**Mean movements per person**, in eye distances")
    titles = {movement.name: movement.title for movement in MOVEMENTS}
    # Columns have numbers, as two people may have the same name.
    table = means.rename(index=titles, columns=str).rename_axis("movement").reset_index()
    columns = {str(track): _number(name, "%.3f") for track, name in names.items()}
    first = {"movement": st.column_config.TextColumn("Movement", pinned=True)}
    st.dataframe(table, hide_index=True, column_config=first | columns, placeholder="–", width="content")


def _table(table: pd.DataFrame, columns: Mapping[str, Any]) -> None:
    """Show a table of people with those of the columns that it has."""
    chosen = {"person": st.column_config.TextColumn("Person", pinned=True), **columns}
    order = [name for name in chosen if name in table]
    st.dataframe(table[order], hide_index=True, column_config=chosen, placeholder="–")


def _number(title: str, form: str, meaning: str | None = None) -> Any:
    return st.column_config.NumberColumn(title, format=form, help=meaning)


_RESTS = {"baseline": "from the baseline", "neutral": "from neutral frames", "unknown": "unknown (set a baseline)"}
_FIGURES = {
    "blinks_per_minute": _number("Blinks/min", "%.1f"),
    "blinks": _number("Blinks", "%d"),
    "blink_s": _number("Blink, s", "%.2f", "Median time with the lids down"),
    "winks_left": _number("Winks L", "%d", "Of the person's left eye"),
    "winks_right": _number("Winks R", "%d", "Of the person's right eye"),
    "closures": _number("Eyes closed", "%d", "Eyes closed for over a second"),
    "towards_camera_share": share_column("To camera", "Share of the time with a known gaze within 15° of the camera"),
    "nods": _number("Nods", "%d"),
    "shakes": _number("Shakes", "%d"),
    "tilts": _number("Tilts", "%d"),
}
