"""Previews of analyses in lists."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from emotion.labels import ANSWER_COLOURS
from emotion.library import JobSettings
from emotion.samples import make_clip
from emotion.vision.decode.image import load_image
from tests.conftest import make_analysis
from tests.library.libraries import put
from tests.vision.clips import write_clip
from ui.common.previews import preview_of


@pytest.fixture(autouse=True)
def empty_caches():
    yield
    st.cache_resource.clear()


@pytest.mark.slow
def test_a_kept_video_shows_a_frame(repository, tmp_path):
    clip = make_clip(tmp_path / "clip.mp4")
    entry = put(repository, clip, settings=JobSettings(keep_video=True), analysis=make_analysis([["happiness"]] * 4))
    kind, _, content = (preview_of(repository, entry) or "").partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content).startswith(b"\xff\xd8")


def test_a_narrow_video_shows_the_middle_of_a_frame(repository, tmp_path):
    frame = np.full((200, 16, 3), 128, np.uint8)
    frame[90:110] = 255
    clip = write_clip(tmp_path / "narrow.mp4", [frame] * 4)
    entry = put(repository, clip, settings=JobSettings(keep_video=True), analysis=make_analysis([["happiness"]] * 4))
    shown = load_image(base64.b64decode((preview_of(repository, entry) or "").partition(",")[2]))
    assert shown.shape == (32, 16, 3)
    assert shown[16].min() > 240
    assert shown[0].max() < 140


def test_without_its_video_an_analysis_shows_its_shares(repository, video):
    limited = replace(make_analysis([["happiness"]] * 4 + [["fear"]] * 4), settings={"abstain_below": 0.7})
    for analysis, fills in ((make_analysis([["happiness"], ["fear"]]), ("happiness", "fear")), (limited, ())):
        entry = put(repository, video, analysis=analysis)
        _, _, content = (preview_of(repository, entry) or "").partition(",")
        picture = base64.b64decode(content).decode()
        assert all(f'fill="{ANSWER_COLOURS[answer]}"' in picture for answer in fills)
        assert ('fill="url(#s)" height' in picture or 'fill="url(#s)"/' in picture) == (not fills)


def test_an_analysis_without_a_face_has_no_preview(repository, video):
    assert preview_of(repository, put(repository, video, analysis=make_analysis([[]] * 4))) is None
