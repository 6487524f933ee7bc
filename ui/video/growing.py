"""Lanes of an analysis that is still running; they grow with every part that is saved."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from emotion.charts.ribbon import growing_chart
from emotion.errors import EmotionError
from emotion.library import Entry, Repository
from emotion.types import Analysis
from ui.common.reading import how_to_read

_EVERY_S, _REST = 1.0, 10.0
"""A part is read at most this often, and for at most a tenth of the time: hours of video take seconds to read."""

_KEPT = "growing_analysis"


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What was read last: of which analysis, when it may be read again (monotonic clock, s), and the part itself."""

    entry_id: str
    until_s: float
    analysis: Analysis | None


def show_growing(library: Repository, entry: Entry) -> None:
    """Show who shows which expression in the part that is analysed, once a first part is saved."""
    part = _part(library, entry)
    if part is None or part.timeline.empty:
        return
    st.altair_chart(growing_chart(part, entry.edits.names), width="stretch", key=f"growing_{entry.id}")
    how_to_read(
        "One ribbon per person, in the colour of the leading expression. It grows as the analysis goes on. "
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
    st.session_state[_KEPT] = _Part(entry.id, ended_s + max(_EVERY_S, _REST * (ended_s - begun_s)), found)
    return found
