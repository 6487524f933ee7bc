"""Expensive resources that all visitors share, created once per server."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

import emotion
from emotion.analytics.files import load_parquet
from emotion.analytics.timeline import nearest_frame, result_at
from emotion.errors import EmotionError
from emotion.report.stills import encode_png, still_of
from emotion.samples import make_clip, sample_image
from emotion.samples.demo import DEMO_TIMELINE, DEMO_VIDEO
from emotion.vision.face_parts import PartFinder
from ui.common.plain import plain

_STILL_S = 9.5
"""Time of the frame of the demo on the home page; both people are in view."""


@st.cache_resource(show_spinner="Loading the model …")
def load_analyzer(model: str = "default") -> emotion.Analyzer:
    """Return the shared analyzer; it is thread-safe."""
    return emotion.Analyzer(model)


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
def demo_still() -> bytes:
    """Return a frame of the demo with boxes and expressions drawn over it, as the bytes of a PNG file."""
    analysis = load_parquet(DEMO_TIMELINE)
    row = nearest_frame(analysis.frames, _STILL_S)
    return still_of(DEMO_VIDEO, float(row["time_s"]), result_at(analysis, int(row["frame_index"])))


@st.cache_resource(show_spinner=False)
def sample_clip() -> bytes:
    """Return the sample clip as the bytes of an mp4 file."""
    with tempfile.TemporaryDirectory() as folder:
        return make_clip(Path(folder) / "sample.mp4").read_bytes()
