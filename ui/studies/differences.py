"""Where coders disagree: the list, buttons that step through it, and the video at that time."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from emotion.library.studies import SavedStudy
from emotion.studies.names import PARTICIPANT, STIMULUS
from ui.common.plain import plain
from ui.video.session import open_analysis

_PLACE = "study_difference"
_TITLES = {PARTICIPANT: "Participant", STIMULUS: "Stimulus", "start_s": "From, s", "end_s": "To, s"}
"""Column → its title; the other columns are coders, whose names stay."""


def show_differences(saved: SavedStudy, table: pd.DataFrame) -> None:
    """Show one disagreement after the other, and all as a table.

    Args:
        saved: The study.
        table: See :class:`~emotion.library.studies.agreement.StudyAgreement`.
    """
    st.markdown(f"**Where they disagree** ({len(table):,} spans)")
    if table.empty:
        st.caption("Nowhere: all coders agree.")
        return
    place = min(st.session_state.get(_PLACE, 0), len(table) - 1)
    _show_one(saved, table, place)
    key = f"study_differences_{len(table)}"
    st.dataframe(
        table.round(2), hide_index=True, placeholder="–", height=min(38 + 35 * len(table), 320),
        column_config=_TITLES, on_select=partial(_pick, key), selection_mode="single-row", key=key,
    )  # fmt: skip
    st.caption("Select a row to go to it.")


def _show_one(saved: SavedStudy, table: pd.DataFrame, place: int) -> None:
    """Show one disagreement with buttons to the one before and after it, and to its video."""
    row = table.iloc[place]
    analysis = next(
        (cell.analysis for cell in saved.study.cells if cell.key == (row[PARTICIPANT], row[STIMULUS])), None
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", icon=":material/chevron_left:", disabled=place == 0, on_click=_go_to, args=(place - 1,),
            key="study_difference_previous",
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", disabled=place == len(table) - 1, on_click=_go_to,
            args=(place + 1,), key="study_difference_next",
        )  # fmt: skip
        if st.button(
            "Open the video there", icon=":material/play_circle:", type="primary", disabled=analysis is None,
            key="study_difference_open",
        ):  # fmt: skip
            open_analysis(analysis, float(row["start_s"]))
    video = plain(f"{row[PARTICIPANT]} · {row[STIMULUS]}, {row['start_s']:.1f}–{row['end_s']:.1f} s")
    codes = "; ".join(f"{coder}: {row[coder] or 'no code'}" for coder in table.columns.drop(list(_TITLES)))
    st.markdown(f"{place + 1:,} of {len(table):,}: {video}. {plain(codes)}")


def _pick(key: str) -> None:
    """Go to the selected row."""
    for place in st.session_state[key].selection.rows:
        _go_to(place)


def _go_to(place: int) -> None:
    st.session_state[_PLACE] = place
