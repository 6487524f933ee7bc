"""The button that opens the demo, a finished analysis that ships with the app."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from emotion.errors import EmotionError
from emotion.library.jobs.finished import open_finished
from emotion.samples.demo import DEMO_TIMELINE, DEMO_TITLE, DEMO_VIDEO
from ui.access.library import library_or_stop
from ui.common.plain import plain
from ui.common.uploads import session_lock
from ui.video.session import open_analysis


def show_demo_button(kind: Literal["primary", "secondary"] = "secondary") -> None:
    """Show a button that adds the demo to the visitor's library, unless it is there, and opens it."""
    if not st.button("See a demo", type=kind, icon=":material/play_circle:"):
        return
    try:
        library = library_or_stop()
        # With a lock, so that the second run of a double click finds what the first one adds.
        with st.spinner("Opening the demo …"), session_lock():
            entry = open_finished(library, DEMO_VIDEO, DEMO_TIMELINE, DEMO_TITLE)
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")
        return
    open_analysis(entry.id)
