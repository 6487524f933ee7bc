"""Home: what the product does, and what an expression can and cannot tell."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion.errors import EmotionError
from emotion.labels import EMOTIONS
from ui.common.resources import annotated_sample
from ui.common.widgets import chips, page_link
from ui.shell.page import ensure_app

CARDS = (
    ("pages/image.py", "Pictures", ":material/image:", "Box and read every face in photographs, many at once."),
    ("pages/video.py", "Video", ":material/movie:", "Follow each person and see expressions change, frame by frame."),
    (
        "pages/live.py",
        "Live",
        ":material/videocam:",
        "Look into the camera, and see the expressions of everyone in view.",
    ),
    (
        "pages/library.py",
        "Library",
        ":material/video_library:",
        "Find earlier videos again, and see what days were like.",
    ),
    (
        "pages/model_lab.py",
        "Model lab",
        ":material/science:",
        "Compare models: how often they are right, and where not.",
    ),
    ("pages/about.py", "About", ":material/info:", "Which models run here, how well they do, and what is kept."),
)

CARDS_IN_A_ROW = 3


def show_hero() -> DeltaGenerator:
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.title("See what faces show", anchor=False)
        st.markdown(
            "Give a picture or a video, or look into the camera. Each face is found and followed, and eight "
            "expressions are measured, second by second. It all runs on this machine: nothing is sent elsewhere."
        )
        chips(EMOTIONS)
    return picture


def show_sample(place: DeltaGenerator) -> None:
    try:
        place.image(annotated_sample(), width="stretch", alt="A portrait with a box and the expression of the face")
    except EmotionError as error:
        place.warning(str(error), icon=":material/warning:")


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
        "- what the muscles of a face do at a moment, as most people would name it\n"
        "- how that changes over time, and how two stretches of one recording differ\n"
        "- which moments deserve a second look by a person"
    )
    cannot.subheader("What it cannot", anchor=False)
    cannot.markdown(
        "- what somebody feels, thinks or intends: people smile out of politeness and frown in concentration\n"
        "- whether somebody lies, is ill, or fits a job\n"
        "- the same for everyone: error rates differ with light, angle, age, skin tone and culture"
    )
    st.info(
        "**In the European Union**, inferring emotions of people at work or in education is prohibited, save for "
        "medical or safety reasons (AI Act, Article 5(1)(f)). In other places, people exposed to such a system must "
        "be told (Article 50(3)). Do not base decisions about a person on these figures.",
        icon=":material/gavel:",
    )


ensure_app("pages/home.py")
picture = show_hero()
st.space("small")
show_cards()
st.space("small")
show_limits()
# Last, as the first visit loads the model for it.
show_sample(picture)
