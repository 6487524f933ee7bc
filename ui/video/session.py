"""What a visit has of the library: uploads not yet analysed, analyses that it began, the one that is open."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Entry
from emotion.library.owners.owner_view import OwnLibrary
from ui.player import forget_player
from ui.video.downloads import forget_export
from ui.video.video_source import VideoSource

ANALYSIS = "analysis"
"""The address's parameter that names the open analysis, so that a refresh comes back to it."""

MOMENT_S = "video_moment_s"
"""Key of the moment of the video to move to, in seconds; gone when the player has been told."""

PLAYER = "video_player"
"""Key of the video's player."""

_PENDING, _BEGUN, _BORROWED, _OPEN, _REFUSED = (
    "pending_videos",
    "begun_videos",
    "borrowed_video",
    "open_analysis",
    "refused_videos",
)


def pending_uploads() -> list[VideoSource]:
    """Return the uploaded videos of which nobody has said yet how to analyse them."""
    waiting: list[VideoSource] = st.session_state.setdefault(_PENDING, [])
    return waiting


def discard_pending_uploads() -> None:
    """Delete them."""
    for draft in pending_uploads():
        draft.close()
    pending_uploads().clear()


def remember(analysis_id: str, video_source: VideoSource) -> None:
    """Note that this visit began an analysis and has its video; what was open makes room for it."""
    _begun()[analysis_id] = video_source
    show(None)


def begun(library: OwnLibrary) -> list[Entry]:
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


def source_of(analysis_id: str) -> VideoSource | None:
    """Return the video of an analysis that this visit began or borrowed; None for others."""
    return _begun().get(analysis_id) or _borrowed().get(analysis_id)


def borrow(analysis_id: str, video_source: VideoSource) -> VideoSource:
    """Hold the video that the library keeps of an analysis; one at a time, as its copy for the browser may be large."""
    for other in _borrowed().values():
        other.close()
    _borrowed().clear()
    _borrowed()[analysis_id] = video_source
    return video_source


def forget_begun() -> None:
    """Delete this visit's videos and begin anew; what the library keeps stays there."""
    for video_source in _begun().values():
        video_source.close()
    _begun().clear()
    show(None)


def forget_all() -> None:
    """Delete everything that this visit holds: uploads, videos, copies for the browser, what is open."""
    discard_pending_uploads()
    forget_begun()
    for video_source in _borrowed().values():
        video_source.close()
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


def _borrowed() -> dict[str, VideoSource]:
    video_source: dict[str, VideoSource] = st.session_state.setdefault(_BORROWED, {})
    return video_source


def _begun() -> dict[str, VideoSource]:
    video_source: dict[str, VideoSource] = st.session_state.setdefault(_BEGUN, {})
    return video_source
