"""A page with the gaze calibration, quick dots and a stand-in for the session, for the browser tests.

With ``?ends``, the dots are slow, and the camera ends once they have begun.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import streamlit as st

import ui.live.calibration
from emotion.live import LiveSettings

ENDS = "ends" in st.query_params
ui.live.calibration.DOT_S = 10.0 if ENDS else 0.25
calls = st.session_state.setdefault("calls", [])
session = SimpleNamespace(
    settings=LiveSettings(),
    snapshot=lambda: SimpleNamespace(records=False, gaze_calibration=None),
    calibrate_gaze=lambda targets: calls.append(np.asarray(targets).round(1).tolist()),
    clear_gaze_calibration=lambda: calls.append("cleared"),
)
has_ended = ENDS and bool(calls)
ui.live.calibration.show_calibration(None if has_ended else session)  # type: ignore[arg-type]


@st.fragment(run_every=0.3)
def show_calls() -> None:
    if ENDS and calls and not has_ended:
        st.rerun()
    st.text(f"calls: {calls}")


show_calls()
