"""Library: find, rename, tag, open and delete analyses; trends by day; storage."""

import streamlit as st

from ui.access.library import library_or_stop
from ui.common.widgets import kept_tabs
from ui.library.days import show_days
from ui.library.erase import show_erase
from ui.library.list import show_list
from ui.library.storage import show_storage
from ui.shell.page import ensure_app
from ui.video.queue import show_queue

ensure_app("pages/library.py")
st.title("Library", anchor=False)
st.caption(
    "Every analysed video and recording with its timeline. Videos are kept only if you chose so. "
    "Everything is stored on this server; deleting is final."
)
library = library_or_stop()
show_queue(library)
analyses, calendar, storage = kept_tabs(["Analyses", "Days", "Storage"], "library_tabs")
with analyses:
    show_list(library)
with calendar:
    show_days(library)
with storage:
    show_storage(library)
    show_erase(library)
