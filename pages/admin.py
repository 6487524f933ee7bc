"""People: storage used by each person, for administrators only."""

import streamlit as st

from ui.access import admin_or_stop
from ui.access.library import shared_library_or_stop
from ui.library.users import show_people, show_rules
from ui.shell.page import ensure_app

ensure_app("pages/admin.py")
visitor = admin_or_stop()
st.title("People", anchor=False)
st.caption("How much each person stores. Only the owner of a library can see what is in it.")
library = shared_library_or_stop()
show_people(library, visitor)
show_rules()
