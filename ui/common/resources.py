"""Expensive resources that all visitors share, created once per server."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

import emotion
from emotion.drawing.boxes import annotate
from emotion.errors import EmotionError
from emotion.report.stills import encode_png
from emotion.samples import make_clip, sample_image
from emotion.types import Image
from emotion.vision.face_parts import PartFinder
from ui.common.plain import plain


@st.cache_resource(show_spinner="Loading the model …")
def load_analyzer(model: str = "default", detector: str = "blazeface") -> emotion.Analyzer:
    """Return the shared analyzer; it is thread-safe."""
    return emotion.Analyzer(model=model, detector=detector)


def analyzer_or_stop() -> emotion.Analyzer:
    """Return the shared analyzer, or show why it cannot be loaded and stop the page."""
    try:
        return load_analyzer()
    except EmotionError as error:
        st.error(f"The model cannot be loaded: {plain(error)}", icon=":material/error:")
        st.stop()


@st.cache_resource(show_spinner="Loading the models of face parts …")
def part_finder() -> PartFinder:
    """Return the shared finder of face parts, loaded on first use."""
    return PartFinder()


@st.cache_resource(show_spinner=False)
def sample_png() -> bytes:
    """Return the sample portrait as the bytes of a PNG file."""
    return encode_png(sample_image())


@st.cache_resource(show_spinner=False)
def annotated_sample() -> Image:
    """Return the sample portrait with boxes and expressions drawn over it."""
    portrait = sample_image()
    return annotate(portrait, load_analyzer().image(portrait))[:420]


@st.cache_resource(show_spinner=False)
def sample_clip() -> bytes:
    """Return the sample clip as the bytes of an mp4 file."""
    with tempfile.TemporaryDirectory() as folder:
        return make_clip(Path(folder) / "sample.mp4").read_bytes()
