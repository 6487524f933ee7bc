"""Library: everything that was analysed, to find, name, tag, open and delete; and what the days were like."""

import streamlit as st

from ui.access.library import library_or_stop
from ui.library.days import show_days
from ui.library.erase import show_erase
from ui.library.list import show_list
from ui.library.storage import show_room
from ui.shell.page import ensure_app
from ui.video.queue import show_queue

ensure_app("pages/library.py")
st.title("Library", anchor=False)
st.caption(
    "Every analysed video with its timeline. Videos themselves are kept only where you said so. "
    "Everything lies on this machine, and what you delete is gone."
)
library = library_or_stop()
show_queue(library)
analyses, calendar, room = st.tabs(["Analyses", "Days", "Storage"])
with analyses:
    show_list(library)
with calendar:
    show_days(library)
with room:
    show_room(library)
    show_erase(library)
