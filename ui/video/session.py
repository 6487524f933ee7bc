"""Session state of the video page: pending uploads, started analyses, the open analysis."""

from __future__ import annotations

import streamlit as st

from emotion.errors import UnknownAnalysisError
from emotion.library import Entry, Repository
from ui.player import forget_player
from ui.video.downloads import forget_export
from ui.video.video_source import VideoSource

ANALYSIS = "analysis"
"""Query parameter of the open analysis, so that a reload returns to it."""

MOMENT_S = "video_moment_s"
"""Key of the time to move the player to, in seconds; removed once the player has it."""

PLAYER = "video_player"
"""Key of the video's player."""

_PENDING, _BEGUN, _BORROWED, _OPEN, _REFUSED, _CLEARED = (
    "pending_videos",
    "begun_videos",
    "borrowed_video",
    "open_analysis",
    "refused_videos",
    "cleared_videos",
)


def pending_uploads() -> list[VideoSource]:
    """Return uploaded videos whose analysis has not been started."""
    waiting: list[VideoSource] = st.session_state.setdefault(_PENDING, [])
    return waiting


def discard_pending_uploads() -> None:
    """Delete all pending uploads."""
    for draft in pending_uploads():
        draft.close()
    pending_uploads().clear()


def begun_videos() -> dict[str, VideoSource]:
    """Return the videos of the analyses started in this session, by the analysis's ID."""
    videos: dict[str, VideoSource] = st.session_state.setdefault(_BEGUN, {})
    return videos


def begun(library: Repository) -> list[Entry]:
    """Return this session's analyses that still exist, oldest first."""
    entries = []
    for analysis_id in list(begun_videos()):
        try:
            entries.append(library.get(analysis_id))
        except UnknownAnalysisError:
            if (gone := begun_videos().pop(analysis_id, None)) is not None:  # else, another run was here first
                gone.close()
    return entries


def has_begun() -> bool:
    """Return whether this session started an analysis that was not cleared since."""
    return bool(begun_videos())


def source_of(analysis_id: str) -> VideoSource | None:
    """Return the video of an analysis, uploaded in this session or kept in the library; None if there is none."""
    return begun_videos().get(analysis_id) or _borrowed().get(analysis_id)


def hold_library_video(analysis_id: str, video_source: VideoSource) -> VideoSource:
    """Keep a reference to a video of the library; one at a time, because its copy for browsers may be large."""
    for other in _borrowed().values():
        other.close()
    _borrowed().clear()
    _borrowed()[analysis_id] = video_source
    return video_source


def clear() -> None:
    """Delete this session's videos and close the open analysis, for an empty page; the library keeps its analyses."""
    forget_begun()
    refusals().clear()
    st.session_state[_CLEARED] = True


def is_cleared() -> bool:
    """Return whether the visitor asked for an empty page."""
    return bool(st.session_state.get(_CLEARED))


def forget_begun() -> None:
    """Delete this session's videos; the library keeps its analyses."""
    for video_source in begun_videos().values():
        video_source.close()
    begun_videos().clear()
    show(None)


def forget_all() -> None:
    """Delete everything the session holds: uploads, videos, browser copies, the open analysis."""
    discard_pending_uploads()
    forget_begun()
    for video_source in _borrowed().values():
        video_source.close()
    _borrowed().clear()
    refusals().clear()


def show(analysis_id: str | None) -> None:
    """Open an analysis, or none; forget the state of the previous one."""
    if st.session_state.get(_OPEN) != analysis_id:
        st.session_state.pop(MOMENT_S, None)
        forget_player(PLAYER)
        forget_export()
    st.session_state[_OPEN] = analysis_id


def open_analysis(analysis_id: str | None, at_s: float | None = None) -> None:
    """Switch to the video page with an analysis; its address can be bookmarked.

    Args:
        analysis_id: The analysis; None for none.
        at_s: Time to move the player to, s.
    """
    show(analysis_id)
    if at_s is not None:
        # After `show`, which forgets the moment of another analysis.
        st.session_state[MOMENT_S] = at_s
    st.switch_page("pages/video.py", query_params={ANALYSIS: analysis_id} if analysis_id else None)


def shown() -> str | None:
    """Return the id of the open analysis, from the session or the page's address."""
    if _OPEN not in st.session_state:
        st.session_state[_OPEN] = st.query_params.get(ANALYSIS)
    analysis_id: str | None = st.session_state[_OPEN]
    return analysis_id


def refusals() -> list[tuple[str, str]]:
    """Return names of uploads that were refused, and why."""
    refused: list[tuple[str, str]] = st.session_state.setdefault(_REFUSED, [])
    return refused


def _borrowed() -> dict[str, VideoSource]:
    video_source: dict[str, VideoSource] = st.session_state.setdefault(_BORROWED, {})
    return video_source
