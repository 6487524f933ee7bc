"""Home: what the app does, and what an expression can and cannot tell."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion.errors import EmotionError
from emotion.labels import EMOTIONS
from ui.common.plain import plain
from ui.common.resources import annotated_sample
from ui.common.widgets import chips, page_link
from ui.shell.page import ensure_app

CARDS = (
    ("pages/image.py", "Pictures", ":material/image:", "Find every face in your photos and measure its expression."),
    ("pages/video.py", "Video", ":material/movie:", "Follow each person and see expressions change, frame by frame."),
    (
        "pages/live.py",
        "Live",
        ":material/videocam:",
        "Use your camera and see the expressions of everyone in view.",
    ),
    (
        "pages/library.py",
        "Library",
        ":material/video_library:",
        "Find earlier analyses and see trends by day.",
    ),
    (
        "pages/model_test.py",
        "Test on my pictures",
        ":material/science:",
        "See how well the models do on pictures like yours.",
    ),
    ("pages/about.py", "About", ":material/info:", "Accuracy, training data, privacy and licences."),
)

CARDS_IN_A_ROW = 3


def show_hero() -> DeltaGenerator:
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.title("See what faces show", anchor=False)
        st.markdown(
            "Upload a photo or video, or use your camera. The app finds and follows every face and measures its "
            "expression. Everything runs on this server: nothing is sent to a third party."
        )
        chips(EMOTIONS)
    return picture


def show_sample(place: DeltaGenerator) -> None:
    try:
        place.image(annotated_sample(), width="stretch", alt="A portrait with a box and the expression of the face")
    except EmotionError as error:
        place.warning(plain(error), icon=":material/warning:")


def show_cards() -> None:
    for first in range(0, len(CARDS), CARDS_IN_A_ROW):
        row = CARDS[first : first + CARDS_IN_A_ROW]
        for column, (page, title, icon, text) in zip(st.columns(CARDS_IN_A_ROW), row, strict=True):
            with column.container(border=True, height="stretch"):
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
        "- the same for everyone: error rates differ with light, angle, age, skin tone and culture"
    )
    st.info(
        "**In the European Union**, inferring emotions of people at work or in education is prohibited, except for "
        "medical or safety reasons (AI Act, Article 5(1)(f)). Elsewhere, people exposed to such a system must be "
        "informed (Article 50(3)). Do not base decisions about a person on these figures.",
        icon=":material/gavel:",
    )


ensure_app("pages/home.py")
picture = show_hero()
st.space("small")
show_cards()
st.space("small")
show_limits()
# Last, because the first visit has to load the model for it.
show_sample(picture)
