"""About: what the app asks, where data goes, how to delete it; accuracy; tokens; licences; version."""

import streamlit as st

from emotion.version import program_version
from ui.about.tokens import show_tokens
from ui.access import access_summary
from ui.common.plain import plain
from ui.common.widgets import page_link
from ui.lab.model_facts import read_cards, show_accuracy, show_terms
from ui.shell.notice import is_on, show_purpose
from ui.shell.page import ensure_app

ASKED = """
Before your first analysis, the app asks what it is for and whether everyone shown agrees. It asks once per browser, or
once per person if people sign in. The sample and the demo need no answer.
"""

STORED = """
- **Pictures** stay in this server's memory until you clear them or leave.
- **Videos** are temporary files on this server, deleted when you clear them or leave, unless you keep them in
  the library.
- **Camera** frames are dropped once analysed, unless you record.
- **Analyses** stay in this server's library until you delete them or their retention period ends.

Everything runs on this server: nothing is sent to a third party.
"""

NO_TRACKING = "There is no tracking, and there are no usage statistics."

DELETE = """
- **One analysis:** select it in the library, then *Delete*.
- **Old analyses:** *Library* → *Storage* sets after how many days they are deleted.
- **Everything:** *Library* → *Storage* → *Delete everything of mine*.
"""


def show_data(*, sign_in: bool) -> None:
    if is_on():
        st.subheader("What the app asks", anchor=False)
        st.markdown(ASKED)
        show_purpose()
    st.subheader("Where your data is", anchor=False)
    st.markdown(STORED + ("One cookie remembers your answer. " if is_on() else "") + NO_TRACKING)
    st.markdown(access_summary(sign_in=sign_in))
    st.subheader("How to delete it", anchor=False)
    st.markdown(DELETE)
    page_link("pages/library.py", "Open the library", ":material/video_library:")


visitor = ensure_app("pages/about.py")
st.title("About", anchor=False)
show_data(sign_in=visitor.signed_in)
st.subheader("Accuracy", anchor=False)
cards = read_cards()
show_accuracy(cards)
show_tokens(visitor)
with st.expander("Training data, licences and sources", icon=":material/license:"):
    show_terms(cards)
st.caption(f"Version {plain(program_version())}")
