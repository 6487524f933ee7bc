"""A small picture of each person's face, cut out of the video where it was seen most surely."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from emotion.analytics.lanes import longest_seen
from emotion.analytics.people import best_rows
from emotion.analytics.timeline import result_at
from emotion.errors import VideoError
from emotion.report.stills import faces_of
from emotion.types import Analysis

MAX_FACES = 12
"""People with a picture, those seen longest: each costs a look into the video."""


def face_pictures(analysis: Analysis, video: Path | None, key: str) -> dict[int, str]:
    """Return pictures of faces as data URLs, by track; kept in the visit, as they are of the visitor's video.

    Args:
        analysis: As it was made: each track has a face of its own, merged or not.
        video: Its file; None or a video that is gone gives no pictures.
        key: Names this analysis within the visit; one that is shown under the same key replaces it.
    """
    if video is None or not video.is_file():
        return {}
    kept: tuple[str, dict[int, str]] | None = st.session_state.get(f"{key}_faces")
    if kept is None or kept[0] != str(video):
        with st.spinner("Looking for the clearest face of each person …"):
            kept = (str(video), _cut_out(analysis, video))
        st.session_state[f"{key}_faces"] = kept
    return kept[1]


def _cut_out(analysis: Analysis, video: Path) -> dict[int, str]:
    seen, wanted = set(longest_seen(analysis.timeline, MAX_FACES)), {}
    for row in best_rows(analysis.timeline)[["track_id", "frame_index", "time_s"]].to_dict("records"):
        track = int(row["track_id"])
        if track in seen:
            faces = result_at(analysis, int(row["frame_index"])).faces
            wanted[track] = float(row["time_s"]), next(face for face in faces if face.track_id == track)
    try:
        return faces_of(video, wanted)
    except VideoError:
        # A video that cannot be read again leaves people with a number alone.
        return {}
