"""Help: first steps, how to read results, the player's keys."""

import streamlit as st

from ui.common.widgets import page_link
from ui.shell.notice import is_on
from ui.shell.page import ensure_app

FIRST_STEPS = """
1. **Look at the demo.** *Home* has a button for it. It is a finished analysis of two people.
2. **Try your own material.** Upload photos on *Pictures* or videos on *Video*.
3. **Name people and mark events.** The player's *Mark* button adds an event. Names go in the tab *People*.
4. **Download results.** The tab *Downloads* has tables, captions, reports and the video with boxes.
"""

ASKED = "Before your first analysis, the app asks once what it is for."

WORDS = {
    "Unclear": "No expression is probable enough. Drawn with stripes; charts show light grey and “?”.",
    "Not seen": "The person was not found. Drawn as a dashed line in the player; charts leave a gap.",
    "Dominant expression": "The one that leads for the longest time.",
    "Smile index": "Share of the time with a face in which happiness leads. If several are seen, their mean counts.",
    "Episode": "An uninterrupted run of one expression.",
    "Event": "A moment or span that you mark. Excluded spans are left out of all figures.",
    "Baseline": "A span with a neutral face, to compare with.",
    "Track": "A face followed from frame to frame. After a cut, a person gets a new one; merge them on *People*.",
    "Smoothing": "Averages over a short time to remove flicker. Saved data do not change.",
}

KEYS = {
    "space": "play or pause",
    "← →": "one analysed frame; with shift, one second",
    "↑ ↓, page up, page down": "with the focus on the timeline: one frame, ten seconds",
    "home, end": "first or last frame",
    "+ −": "faster or slower",
    "M": "mark this moment",
    "[ ]": "mark a span: from here, to here",
}

PROBLEMS = """
- **No face is found.** Faces under about 20 pixels, turned far away or covered are missed.
- **One person has two lanes.** Merge them on *People*.
- **The answer is wrong.** Models make mistakes, more with some people, light and angles than with others.
- **The video does not play.** Formats that browsers cannot play are converted first, which takes a moment.
- **The camera does not start.** *Live* has a list of reasons below the picture.
"""


def show_terms(terms: dict[str, str]) -> None:
    st.markdown("\n".join(f"- **{term}**: {meaning}" for term, meaning in terms.items()))


ensure_app("pages/help.py")
st.title("Help", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("First steps", anchor=False)
    st.markdown(FIRST_STEPS)
    if is_on():
        st.caption(ASKED)
    st.subheader("If something is wrong", anchor=False)
    st.markdown(PROBLEMS)
    page_link("pages/model_card.py", "Accuracy and limits", ":material/fact_check:")
with right:
    st.subheader("Terms", anchor=False)
    show_terms(WORDS)
    st.subheader("Keys in the player", anchor=False)
    show_terms(KEYS)
