"""The lanes of a running analysis, which grow as parts of it are saved."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from emotion.charts.ribbon import growing_chart
from emotion.errors import EmotionError
from emotion.library import Entry, Repository
from emotion.types import Analysis
from ui.common.charts import how_to_read

_PAUSE_S, _PAUSE_RATIO = 1.0, 10.0
"""Minimum pause between reads, s, and its minimum ratio to the duration of the last read, which takes seconds for
long videos."""

_KEPT = "growing_analysis"


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The last part that was read, its analysis, and when it may be read again (monotonic clock, s)."""

    entry_id: str
    until_s: float
    analysis: Analysis | None


def show_growing(library: Repository, entry: Entry) -> None:
    """Show each person's expressions in the part analysed so far, once a first part is saved."""
    part = _part(library, entry)
    if part is None or part.timeline.empty:
        return
    st.altair_chart(growing_chart(part, entry.edits.names), width="stretch", key=f"growing_{entry.id}")
    how_to_read(
        "One ribbon per person, in the colour and with two letters of the leading expression. It grows as the analysis "
        "goes on. "
        "Gaps: no face found."
    )


def _part(library: Repository, entry: Entry) -> Analysis | None:
    kept: _Part | None = st.session_state.get(_KEPT)
    begun_s = time.monotonic()
    if kept is not None and kept.entry_id == entry.id and begun_s < kept.until_s:
        return kept.analysis
    try:
        found = library.load_analysis(entry.id)
    except EmotionError:
        # Nothing is saved yet.
        found = None
    ended_s = time.monotonic()
    st.session_state[_KEPT] = _Part(entry.id, ended_s + max(_PAUSE_S, _PAUSE_RATIO * (ended_s - begun_s)), found)
    return found
