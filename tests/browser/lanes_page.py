"""A page with a player and its lanes of signals, without a video, for the browser tests."""

from __future__ import annotations

import streamlit as st

from emotion.analytics.edits import Edits
from tests.ui.player.test_player_signals import analysis
from ui.player import show_player
from ui.player.signals import offered_lanes, pack_signals

st.set_page_config(layout="wide")


def packed() -> bytes:
    st.session_state["packed"] = st.session_state.get("packed", 0) + 1
    return pack_signals(analysis(), Edits())


show_player(
    None, analysis(), edits=Edits(names={2: "Ada <b>"}), key="p", lanes=offered_lanes(analysis()), signals=packed
)
st.text(f"packed: {st.session_state.get('packed', 0)}")
