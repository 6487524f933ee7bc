"""A page with only the player for coding, for browser tests: ``?clip=…`` selects from :mod:`tests.browser.clips`."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from emotion.library.probe_upload import frame_times_of
from emotion.studies.coding import Code, Codebook, CodedSpan, CodeKind
from ui.common.session_cache import session_cached
from ui.player.coding import Spans, show_coding_player

BOOK = Codebook((Code("happiness", "h"), Code("sadness", "s"), Code("blink", "b", CodeKind.POINT)))
ELSEWHERE = CodedSpan(0.0, 0.2, "sadness")
"""What another tab of the coder stores."""

st.set_page_config(layout="wide")
path = Path(os.environ["CODING_CLIPS"]) / f"{st.query_params['clip']}.mp4"


def store(coded: Spans | None) -> Spans:
    if coded is not None:
        st.session_state["stored"] = coded
    stored: Spans = st.session_state.setdefault("stored", ())
    return stored


@st.fragment
def show() -> None:
    times = session_cached("times", path, lambda: frame_times_of(path))
    still_open = show_coding_player(path, times, BOOK, key="coding", spans=store)
    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(f"runs: {runs}")
    st.text(f"open: {', '.join(still_open)}")
    for span in st.session_state["stored"]:
        st.text(f"span: {span.code} {span.start_s!r} {span.end_s!r}")
    if st.button("Store elsewhere"):
        st.session_state["stored"] = (ELSEWHERE, *st.session_state["stored"])
        st.rerun(scope="fragment")


show()
