"""An analysis in depth: people, episodes, course over time, presence, baseline, events and comparison, in tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.analytics.smooth import METHODS, smoothed
from emotion.errors import InputError
from emotion.types import Analysis
from ui.common.errors import fragment
from ui.video.baseline import edit_baseline
from ui.video.compare import Shelf, show_comparison
from ui.video.episodes import show_episodes, show_over_time
from ui.video.events import HasEdits, edit_events, exchange_events, show_event_figures, take_import
from ui.video.people import choose_person, show_people
from ui.video.people_editor import edit_people
from ui.video.presence import show_presence
from ui.video.thumbnails import face_pictures

_TABS = ["People", "Episodes", "Over time", "Presence", "Baseline", "Events", "Compare"]
_METHOD_NAMES = {"mean": "Moving average", "median": "Median", "exponential": "Exponential"}


def edited_or_raw(analysis: Analysis, edits: Edits) -> Analysis:
    """Return the analysis with its edits; without them, saying why, where they contradict themselves."""
    try:
        return apply_edits(analysis, edits)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return analysis


def key_of(analysis: Analysis, key: str) -> str:
    """Return a key for widgets of one video: another video's choices must not stand where this one's belong."""
    return f"{key}{analysis.settings.get('source_sha256', '')[:12]}"


@fragment()
def show_insight(
    analysis: Analysis, holder: HasEdits, key: str, video: Path | None = None, shelf: Shelf | None = None
) -> None:
    """Show everything about an analysis that takes a choice: a fragment, so that only it is run for one.

    Args:
        analysis: As it was made, with at least one face.
        holder: Keeps its edits; what changes them runs the whole page.
        key: Names these widgets within the visit.
        video: The file, for pictures of faces; None where only the timeline was kept.
        shelf: Where analyses are to compare this one with.
    """
    key = key_of(analysis, key)
    if take_import(f"{key}_events"):
        st.rerun()
    edits = holder.edits
    edited = edited_or_raw(analysis, edits)
    if edited.timeline.empty:
        st.info("Edits leave no face: show somebody again, or exclude less.", icon=":material/filter_alt_off:")
    shown, track = _choose(edited, edits, key)
    pictures = face_pictures(analysis, video, key)
    view = _View(analysis, edited, shown, holder, track, pictures, shelf, key)
    fills = (view.people, view.episodes, view.course, view.presence, view.baseline, view.events, view.comparison)
    changed = edits
    for tab, fill in zip(st.tabs(_TABS, key=f"{key}_tabs", on_change="rerun"), fills, strict=True):
        # Only what is looked at is worked out.
        if tab.open:
            with tab:
                changed = fill()
    if changed != edits:
        holder.edits = changed
        st.rerun()


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What the tabs show; each returns the edits as they are after it."""

    raw: Analysis
    edited: Analysis
    shown: Analysis
    holder: HasEdits
    track: int | None
    pictures: Mapping[int, str]
    shelf: Shelf | None
    key: str

    def people(self) -> Edits:
        changed = edit_people(self.raw, self.holder.edits, f"{self.key}_people", self.pictures)
        if not self.shown.timeline.empty:
            show_people(self.shown, self.holder.edits, self.pictures, self.track)
        return changed

    def episodes(self) -> Edits:
        if not self.shown.timeline.empty:
            show_episodes(self.shown, self.holder.edits, self.track, f"{self.key}_episodes")
        return self.holder.edits

    def course(self) -> Edits:
        if not self.shown.timeline.empty:
            show_over_time(self.shown, self.holder.edits, self.track, f"{self.key}_course")
        return self.holder.edits

    def presence(self) -> Edits:
        if not self.shown.timeline.empty:
            show_presence(self.edited, self.holder.edits, self.track, f"{self.key}_presence")
        return self.holder.edits

    def baseline(self) -> Edits:
        if self.shown.timeline.empty:
            return self.holder.edits
        return edit_baseline(self.shown, self.holder.edits, self.track, f"{self.key}_baseline")

    def events(self) -> Edits:
        key = f"{self.key}_events"
        changed = edit_events(self.holder.edits, key)
        exchange_events(self.holder, key)
        if not self.shown.timeline.empty:
            show_event_figures(self.edited, self.shown, self.holder.edits.events, self.track, key)
        return changed

    def comparison(self) -> Edits:
        if not self.shown.timeline.empty:
            show_comparison(self.shown, self.holder.edits, f"{self.key}_compare", self.shelf)
        return self.holder.edits


def _choose(edited: Analysis, edits: Edits, key: str) -> tuple[Analysis, int | None]:
    """Let somebody choose a person and the smoothing; return the smoothed analysis and the track."""
    person, method, window = st.columns(3, gap="medium")
    with person:
        track = choose_person(edited, edits, f"{key}_person")
    chosen = method.selectbox("Smoothing", METHODS, format_func=_METHOD_NAMES.__getitem__, key=f"{key}_method")
    window_s = window.slider(
        "Window, s",
        0.0,
        3.0,
        0.0,
        0.1,
        key=f"{key}_smooth_s",
        help="0 shows the data as they were made. Smoothing is a view: it never changes what is kept or downloaded.",
    )
    return (smoothed(edited, chosen, window_s) if window_s > 0 else edited), track
