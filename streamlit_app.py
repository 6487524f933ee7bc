"""The app: page configuration and navigation. ``streamlit run server.py`` serves it."""

from pathlib import Path

import streamlit as st

from ui.access import find_visitor
from ui.common.errors import error_boundary
from ui.shell.back import keep_back_button
from ui.shell.focus import keep_focus
from ui.shell.links import keep_changes
from ui.shell.notice import keep_answer
from ui.shell.page import enter_app
from ui.shell.style import follow_scheme, show_style

NAME = "Expression analytics"
LOGO = Path(__file__).parent / "ui" / "assets" / "logo.svg"

# No Material symbol as page icon: the browser would fetch it from the internet.
st.set_page_config(page_title=NAME, page_icon=LOGO, layout="wide")
st.logo(LOGO, size="large")

visitor = find_visitor()
pages = [
    st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
    st.Page("pages/image.py", title="Pictures", icon=":material/image:"),
    st.Page("pages/video.py", title="Video", icon=":material/movie:"),
    st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
    st.Page("pages/library.py", title="Library", icon=":material/video_library:"),
    st.Page("pages/studies.py", title="Studies", icon=":material/groups:"),
    st.Page("pages/about.py", title="About", icon=":material/info:"),
    st.Page("pages/help.py", title="Help", icon=":material/help:"),
    # Linked from where a model is named.
    st.Page("pages/model_card.py", title="Model card", icon=":material/fact_check:", visibility="hidden"),
]
if visitor is not None and visitor.is_admin:
    pages.append(st.Page("pages/admin.py", title="People", icon=":material/group:"))
developer = [
    st.Page("pages/model_test.py", title="Test on my pictures", icon=":material/science:"),
    st.Page("pages/model_lab.py", title="Inside the models", icon=":material/insights:"),
]
# Listing a page reveals only its address; every page checks access itself.
page = st.navigation({"": pages, "Developer": developer}, position="hidden" if visitor is None else "top")
# Tabs, histories and screen readers tell pages apart by their titles.
st.set_page_config(page_title=f"{page.title} · {NAME}")
show_style()
with error_boundary():
    enter_app()
    try:
        page.run()
    finally:
        keep_answer()
        keep_focus()
        keep_changes()
        keep_back_button()
        follow_scheme()
