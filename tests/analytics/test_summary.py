from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.durations import frame_durations
from emotion.analytics.summary import summarise
from emotion.labels import FERPLUS_LABELS
from tests.conftest import make_analysis

_FIGURES = ("shares", "dominant", "smile_index", "changes_per_minute")


def test_known_answers(analysis):
    summary = summarise(analysis)
    assert (summary["frames"], summary["frames_with_face"], summary["frames_without_face"]) == (10, 8, 2)
    # 4 frames of one smiling face, then 4 frames of two faces: 12 face-frames.
    assert summary["shares"]["happiness"] == pytest.approx(4 / 12)
    assert summary["shares"]["surprise"] == pytest.approx(4 / 12)
    assert summary["smile_index"] == pytest.approx(4 / 8)
    assert summary["analysed_s"] == pytest.approx(1.0)


def test_each_person_has_figures(analysis):
    first, second = summarise(analysis)["tracks"]
    assert (first["track_id"], first["frames"], second["dominant"]) == (1, 8, "surprise")
    assert first["smile_index"] == pytest.approx(0.5)
    # One change in 0.8 s in view.
    assert first["changes_per_minute"] == pytest.approx(60 / 0.8)
    assert (second["first_s"], second["last_s"]) == (pytest.approx(0.6), pytest.approx(0.9))
    assert second["changes_per_minute"] == 0


def test_without_a_face_there_is_no_dominant_emotion():
    summary = summarise(make_analysis([[], []]))
    assert summary["dominant"] is None
    assert summary["smile_index"] is None
    assert summary["changes_per_minute"] is None
    assert summary["tracks"] == []
    assert set(summary["shares"].values()) == {0.0}


def test_a_single_frame_counts():
    assert summarise(make_analysis([["fear"]]))["shares"]["fear"] == 1


def test_shares_follow_time_at_variable_frame_rates():
    analysis = make_analysis([["fear"], ["anger"], ["anger"]])
    times = np.array([0.0, 3.0, 3.5])  # fear lasts 3 s, anger 0.5 s and the median of both steps
    varied = replace(
        analysis, timeline=analysis.timeline.assign(time_s=times), frames=analysis.frames.assign(time_s=times)
    )
    assert summarise(varied)["shares"]["fear"] == pytest.approx(3 / (3 + 0.5 + 1.75))


def test_the_smile_index_follows_time_at_variable_frame_rates():
    """A smile of 1 s in one frame, then 0.75 s of fear in three: one frame in four, but four sevenths of the time."""
    analysis = make_analysis([["happiness"], ["fear"], ["fear"], ["fear"]])
    times = np.array([0.0, 1.0, 1.25, 1.5])
    frames, rows = analysis.frames.assign(time_s=times), analysis.timeline.assign(time_s=times)
    summary = summarise(replace(analysis, timeline=rows, frames=frames))
    assert summary["smile_index"] == summary["tracks"][0]["smile_index"] == pytest.approx(4 / 7)
    assert summary["smile_index"] == pytest.approx(summary["shares"]["happiness"])


def test_the_smile_index_of_several_faces_is_of_their_mean():
    """One of two faces smiles, with more certainty than the other is neutral: happiness leads their mean for 0.3 s."""
    analysis = make_analysis([["happiness", "neutral"], ["neutral", "neutral"], ["neutral"]])
    times = analysis.timeline["frame_index"].map({0: 0.0, 1: 0.3, 2: 0.4})
    rows = analysis.timeline.assign(time_s=times)
    happy = rows["track_id"].eq(1) & rows["frame_index"].eq(0)
    rows.loc[happy, "p_happiness"], rows.loc[happy, "p_neutral"] = np.float32(0.68), np.float32(0.02)
    summary = summarise(replace(analysis, timeline=rows, frames=analysis.frames.assign(time_s=[0.0, 0.3, 0.4])))
    assert summary["smile_index"] == pytest.approx(0.3 / 0.6)


def test_the_last_frame_lasts_the_median_step():
    assert frame_durations(pd.Series([0.0, 0.1, 0.3, 0.4])).tolist() == pytest.approx([0.1, 0.2, 0.1, 0.1])
    assert frame_durations(pd.Series([], dtype=float)).size == 0


def test_another_person_is_no_change():
    assert summarise(make_analysis([["fear", "anger"], ["fear", "anger"]], 0.5))["changes_per_minute"] == 0


@pytest.mark.slow
@given(st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=3), min_size=1, max_size=12))
def test_shares_sum_to_one_and_the_summary_is_json(shown):
    summary = summarise(make_analysis(shown))
    total = sum(summary["shares"].values())
    assert total == pytest.approx(1 if any(shown) else 0)
    assert summary["frames_with_face"] + summary["frames_without_face"] == len(shown)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


@pytest.mark.slow
@settings(max_examples=40)  # each summarises up to four times
@given(st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=3), min_size=1, max_size=12), st.booleans())
def test_a_persons_figures_use_only_their_rows(shown, limited):
    analysis = make_analysis(shown)
    analysis = replace(analysis, settings={"abstain_below": 0.7 if limited else 0.0})
    for track in summarise(analysis)["tracks"]:
        rows = analysis.timeline[analysis.timeline["track_id"] == track["track_id"]].reset_index(drop=True)
        alone = summarise(replace(analysis, timeline=rows))
        # Sums of floats in another order differ in their last digits.
        for name in _FIGURES:
            if name == "dominant":  # labels that lead for the same time: either is right
                assert alone["shares"][alone[name]] == pytest.approx(track["shares"][track[name]])
            else:
                assert alone[name] == pytest.approx(track[name]), name
        assert (track["frames"], track["last_s"]) == (len(rows), rows["time_s"].max())
