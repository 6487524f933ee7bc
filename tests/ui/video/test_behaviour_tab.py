"""The tab *Eyes and movements*."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion.analytics.edits import Edits
from tests.conftest import make_analysis
from tests.ui.video.test_tabs import ran, words
from ui.video.tabs.behaviour import movement_rows


def script() -> None:
    import streamlit as st

    from ui.video.tabs.behaviour import show_behaviour

    show_behaviour(st.session_state["analysis"], st.session_state["edits"], st.session_state["track"], "test")


@pytest.fixture(autouse=True)
def empty_caches():
    yield
    st.cache_data.clear()


def opened(*, eyes: bool = True, edits: Edits | None = None, track: int | None = None, away_deg: float = 2) -> AppTest:
    analysis = make_analysis([["neutral", "neutral"]] * 200, step_s=1 / 30)
    rows = analysis.timeline
    openness = np.where(rows["time_s"].between(2, 2.15) & (rows["track_id"] == 1), 0.03, 0.25).astype(np.float32)
    openness = openness if eyes else np.full_like(openness, np.nan)
    rows = rows.assign(eye_openness_left=openness, eye_openness_right=openness)
    rows["gaze_pitch"] = np.float32(2)
    rows["gaze_yaw"] = np.where(rows["frame_index"] % 3 == 0, away_deg, 2).astype(np.float32)
    analysis = replace(analysis, timeline=rows)
    test = AppTest.from_function(script, default_timeout=60)
    test.session_state["analysis"] = analysis
    test.session_state["edits"] = edits or Edits()
    test.session_state["track"] = track
    return ran(test)


def test_an_analysis_without_eyes_says_how_to_get_them():
    assert "Analyse the video again" in words(opened(eyes=False))


def test_charts_say_in_words_what_they_show():
    shown = words(opened(edits=Edits(names={1: "Ada *"})))
    assert "**Eyes open**" in shown
    assert "blink: 1" in shown
    assert re.search(r"Tilt: mean −?\d+°, −?\d+ to −?\d+°", shown), "angles have a unit"
    assert "Charts show Ada \\*" in shown


@pytest.mark.slow
def test_the_figures_are_those_of_everybody():
    test = opened(track=2)
    table = next(one.value for one in test.dataframe if "blinks" in one.value)
    assert table["person"].tolist() == ["Person 1", "Person 2"]
    assert table["blinks"].tolist() == [1, 0]
    assert table["towards_camera_share"].tolist() == [1, 1]
    assert "blink:" not in words(test), "the chosen person did not blink"


@pytest.mark.slow
def test_the_download_of_figures_is_not_rounded(monkeypatch):
    saved = {}
    name = "ui.video.tabs.behaviour_figures.csv_button"
    monkeypatch.setattr(name, lambda label, table, *_, **__: saved.update({label: table}))
    table = next(one.value for one in opened(away_deg=60).dataframe if "blinks" in one.value)
    shares = saved["Eyes and movements"]["towards_camera_share"]
    assert table["towards_camera_share"].tolist() == shares.round(2).tolist()
    assert shares.tolist() == pytest.approx([133 / 200] * 2)


def test_a_row_per_movement_with_both_sides():
    rows = movement_rows({"lip_corner_up": 0.02, "lip_corner_up_left": 0.03, "lip_corner_up_right": 0.01})
    row = rows.set_index("movement").loc["Lip corner up"]
    assert row[["mean", "left", "right"]].tolist() == [0.02, 0.03, 0.01]
    assert rows.set_index("movement").loc["Jaw drop", "left":"right"].isna().all()
