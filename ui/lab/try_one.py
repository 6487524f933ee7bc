"""Test on my pictures: the models' answers for one photo, with saliency maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import cv2
import streamlit as st

import emotion
from emotion.analytics.abstention import leading_answer, required_for
from emotion.charts.timeline import probability_bars
from emotion.engine.classify_faces import crop_face
from emotion.errors import EmotionError
from emotion.evaluation.saliency import occlusion_map, overlay
from emotion.labels import in_display_order
from emotion.models.offered import plain_name
from emotion.samples import SAMPLE_NAME
from emotion.types import Face, FloatArray, Image
from emotion.vision.decode.formats import ENDINGS
from emotion.vision.normalise import GREY
from emotion.vision.uploaded import load_uploaded
from ui.common import uploads
from ui.common.charts import show_chart
from ui.common.plain import about_file, plain
from ui.common.resources import sample_png
from ui.common.widgets import CONSENT, answer_chip
from ui.lab.models import Lab, load_face_finder
from ui.shell.notice import show_notice

_PHOTO, _UPLOAD = "lab_photo", "lab_upload"
_FACE = "lab_face"
ANSWERS = "lab_answers"
"""Session key of the answers for the current photograph, by model."""

_TYPES = sorted(ending.removeprefix(".") for ending in ENDINGS)
_COLUMNS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A model's probabilities for a face, and the face tinted by saliency."""

    labels: tuple[str, ...]
    probabilities: FloatArray
    abstain_below: float
    reasons: Image


def show_try(lab: Lab, names: Sequence[str]) -> None:
    """Let the visitor upload a photo; show the answers of some models for its largest face.

    Args:
        lab: The installed models.
        names: The models to show.
    """
    st.caption(f"Upload a photo to see each model's answer for the largest face. {CONSENT}")
    st.file_uploader(
        "Photograph", _TYPES, key=uploads.uploader_key(_UPLOAD), on_change=_take_upload, label_visibility="collapsed"
    )
    st.button("Try the sample", icon=":material/auto_awesome:", on_click=_take_sample)
    photo: tuple[str, bytes] | None = st.session_state.get(_PHOTO)
    if photo is None:
        return
    name, content = photo
    if content != sample_png() and not show_notice(key="lab_try_notice"):
        return
    pixels = cache(partial(load_uploaded, content, name))  # decoded only if an answer is missing
    try:
        if _FACE not in st.session_state:
            st.session_state[_FACE] = load_face_finder(lab)(pixels())
    except EmotionError as error:
        st.error(about_file(error, name), icon=":material/broken_image:")
        return
    face: Face | None = st.session_state[_FACE]
    st.subheader(plain(name), anchor=False)
    if face is None:
        st.info("No face was found in this picture.", icon=":material/no_accounts:")
        return
    _show_answers(names, pixels, face)
    caption = "Orange parts support the answer; blue parts oppose it (occlusion sensitivity)."
    if any(lab.cards[name].abstain_below > 0 for name in names):
        caption += " Dashed line: the model's threshold; if no bar reaches it, the answer is unclear."
    st.caption(caption)


def _take_upload() -> None:
    for upload in uploads.take_uploads(_UPLOAD):
        _take(upload.name, upload.getvalue())


def _take_sample() -> None:
    _take(f"{SAMPLE_NAME}.png", sample_png())


def _take(name: str, content: bytes) -> None:
    st.session_state[_PHOTO] = (name, content)
    # Cached in the session, because every click reruns the page.
    st.session_state.pop(_FACE, None)
    st.session_state[ANSWERS] = {}


def _show_answers(names: Sequence[str], pixels: Callable[[], Image], face: Face) -> None:
    answers: dict[str, Answer] = st.session_state[ANSWERS]
    # Row by row, so that the reading order is kept when columns stack on a phone.
    for start in range(0, len(names), _COLUMNS):
        for column, name in zip(st.columns(_COLUMNS, gap="medium"), names[start : start + _COLUMNS], strict=False):
            with column.container(border=True):
                st.markdown(f"**{plain(plain_name(name))}**")
                try:
                    if name not in answers:
                        answers[name] = answer_of(name, pixels(), face)
                    _show_answer(name, answers[name])
                except EmotionError as error:
                    st.error(plain(error), icon=":material/error:")


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


def _show_answer(model: str, answer: Answer) -> None:
    probabilities = dict(zip(answer.labels, map(float, answer.probabilities), strict=True))
    leading = leading_answer(probabilities, answer.abstain_below)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(
            answer.reasons,
            width=112,
            alt=f"Parts of the face that speak for {leading}, in orange, and against it, in blue",
        )
        st.html(answer_chip(leading, probabilities, answer.abstain_below))
    bars = probability_bars(in_display_order(probabilities), abstain_below=answer.abstain_below)
    show_chart(bars, f"try_{model}", "probabilities")
