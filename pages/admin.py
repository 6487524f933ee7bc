"""People: who has how much in the library, for those who look after this server; nobody else finds this page."""

import streamlit as st

from ui.access import admin_or_stop
from ui.access.library import shared_library_or_stop
from ui.library.users import show_people, show_rules
from ui.shell.page import ensure_app

ensure_app("pages/admin.py")
visitor = admin_or_stop()
st.title("People", anchor=False)
st.caption("How much everybody has. What is in a library is seen by its owner alone, and not here.")
library = shared_library_or_stop()
show_people(library, visitor)
show_rules()
