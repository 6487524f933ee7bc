"""Settings of uploaded videos, for all or for each, and the start of their analysis."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from emotion.bad_file import sentence_for
from emotion.library import JobSettings, Repository
from emotion.models.offered import choice_label, choices, offered_models
from ui.common.plain import plain
from ui.common.session_cache import session_cached
from ui.common.uploads import session_lock
from ui.video import session
from ui.video.estimate import estimate_text, speed_of
from ui.video.video_source import VideoSource

log = logging.getLogger(__name__)

RATES: dict[str, dict[str, Any]] = {
    "Every frame (most accurate)": {},
    "Every 2nd frame": {"every": 2},
    "Every 5th frame": {"every": 5},
    "10 frames per second": {"fps": 10.0},
    "5 frames per second": {"fps": 5.0},
    "1 frame per second": {"fps": 1.0},
}
"""Sampling label → arguments of :class:`emotion.library.JobSettings`."""

VIDEO_TYPES = ["mp4", "m4v", "mov", "avi", "mkv", "webm"]
"""Endings of files that uploaders of videos accept."""

KEEP = "Keep the video in the library"
_TYPED = "pending_typed"
"""Session key of what was typed for each video."""
_RATE, _MODEL, _KEEP = "pending_rate", "pending_model_name", "pending_keep"


def show_pending_uploads(library: Repository, *, ready: bool = True) -> None:
    """Show the settings of the uploaded videos, and the button that starts their analysis.

    Args:
        library: Where the analyses go.
        ready: Whether the button is enabled.
    """
    pending = list(session.pending_uploads())
    if not pending:
        return
    with st.container(border=True):
        st.markdown("**" + (plain(pending[0].name) if len(pending) == 1 else f"{len(pending)} videos") + "**")
        table = _ask_each(pending, _ask_all())
        _show_estimate(library, pending, table)
        with st.container(horizontal=True):
            label = "Analyse" if len(pending) == 1 else f"Analyse {len(pending)} videos"
            hint = None if ready else "Choose a purpose and confirm consent first"
            if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not ready, help=hint):
                _begin(library, pending, table)
            st.button("Discard", icon=":material/delete:", on_click=session.discard_pending_uploads)


def forget_settings() -> None:
    """Forget the settings of uploaded videos once there are none: the next ones start with the defaults."""
    for key in (_TYPED, _RATE, _MODEL, _KEEP):
        st.session_state.pop(key, None)


def _show_estimate(library: Repository, pending: Sequence[VideoSource], table: pd.DataFrame) -> None:
    """Show length and estimated time of the videos that can be read."""
    rows = zip(pending, table.to_dict("records"), strict=True)
    videos = [(info, settings_of(row)) for upload, row in rows if (info := upload.info()) is not None]
    if videos:
        st.caption(f":material/schedule: {plain(estimate_text(videos, speed_of(library)))}")


def _ask_all() -> dict[str, Any]:
    """Return the settings for all videos."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.selectbox("Sampling", list(RATES), key=_RATE, persist_state="session", width=260)
        model = st.selectbox(
            "Model", choices(), format_func=choice_label, key=_MODEL, persist_state="session", width=260,
            help=_model_help(),
        )  # fmt: skip
        keep = st.checkbox(
            KEEP, key=_KEEP, persist_state="session",
            help="Otherwise the video is deleted when you leave, and only the timeline is kept. You need the video to "
            "play it again later and to export it with boxes.",
        )  # fmt: skip
    return {"rate": rate, "model": model, "keep": keep}


def _model_help() -> str:
    reasons = [f"**{offer.name}**: {offer.reason}" for offer in offered_models().values()]
    return "\n\n".join(reasons)


def _ask_each(pending: Sequence[VideoSource], common: dict[str, Any]) -> pd.DataFrame:
    """Show an editor with a row per video, and return its table.

    Common settings are the defaults of each row. Changing them replaces the editor; what was typed into it stays.
    """
    ids = [id(upload) for upload in pending]
    version = (*ids, *common.values())
    rows = session_cached("pending_rows", version, lambda: _rows(pending, common, st.session_state.get(_TYPED, {})))
    with st.expander("Part, title and tags" if len(pending) == 1 else "Settings per video"):
        table = st.data_editor(
            rows, hide_index=True, num_rows="fixed", placeholder="", column_config=_columns(), key=f"pending_{version}"
        )
    st.session_state[_TYPED] = dict(
        zip(ids, table[["name", "start_s", "end_s", "tags"]].to_dict("records"), strict=True)
    )
    return table


def _rows(
    pending: Sequence[VideoSource], common: Mapping[str, Any], typed: Mapping[int, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return a row of settings per video.

    Args:
        pending: The videos.
        common: Settings that all have.
        typed: ``id`` of a video → its settings that the visitor typed.
    """
    rows = [
        {"name": upload.stem, "start_s": 0.0, "end_s": None, **common, "tags": [], **typed.get(id(upload), {})}
        for upload in pending
    ]
    return pd.DataFrame(rows).astype({"end_s": "float64"})


def _columns() -> dict[str, Any]:
    seconds = st.column_config.NumberColumn
    return {
        "name": st.column_config.TextColumn("Title", max_chars=200, required=True),
        "start_s": seconds("From, s", min_value=0.0, format="%.1f", required=True),
        "end_s": seconds("To, s", min_value=0.0, format="%.1f", help="Empty: to the end"),
        "rate": st.column_config.SelectboxColumn("Sampling", options=list(RATES), required=True),
        "model": st.column_config.SelectboxColumn(
            "Model", width=190, options=choices(), format_func=lambda name: choice_label(str(name)), required=True
        ),
        "keep": st.column_config.CheckboxColumn("Keep video"),
        "tags": st.column_config.ListColumn("Tags"),
    }


def _begin(library: Repository, pending: Sequence[VideoSource], table: pd.DataFrame) -> None:
    """Queue every video; refuse those that cannot be read."""
    bar = st.progress(0.0, "Adding …")
    # All taken from the session first, because a click during a long call stops this run at its next use.
    waiting, begun, refused = session.pending_uploads(), session.begun_videos(), session.refusals()
    for place, (upload, row) in enumerate(zip(pending, table.to_dict("records"), strict=True)):
        bar.progress(place / len(table), f"Adding {plain(upload.name)} …")
        with session_lock():
            if upload not in waiting:  # the first click of a double click has added it
                continue
            try:
                title, tags = str(row["name"]), row["tags"]
                entry = library.add(upload.path, upload.name, settings_of(row), title=title, tags=tags)
                begun[entry.id] = upload
            except Exception as error:  # whatever a decoder raises for this file must not stop the others
                log.exception("cannot add a video")
                upload.close()
                refused.append((upload.name, sentence_for(error, upload.name, "a video")))
            # Removed one by one, so that leaving the page meanwhile keeps exactly the videos not yet added.
            if upload in waiting:  # not discarded meanwhile
                waiting.remove(upload)
    session.show(None)
    st.rerun()


def settings_of(row: Mapping[Hashable, Any]) -> JobSettings:
    """Return the job settings of a row of the table."""
    end_s = None if pd.isna(row["end_s"]) else float(row["end_s"])
    return JobSettings(
        model=row["model"],
        start_s=float(row["start_s"]),
        end_s=end_s,
        keep_video=bool(row["keep"]),
        **RATES[row["rate"]],
    )
