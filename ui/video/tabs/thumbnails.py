"""A thumbnail of each person's face, from the frame with the highest confidence."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion.analytics.lanes import longest_seen
from emotion.analytics.people import best_rows
from emotion.analytics.timeline import result_at
from emotion.errors import VideoError
from emotion.report.stills import faces_of
from emotion.types import Analysis
from ui.common.session_cache import session_cached

MAX_FACES = 12
"""People with a thumbnail, longest seen first; each needs a seek in the video."""


def face_pictures(analysis: Analysis, video: Path | None, key: str) -> dict[int, str]:
    """Return face thumbnails as data URLs by track, cached in the session.

    Args:
        analysis: The analysis without edits; merged tracks keep a thumbnail each.
        video: The video file; no thumbnails if it is None or deleted.
        key: Cache key of the analysis.
    """
    if video is None or not video.is_file():
        return {}
    return session_cached("face_pictures", (key, str(video)), lambda: _extract(analysis, video))


def _extract(analysis: Analysis, video: Path) -> dict[int, str]:
    seen, wanted = set(longest_seen(analysis.timeline, MAX_FACES)), {}
    for row in best_rows(analysis.timeline)[["track_id", "frame_index", "time_s"]].to_dict("records"):
        track = int(row["track_id"])
        if track in seen:
            faces = result_at(analysis, int(row["frame_index"])).faces
            wanted[track] = float(row["time_s"]), next(face for face in faces if face.track_id == track)
    try:
        with st.spinner("Extracting a picture of each face …"):
            return faces_of(video, wanted)
    except VideoError:
        # Without a readable video, people are shown by number only.
        return {}
