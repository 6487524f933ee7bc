from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.timeline import (
    TimelineBuilder,
    column_types,
    labels_of,
    probability_columns,
    timeline_of,
    validate,
)
from emotion.errors import TimelineError
from emotion.labels import FERPLUS_LABELS
from tests.conftest import make_analysis, make_face, make_result

shown = st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=3), max_size=12)


def test_every_column_has_its_type_and_place(analysis):
    types = column_types(FERPLUS_LABELS)
    assert list(analysis.timeline.columns) == list(types)
    assert all(analysis.timeline[name].dtype == dtype for name, dtype in types.items())


def test_a_known_frame_becomes_a_known_row():
    row = timeline_of(make_result(3, [make_face("fear", track_id=7)])).iloc[0]
    assert (row["frame_index"], row["track_id"], row["emotion"]) == (3, 7, "fear")
    assert row["time_s"] == pytest.approx(0.3)
    assert [row["x1"], row["y1"], row["x2"], row["y2"]] == [10, 20, 50, 70]
    assert row["emotion_confidence"] == pytest.approx(0.65)
    assert (row["yaw"], row["pitch"], row["roll"]) == (5, -2, 1)
    assert np.isnan(row["similarity"])


def test_frames_without_a_face_are_in_the_table_of_frames(analysis):
    assert analysis.frames["faces"].tolist() == [1] * 4 + [0] * 2 + [2] * 4
    assert {name: str(dtype) for name, dtype in analysis.frames.dtypes.items()} == {
        "frame_index": "int32",
        "time_s": "float64",
        "faces": "int16",
    }


def test_faces_without_a_track_are_numbered_from_one():
    table = timeline_of(make_result(0, [make_face(track_id=None), make_face(track_id=None, left=90)]))
    assert table["track_id"].tolist() == [1, 2]


def test_no_frame_at_all_is_an_empty_timeline():
    timeline, frames = TimelineBuilder(FERPLUS_LABELS).build()
    assert validate(timeline).empty
    assert frames.empty
    assert labels_of(timeline) == FERPLUS_LABELS


@pytest.mark.slow
@given(shown)
def test_probabilities_sum_to_one_and_rows_are_sorted(labels):
    analysis = make_analysis(labels)
    sums = analysis.timeline[probability_columns(FERPLUS_LABELS)].sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5)
    assert len(analysis.timeline) == analysis.frames["faces"].sum() == sum(map(len, labels))
    assert analysis.timeline["emotion"].tolist() == [label for frame in labels for label in frame]


def test_a_frame_with_other_labels_is_refused():
    with pytest.raises(TimelineError, match="expected a frame with the labels"):
        TimelineBuilder(("anger", "fear")).add(make_result(0, []))


def _swap(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[::-1].reset_index(drop=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.drop(columns="time_s"), "expected the columns"),
        (lambda t: t.assign(extra=1), "expected the columns"),
        (lambda t: t.drop(columns=[c for c in t if c.startswith("p_")]), "at least two columns named p_"),
        (lambda t: t.astype({"track_id": "int64"}), "column track_id to be int32; got int64"),
        (lambda t: t.astype({"emotion": "str"}), "column emotion to be category"),
        (lambda t: pd.concat([t, t.tail(1)], ignore_index=True), "one row per frame and track"),
        (_swap, "sorted by frame_index and track_id"),
        (lambda t: t.assign(time_s=np.nan), "time_s to be finite"),
        (lambda t: t.assign(p_fear=np.float32(0.9)), "sum to 1"),
        (lambda t: t.assign(p_fear=np.float32(np.nan)), "sum to 1"),
        (
            lambda t: t.assign(emotion=t["emotion"].cat.codes.map(lambda _: "fear").astype(t["emotion"].dtype)),
            "largest",
        ),
    ],
)
def test_invalid_timelines_are_refused_with_the_reason(analysis, damage, message):
    with pytest.raises(TimelineError, match=message):
        validate(damage(analysis.timeline))
