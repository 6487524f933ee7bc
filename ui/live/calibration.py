"""Gaze calibration on the Live page: nine dots one by one, and the remaining error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion.analytics.behaviour.gaze_calibration import dot_angles
from emotion.errors import EmotionError
from emotion.live import GazeCalibrationNow, LiveSession, Snapshot
from emotion.live.gaze_calibration import DOT_S
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.web_modules import component, keep_value

_STARTED = "live_calibration_started"
_HOW = (
    "Sit and place the window as during the session, then look at nine dots for two seconds each. Your gaze is fitted "
    "to eight dots at a time and checked on the ninth; you see the mean of the nine errors. The camera is assumed to "
    "be above the middle of the screen. The calibration is for you, in this session. It is stored only with a "
    "recording that you start after it."
)

_mount = component("gaze_calibration", __file__, "calibration")


@fragment()
def show_calibration(session: LiveSession | None) -> None:
    """Show the optional calibration; disabled without a session, while recording and while eyes are off."""
    with st.expander("Calibrate the gaze (optional)", icon=":material/center_focus_strong:"):
        st.caption(_HOW)
        width, distance = st.columns(2)
        width_cm = width.number_input("Width of the screen, cm", 5.0, 200.0, 34.0, 0.5, key="live_screen_cm")
        distance_cm = distance.number_input("Eyes to screen, cm", 15.0, 300.0, 60.0, 1.0, key="live_distance_cm")
        reason = _disabled_reason(session)
        data = {"enabled": not reason, "hint": reason, "dot_s": DOT_S}
        state = _mount(key="live_calibration", data=data, on_started_change=keep_value)
        if reason:
            st.caption(reason)
        if session is not None and not reason:
            _take(session, state.started or {}, width_cm, distance_cm)
            if is_calibrated(session.snapshot()):
                st.button("Clear the calibration", icon=":material/undo:", on_click=session.clear_gaze_calibration)


def is_calibrated(now: Snapshot) -> bool:
    """Return whether a calibration has ended, with or without a result."""
    return now.gaze_calibration is not None and not now.gaze_calibration.running


def _disabled_reason(session: LiveSession | None) -> str:
    if session is None:
        return "Start the camera first."
    if not session.settings.eyes:
        return "Switch on Eyes and gaze below."
    return "Stop the recording first." if session.snapshot().records else ""


def _take(session: LiveSession, started: Mapping[str, Any], width_cm: float, distance_cm: float) -> None:
    """Pass a start or a cancellation from the browser to the session, once."""
    if not started or st.session_state.get(_STARTED) == started["id"]:
        return
    st.session_state[_STARTED] = started["id"]
    if not started["dots"]:
        session.clear_gaze_calibration()
        return
    try:
        session.calibrate_gaze(targets_of(started["dots"], width_cm, distance_cm))
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")


def targets_of(dots: Any, width_cm: float, distance_cm: float) -> NDArray[np.float64]:
    """Return ``(k, 2)`` yaw and pitch of dots, degrees.

    Args:
        dots: ``(k, 2)`` from the browser: right of and below the camera, as shares of the screen's width.
        width_cm: Width of the screen.
        distance_cm: Distance from the eyes to the screen.
    """
    places = np.asarray(dots, np.float64).reshape(-1, 2) * width_cm
    return dot_angles(places[:, 0], places[:, 1], distance_cm)


def calibration_notice(now: GazeCalibrationNow) -> str:
    """Return one sentence for the board."""
    if now.running:
        return "Look at each dot until it moves."
    if now.problem:
        return now.problem
    if now.kind == "none":
        return f"Calibration did not improve the gaze of person {now.track_id}; mean error {now.error_deg:.1f}°."
    return (
        f"Gaze of person {now.track_id} calibrated: mean error {now.error_deg:.1f}° on dots left out "
        f"({now.error_before_deg:.1f}° before)."
    )
