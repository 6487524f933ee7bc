"""A page with only the player, for the browser tests: ``?clip=…`` selects from :mod:`tests.browser.clips`."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np
import streamlit as st

from emotion.analytics.edits import Edits, Event, Span
from tests.browser.clips import CAPTIONS, analysis_of
from ui.common.resources import encode_png
from ui.player import show_player
from ui.video.result import with_marked

FACE = f"data:image/png;base64,{base64.b64encode(encode_png(np.full((8, 8, 3), 128, np.uint8))).decode()}"
EDITS = Edits(names={1: "Ada <b>"}, events=(Event("Break", Span(0.4, 0.7), excluded=True),))

st.set_page_config(layout="wide")
clip = st.query_params["clip"]
path = Path(os.environ["PLAYER_CLIPS"]) / f"{clip}.mp4"
analysis = analysis_of(clip)


@st.fragment
def show() -> None:
    edits = st.session_state.setdefault("edits", EDITS)
    order = st.session_state.pop("order", None)
    state = show_player(
        path if path.is_file() else None,
        analysis,
        edits=edits,
        key="player",
        time_s=order,
        captions=CAPTIONS if clip == "steady" else None,
        faces={1: FACE} if clip == "steady" else {},
    )
    if state.events:
        st.session_state["edits"] = with_marked(edits, state.events)
    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(f"runs: {runs}")
    st.text(f"stands at: {-1 if state.time_s is None else state.time_s:.3f}")
    for event in st.session_state["edits"].events:
        st.text(f"event: {event.span.start_s:.3f} to {event.span.end_s:.3f}")
        st.text(f"name: {event.label}")
    st.button("Go to 1 s", on_click=st.session_state.__setitem__, args=("order", 1.0))


show()
