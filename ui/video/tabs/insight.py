"""The tabs of an analysis; each answers a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.analytics.smooth import METHODS, smoothed
from emotion.errors import InputError
from emotion.types import Analysis
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.session_cache import session_cached
from ui.common.widgets import kept_tabs, open_tab
from ui.video.tabs.baseline import edit_baseline
from ui.video.tabs.behaviour import show_behaviour
from ui.video.tabs.compare import OtherAnalyses, show_comparison
from ui.video.tabs.episodes import show_episodes, show_over_time
from ui.video.tabs.events import edit_events, exchange_events, show_event_figures
from ui.video.tabs.overview import show_overview
from ui.video.tabs.page_edits import HasEdits, PageEdits
from ui.video.tabs.people import choose_person, show_people
from ui.video.tabs.people_editor import edit_people
from ui.video.tabs.presence import show_presence
from ui.video.tabs.thumbnails import face_pictures
from ui.video.tabs.zoom import show_zoom

_QUESTIONS = {
    "Overview": "How much of each expression is there?",
    "People": "Who is seen, and for how long?",
    "Over time": "How do expressions change over time?",
    "Episodes": "Which expressions last, and what follows them?",
    "Presence": "Who faces the camera, and who moves?",
    "Eyes and movements": "What do eyes, head and face do?",
    "Events": "What changes at an event?",
    "Baseline": "How does a face differ from itself at rest?",
    "Compare": "How do two people or two videos differ, and do two people's expressions move together?",
}
"""Tab → the question that it answers."""

_OFF = "off"
_METHOD_NAMES = {_OFF: "Off", "mean": "Moving average", "median": "Median", "exponential": "Exponential"}
_WINDOWS = {"mean": "Window (s)", "median": "Window (s)", "exponential": "Half-life (s)"}
_SMOOTHING = {
    "mean": "Each value becomes the mean of {0:.1f} s around it. Removes flicker; short expressions get weaker.",
    "median": "Each value becomes the median of {0:.1f} s around it. Removes changes shorter than half of that.",
    "exponential": "Older frames count less: half as much after {0:.1f} s. Changes appear a little late.",
}
"""Method → what it does."""
_ONLY_HERE = "It changes what these tabs show, never the saved data or the downloads."
_NO_PERSON = {"Compare": "Compare has its own choice of people.", "Downloads": "Downloads contain everybody."}
"""Tab → why a choice of person has no effect there."""
_UNSMOOTHED = frozenset({"Presence", "Eyes and movements", "Downloads"})
"""Tabs that show data as they were measured."""


def edited_or_raw(analysis: Analysis, edits: Edits) -> Analysis:
    """Return the analysis with its edits applied; without them, and with an error, if they are contradictory."""
    try:
        return session_cached("edited_analysis", (analysis, edits), lambda: apply_edits(analysis, edits))
    except InputError as error:
        st.error(plain(error), icon=":material/error:")
        return analysis


def key_of(analysis: Analysis, key: str) -> str:
    """Return a widget key that depends on the video, so that choices are not carried over to another one."""
    return f"{key}{analysis.settings.get('source_sha256', '')[:12]}"


@fragment()
def show_insight(
    analysis: Analysis,
    holder: HasEdits,
    key: str,
    video: Path | None = None,
    library: OtherAnalyses | None = None,
    *,
    go_to: Callable[[float], None] | None = None,
    downloads: Callable[[], None] | None = None,
) -> None:
    """Show the tabs in a fragment, so that a choice reruns only them.

    Args:
        analysis: The analysis without edits, with at least one face.
        holder: Holds the edits; changing them reruns the whole page.
        key: Prefix of the widgets' keys.
        video: The video file, for pictures of faces; None if it was not kept.
        library: Other analyses to compare with.
        go_to: Moves the player to a time in seconds, in the page's next run; None without a player.
        downloads: Shows the downloads; None for no such tab.
    """
    key = key_of(analysis, key)
    page = PageEdits(holder, key)
    page.rerun_if_changed()
    edits = page.edits
    edited = edited_or_raw(analysis, edits)
    if edited.timeline.empty:
        st.info("Edits leave no face: unhide a person, or exclude less.", icon=":material/filter_alt_off:")
    shown, track = _choose(edited, edits, key)
    pictures = face_pictures(analysis, video, key)
    view = _View(analysis, edited, shown, page, track, pictures, library, key, _moving(page, go_to))
    titles = [*_QUESTIONS, *(["Downloads"] if downloads is not None else [])]
    for title, tab in zip(titles, kept_tabs(titles, f"{key}_tabs"), strict=True):
        # Compute only the open tab.
        if tab.open:
            with tab:
                if title in _QUESTIONS:
                    view.show(title)
                elif downloads is not None:
                    downloads()


def _moving(page: PageEdits, go_to: Callable[[float], None] | None) -> Callable[[float], None]:
    """Return a function that moves the player and requests a rerun of the page, where the player is."""

    def move(time_s: float) -> None:
        if go_to is not None:
            go_to(time_s)
            page.request_rerun()

    return move


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """The content of the tabs. Where edits leave no face, only the fields for edits are shown."""

    raw: Analysis
    edited: Analysis
    shown: Analysis
    holder: PageEdits
    track: int | None
    pictures: Mapping[int, str]
    others: OtherAnalyses | None
    key: str
    go_to: Callable[[float], None]

    def show(self, title: str) -> None:
        """Fill a tab."""
        st.markdown(f"**{_QUESTIONS[title]}**")
        if title == "People":
            edit_people(self.raw, self.holder, self._field_key("people"), self.pictures)
        if title == "Events":
            edit_events(self.holder, f"{self.key}_events")
            exchange_events(self.holder, f"{self.key}_events")
        if not self.shown.timeline.empty:
            self._of_faces()[title]()

    def _of_faces(self) -> dict[str, Callable[[], None]]:
        """Return title → what shows the faces."""
        edited, shown, edits, track, key = self.edited, self.shown, self.holder.edits, self.track, self.key
        return {
            "Overview": lambda: show_overview(shown, track),
            "People": lambda: show_people(shown, edits, self.pictures, track, f"{key}_people"),
            "Over time": self._over_time,
            "Episodes": lambda: show_episodes(shown, edits, track, f"{key}_episodes"),
            "Presence": lambda: show_presence(edited, edits, track, f"{key}_presence"),
            "Eyes and movements": lambda: show_behaviour(edited, edits, track, f"{key}_behaviour"),
            "Events": lambda: show_event_figures(edited, shown, edits.events, track, f"{key}_events"),
            "Baseline": lambda: edit_baseline(shown, self.holder, track, self._field_key("baseline")),
            "Compare": lambda: show_comparison(shown, edits, f"{key}_compare", self.others),
        }

    def _over_time(self) -> None:
        show_over_time(self.shown, self.holder.edits, self.track, f"{self.key}_course")
        show_zoom(self.edited, self.holder.edits, f"{self.key}_zoom", self.go_to)

    def _field_key(self, tab: str) -> str:
        """Return a key for fields; new after another page's changes, because a field would keep the old value."""
        generation = self.holder.generation
        return f"{self.key}_{tab}_{generation}" if generation else f"{self.key}_{tab}"


def _choose(edited: Analysis, edits: Edits, key: str) -> tuple[Analysis, int | None]:
    """Let the visitor choose a person and the smoothing; return the smoothed analysis and the track."""
    tab = open_tab(f"{key}_tabs")  # the fields are made before the tabs
    raw = tab in _UNSMOOTHED
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=240):
            track = choose_person(edited, edits, f"{key}_person", no_effect=_NO_PERSON.get(tab, ""))
        chosen = st.selectbox(
            "Smoothing", list(_METHOD_NAMES), format_func=_METHOD_NAMES.__getitem__, key=f"{key}_method", width=180,
            persist_state="session",
            help="This tab shows the data as measured." if raw else f"Removes flicker from the curves. {_ONLY_HERE}",
            disabled=raw,
        )  # fmt: skip
        if chosen == _OFF:
            return edited, track
        window_s = st.slider(
            _WINDOWS[chosen],
            0.1,
            3.0,
            0.5,
            0.1,
            key=f"{key}_smooth_s",
            persist_state="session",
            width=220,
            disabled=raw,
        )
    st.caption(f"{_SMOOTHING[chosen].format(window_s)} {_ONLY_HERE}")
    method = next(name for name in METHODS if name == chosen)
    # The same object in every run, so that results that tabs cached for it stay valid.
    return session_cached(
        "smoothed_analysis", (edited, method, window_s), lambda: smoothed(edited, method, window_s)
    ), track
