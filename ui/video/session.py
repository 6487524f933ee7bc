"""What a visit has of the library: uploads not yet analysed, analyses that it began, the one that is open."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Entry, Repository
from ui.player import forget_player
from ui.video.downloads import forget_export
from ui.video.footage import Footage

ANALYSIS = "analysis"
"""The address's parameter that names the open analysis, so that a refresh comes back to it."""

MOMENT_S = "video_moment_s"
"""Key of the moment of the video to move to, in seconds; gone when the player has been told."""

PLAYER = "video_player"
"""Key of the video's player."""

_DRAFTS, _FOOTAGE, _BORROWED, _OPEN, _REFUSED = (
    "video_drafts",
    "begun_footage",
    "borrowed_footage",
    "open_analysis",
    "refused_videos",
)


def drafts() -> list[Footage]:
    """Return the uploaded videos of which nobody has said yet how to analyse them."""
    waiting: list[Footage] = st.session_state.setdefault(_DRAFTS, [])
    return waiting


def discard_drafts() -> None:
    """Delete them."""
    for draft in drafts():
        draft.close()
    drafts().clear()


def remember(analysis_id: str, footage: Footage) -> None:
    """Note that this visit began an analysis and has its video; what was open makes room for it."""
    _begun()[analysis_id] = footage
    show(None)


def begun(library: Repository) -> list[Entry]:
    """Return the analyses that this visit began and that are still there, the first one first."""
    entries = []
    for analysis_id in list(_begun()):
        try:
            entries.append(library.get(analysis_id))
        except LibraryError:
            _begun().pop(analysis_id).close()
    return entries


def has_begun() -> bool:
    """Return whether this visit began any analysis that it has not cleared."""
    return bool(_begun())


def footage_of(analysis_id: str) -> Footage | None:
    """Return the video of an analysis that this visit began or borrowed; None for others."""
    return _begun().get(analysis_id) or _borrowed().get(analysis_id)


def borrow(analysis_id: str, footage: Footage) -> Footage:
    """Hold the video that the library keeps of an analysis; one at a time, as its copy for the browser may be large."""
    for other in _borrowed().values():
        other.close()
    _borrowed().clear()
    _borrowed()[analysis_id] = footage
    return footage


def forget_begun() -> None:
    """Delete this visit's videos and begin anew; what the library keeps stays there."""
    for footage in _begun().values():
        footage.close()
    _begun().clear()
    show(None)


def forget_all() -> None:
    """Delete everything that this visit holds: uploads, videos, copies for the browser, what is open."""
    discard_drafts()
    forget_begun()
    for footage in _borrowed().values():
        footage.close()
    _borrowed().clear()
    refusals().clear()


def show(analysis_id: str | None) -> None:
    """Open an analysis, or none; what belongs to the one before is forgotten."""
    if st.session_state.get(_OPEN) != analysis_id:
        st.session_state.pop(MOMENT_S, None)
        forget_player(PLAYER)
        forget_export()
    st.session_state[_OPEN] = analysis_id


def open_analysis(analysis_id: str | None) -> None:
    """Turn to the page that shows an analysis; its address can be kept and comes back after a refresh."""
    show(analysis_id)
    st.switch_page("pages/video.py", query_params={ANALYSIS: analysis_id} if analysis_id else None)


def shown() -> str | None:
    """Return the id of the open analysis: chosen in this visit, or named by the address."""
    if _OPEN not in st.session_state:
        st.session_state[_OPEN] = st.query_params.get(ANALYSIS)
    analysis_id: str | None = st.session_state[_OPEN]
    return analysis_id


def refuse(name: str, reason: str) -> None:
    """Note why an upload could not be taken in."""
    refusals().append((name, reason))


def refusals() -> list[tuple[str, str]]:
    """Return names and reasons of uploads that could not be taken in."""
    refused: list[tuple[str, str]] = st.session_state.setdefault(_REFUSED, [])
    return refused


def _borrowed() -> dict[str, Footage]:
    footage: dict[str, Footage] = st.session_state.setdefault(_BORROWED, {})
    return footage


def _begun() -> dict[str, Footage]:
    footage: dict[str, Footage] = st.session_state.setdefault(_FOOTAGE, {})
    return footage
