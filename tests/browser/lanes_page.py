"""A page with a player without a video, and with lanes of signals, for the browser tests."""

from __future__ import annotations

import numpy as np
import streamlit as st

from emotion.analytics.edits import Edits
from emotion.vision.movement_codebook import MEASURE_COLUMNS
from tests.ui.player.test_player_signals import analysis
from ui.player import show_player
from ui.player.signals import offered_lanes, pack_signals

st.set_page_config(layout="wide")

shown = analysis()
shown.timeline.loc[shown.timeline["track_id"] == 1, list(MEASURE_COLUMNS)] = np.float32(np.nan)


def packed() -> bytes:
    st.session_state["packed"] = st.session_state.get("packed", 0) + 1
    return pack_signals(shown, Edits())


show_player(None, shown, edits=Edits(names={2: "Ada <b>"}), key="p", lanes=offered_lanes(shown), signals=packed)
st.text(f"packed: {st.session_state.get('packed', 0)}")
