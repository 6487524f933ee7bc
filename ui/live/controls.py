"""Buttons of a live session: hold, a neutral baseline, recording."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from emotion.dates import moment_text
from emotion.library import Repository
from emotion.live import LiveSession, Snapshot
from ui.common.errors import run_action, show_failure
from ui.live.recorded import note_recording

BASELINE_S = 3.0
_CLIP, _ERROR = "live_with_clip", "live_error"
_TITLE, _EVENT = "live_title", "live_event"
UNNAMED = "mark"
"""Label of an event that has no name yet."""
CLIP_NOT_HIDDEN = "The clip shows faces as they are, although they are hidden here."
# Buttons keep key and type when their label changes: otherwise the browser replaces them, and they lose the focus.
_HOLD, _BASELINE, _RECORD = "live_hold", "live_baseline", "live_record"
_BUTTONS = (
    ("Hold", "pause", _HOLD),
    ("Baseline", "face", _BASELINE),
    ("Record", "fiber_manual_record", _RECORD),
)


def show_controls(session: LiveSession | None, library: Repository) -> None:
    """Show the buttons; disabled without a session."""
    now = None if session is None else session.snapshot()
    with st.container(horizontal=True, vertical_alignment="center"):
        if session is None or now is None or now.closed:
            for label, icon, key in _BUTTONS:
                st.button(label, icon=f":material/{icon}:", disabled=True, help="Start the camera first", key=key)
        else:
            _show_hold(session, now)
            _show_baseline(session, now)
            _show_record(session, now, library)
    if session is not None and now is not None and not now.closed:
        _show_names(session, runs=now.records)
    if session is not None and session.settings.hide != "nothing" and st.session_state.get(_CLIP):
        st.caption(CLIP_NOT_HIDDEN)
    show_failure(_ERROR)


def _show_hold(session: LiveSession, now: Snapshot) -> None:
    if now.held:
        _button(_HOLD, "Resume", "play_arrow", "Update the values again", session.resume)
    else:
        _button(_HOLD, "Hold", "pause", "Freeze the values; the picture continues", session.hold)


def _show_baseline(session: LiveSession, now: Snapshot) -> None:
    hint = (
        "Measures each person's neutral face for three seconds; values then also show the difference from it. A "
        "recording that you start later begins with these seconds"
    )
    hint = "Resume first" if now.held else hint
    _button(_BASELINE, "Baseline", "face", hint, partial(session.take_baseline, BASELINE_S), disabled=now.held)
    if any(person.baseline for person in now.people):
        _button("live_clear_baseline", "Clear baseline", "undo", "Stop showing differences", session.clear_baseline)


def _show_record(session: LiveSession, now: Snapshot, library: Repository) -> None:
    if now.records:
        hint = "End the recording and save it to the library"
        _button(_RECORD, "Stop recording", "stop_circle", hint, session.stop_recording)
    else:
        hint = "Saves the timeline to the library; the video only if “with a clip” is ticked"
        _button(_RECORD, "Record", "fiber_manual_record", hint, partial(_record, session, library))
    st.checkbox(
        "with a clip", key=_CLIP, persist_state="session", disabled=now.records,
        help="Also saves the camera's video, with faces as they are; it is analysed like any other",
    )  # fmt: skip


def _record(session: LiveSession, library: Repository) -> None:
    now = dt.datetime.now().astimezone()
    # With seconds, so that recordings of one minute can be told apart.
    title = _text(_TITLE) or f"Live, {moment_text(now)}:{now:%S}"
    with_clip = bool(st.session_state.get(_CLIP))
    note_recording(session.record(library, title, record_clip=with_clip), session)


def _show_names(session: LiveSession, *, runs: bool) -> None:
    """Show the title of the next recording, or the name of the next event of the running one."""
    key, label = (_EVENT, "Name of the event") if runs else (_TITLE, "Title of the recording")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text_input(label, key=key, placeholder=label, label_visibility="collapsed", width=220, max_chars=200)
        if runs:
            hint = "Adds an event at this moment; it can be renamed on Video, under Events"
            _button("live_mark", "Mark", "flag", hint, partial(_mark, session))


def _mark(session: LiveSession) -> None:
    session.mark(_text(_EVENT) or UNNAMED, session.snapshot().time_s)


def _text(key: str) -> str:
    return str(st.session_state.get(key, "")).strip()


def _button(key: str, label: str, icon: str, hint: str, action: Callable[[], Any], *, disabled: bool = False) -> None:
    st.button(
        label, icon=f":material/{icon}:", help=hint, key=key, disabled=disabled, on_click=run_action,
        args=(_ERROR, action),
    )  # fmt: skip
