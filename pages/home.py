"""Home: a demo, the pages of the app, and what an expression can and cannot tell."""

import streamlit as st

from emotion.errors import EmotionError
from emotion.labels import EMOTIONS
from emotion.samples.demo import ABOUT_DEMO
from ui.common.plain import plain
from ui.common.resources import demo_still
from ui.common.widgets import chips, page_link
from ui.shell.page import ensure_app
from ui.video.demo import show_demo_button

CARDS = (
    ("pages/image.py", "Pictures", ":material/image:", "Find every face in your photos and measure its expression."),
    ("pages/video.py", "Video", ":material/movie:", "Follow each person and see expressions change, frame by frame."),
    ("pages/live.py", "Live", ":material/videocam:", "See the expressions of everyone in front of your camera."),
    ("pages/library.py", "Library", ":material/video_library:", "Find earlier analyses and see trends by day."),
    ("pages/studies.py", "Studies", ":material/groups:", "Compare people over stimuli: means, curves and tests."),
    ("pages/model_test.py", "Test on my pictures", ":material/science:", "Measure the models on your own pictures."),
)

CARDS_IN_A_ROW = 3

# Each card is one link: its clickable area covers the whole card.
CARD_STYLE = """
<style>
[class*="st-key-card_"] { position: relative }
[class*="st-key-card_"]:hover { border-color: var(--st-primary-color, #5b4bd6) }
[class*="st-key-card_"] [data-testid="stElementContainer"]:has(a),
[class*="st-key-card_"] [data-testid="stPageLink"],
[class*="st-key-card_"] [data-testid="stPageLink"] * { position: static !important }
[class*="st-key-card_"] a::after { content: ""; position: absolute; inset: 0; z-index: 1; border-radius: .6rem }
[class*="st-key-card_"] a:focus-visible::after { outline: 3px solid var(--st-primary-color, #5b4bd6) }
</style>
"""


def show_hero() -> None:
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.title("See what faces show", anchor=False)
        st.markdown(
            "Upload a photo or video, or use your camera. The app finds and follows every face and measures its "
            "expression. Everything runs on this server: nothing is sent to a third party."
        )
        chips(EMOTIONS)
        show_demo_button("primary")
    with picture:
        show_still()


def show_still() -> None:
    try:
        st.image(demo_still(), width="stretch", alt="Two portraits, each with a box around the face and its expression")
        st.caption(ABOUT_DEMO)
    except EmotionError as error:
        st.warning(plain(error), icon=":material/warning:")


def show_cards() -> None:
    st.html(CARD_STYLE)
    for first in range(0, len(CARDS), CARDS_IN_A_ROW):
        row = CARDS[first : first + CARDS_IN_A_ROW]
        for column, (page, title, icon, text) in zip(st.columns(CARDS_IN_A_ROW), row, strict=True):
            with column.container(border=True, height="stretch", key=f"card_{title.lower().replace(' ', '_')}"):
                page_link(page, f"**{title}**", icon)
                st.markdown(text)


def show_limits() -> None:
    can, cannot = st.columns(2, gap="large")
    can.subheader("What an expression can tell", anchor=False)
    can.markdown(
        "- what a face shows at a moment, as most people would name it\n"
        "- how that changes over time, and how two parts of a recording differ\n"
        "- which moments a person should look at again"
    )
    cannot.subheader("What it cannot", anchor=False)
    cannot.markdown(
        "- what somebody feels, thinks or intends: people smile out of politeness and frown in concentration\n"
        "- whether somebody lies, is ill, or fits a job\n"
        "- the expressions of everyone equally well: error rates differ with light, angle, age, skin tone and culture"
    )
    st.info(
        "**In the European Union**, inferring emotions of people at work or in education is prohibited, except for "
        "medical or safety reasons (AI Act, Article 5(1)(f)). In all other cases, people exposed to such a system "
        "must be informed (Article 50(3)). Do not base decisions about a person on these figures.",
        icon=":material/gavel:",
    )


ensure_app("pages/home.py")
show_hero()
show_cards()
st.space("small")
show_limits()
