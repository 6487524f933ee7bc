"""Model lab: every model's answer for one photograph, and where it looked."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import streamlit as st

import emotion
from emotion.analytics.abstention import leading_answer, required_for
from emotion.charts.timeline import probability_bars
from emotion.engine.classify_faces import crop_face
from emotion.errors import EmotionError
from emotion.evaluation.saliency import occlusion_map, overlay
from emotion.samples import SAMPLE_NAME
from emotion.types import Face, FloatArray, Image
from emotion.vision.decode.formats import ENDINGS
from emotion.vision.decode.image import load_image
from emotion.vision.normalise import GREY
from ui.common import uploads
from ui.common.resources import load_analyzer, sample_png
from ui.common.widgets import CONSENT, answer_chip, plain
from ui.lab.models import Lab
from ui.shell.notice import show_notice

_PHOTO, _UPLOAD = "lab_photo", "lab_upload"
ANSWERS = "lab_answers"
"""Key of the answers for the photograph of this visit, by model."""

_TYPES = sorted(ending.removeprefix(".") for ending in ENDINGS)
_COLUMNS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one model says of a face: its probabilities, and its face with the parts that mattered tinted."""

    labels: tuple[str, ...]
    probabilities: FloatArray
    abstain_below: float
    reasons: Image


def show_try(lab: Lab) -> None:
    """Let the visitor give a photograph and show all models' answers for its largest face."""
    st.caption(f"One photograph; its largest face is read by every model. {CONSENT}")
    st.file_uploader(
        "Photograph", _TYPES, key=uploads.uploader_key(_UPLOAD), on_change=_take_upload, label_visibility="collapsed"
    )
    st.button("Try the sample", icon=":material/auto_awesome:", on_click=_take_sample)
    photo: tuple[str, bytes] | None = st.session_state.get(_PHOTO)
    if photo is None:
        return
    name, content = photo
    if content != sample_png() and not show_notice("The photograph waits for this.", key="lab_try_notice"):
        return
    try:
        image = load_image(content)
        face = load_analyzer(lab.names[0]).largest_face(image)  # the model plays no part in where faces are
    except EmotionError as error:
        st.error(f"**{plain(name)}** {plain(str(error))}", icon=":material/broken_image:")
        return
    st.subheader(plain(name), anchor=False)
    if face is None:
        st.info("No face was found in this picture.", icon=":material/no_accounts:")
        return
    _show_answers(lab, image, face)
    words = "Orange parts speak for the leading expression, blue ones against it: found by covering one after another."
    if any(card.abstain_below > 0 for card in lab.cards.values()):
        words += " A dashed line is a model's own limit; where no bar reaches it, the answer is unclear."
    st.caption(words)


def _take_upload() -> None:
    for upload in uploads.take_uploads(_UPLOAD):
        _take(upload.name, upload.getvalue())


def _take_sample() -> None:
    _take(f"{SAMPLE_NAME}.png", sample_png())


def _take(name: str, content: bytes) -> None:
    st.session_state[_PHOTO] = (name, content)
    # Kept with the visit, as every click on the page runs all of it.
    st.session_state[ANSWERS] = {}


def _show_answers(lab: Lab, image: Image, face: Face) -> None:
    answers: dict[str, Answer] = st.session_state[ANSWERS]
    # Row by row, so that reading order holds where columns fold into one on a phone.
    for start in range(0, len(lab.names), _COLUMNS):
        for column, name in zip(st.columns(_COLUMNS, gap="medium"), lab.names[start : start + _COLUMNS], strict=False):
            with column.container(border=True):
                st.markdown(f"**{name}**")
                try:
                    if name not in answers:
                        answers[name] = answer_of(name, image, face)
                    _show_answer(answers[name])
                except EmotionError as error:
                    st.error(str(error), icon=":material/error:")


def answer_of(model: str, image: Image, face: Face) -> Answer:
    """Return one model's answer for a face with landmarks.

    Raises:
        ModelError: The model cannot be loaded.
    """
    classifier = emotion.load_classifier(model)
    picture = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if classifier.card.colour == GREY else image
    crop = crop_face(picture, face, classifier.card.input_size)
    probabilities = classifier.predict([crop])[0]
    saliency = occlusion_map(classifier.predict, crop, int(probabilities.argmax()))
    return Answer(
        classifier.labels, probabilities, required_for(face, classifier.card.abstention_limit), overlay(crop, saliency)
    )


def _show_answer(answer: Answer) -> None:
    probabilities = dict(zip(answer.labels, map(float, answer.probabilities), strict=True))
    said = leading_answer(probabilities, answer.abstain_below)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(answer.reasons, width=112)
        st.html(answer_chip(said, probabilities, answer.abstain_below))
    st.altair_chart(probability_bars(probabilities, abstain_below=answer.abstain_below), width="stretch")
