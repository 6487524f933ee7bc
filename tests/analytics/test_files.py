from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion.analytics.files import load_parquet, save_parquet
from emotion.analytics.timeline import EYES, MEASURES
from emotion.csv_text import csv_text
from emotion.errors import TimelineError
from emotion.labels import FERPLUS_LABELS
from emotion.types import Analysis
from tests.conftest import make_analysis

shown = st.lists(st.lists(st.sampled_from(FERPLUS_LABELS), max_size=3), max_size=8)


def assert_same(left: Analysis, right: Analysis) -> None:
    pd.testing.assert_frame_equal(left.timeline, right.timeline)
    pd.testing.assert_frame_equal(left.frames, right.frames)
    for name in ("info", "model", "labels", "settings", "source", "complete", "note"):
        assert getattr(left, name) == getattr(right, name)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(shown, st.text(min_size=1, max_size=20))
def test_an_analysis_round_trips(tmp_path, labels, source):
    analysis = make_analysis(labels, source=source)
    assert_same(load_parquet(save_parquet(analysis, tmp_path / "a.parquet")), analysis)


def test_an_analysis_with_old_threshold_keys_is_read(analysis, tmp_path):
    earlier = replace(analysis, settings={"every": 2, "unclear_below": 0.4, "unclear_slopes": {"yaw": 0.02}})
    loaded = load_parquet(save_parquet(earlier, tmp_path / "a.parquet"))
    assert loaded.settings == {"every": 2, "abstain_below": 0.4, "abstain_slopes": {"yaw": 0.02}}
    assert (loaded.abstain_below, loaded.abstain_below.slopes) == (0.4, {"yaw": 0.02})


def test_pandas_reads_the_timeline(analysis, tmp_path):
    path = save_parquet(analysis, tmp_path / "ключ und mehr.parquet")
    read = pd.read_parquet(path)
    assert list(read.columns) == list(analysis.timeline.columns)
    assert read["emotion"].tolist() == analysis.timeline["emotion"].tolist()
    assert json.loads(pq.read_schema(path).metadata[b"emotion.analysis"])["schema"] == 3


def test_no_temporary_file_is_left(analysis, tmp_path):
    save_parquet(analysis, tmp_path / "a.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_csv_round_trips_numbers(analysis):
    read = pd.read_csv(io.StringIO(csv_text(analysis.timeline)))
    assert list(read.columns) == list(analysis.timeline.columns)
    assert np.allclose(read["p_happiness"], analysis.timeline["p_happiness"], atol=1e-5)
    assert read["similarity"].isna().all()


def test_a_foreign_table_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(TimelineError, match=r"other\.parquet is a different table"):
        load_parquet(path)


def test_text_named_parquet_is_refused(tmp_path):
    path = tmp_path / "text.parquet"
    path.write_text("no table")
    with pytest.raises(TimelineError, match="expected a Parquet file"):
        load_parquet(path)


def test_a_newer_version_is_refused(analysis, tmp_path, monkeypatch):
    monkeypatch.setattr("emotion.analytics.files.SCHEMA_VERSION", 4)
    path = save_parquet(analysis, tmp_path / "new.parquet")
    monkeypatch.undo()
    with pytest.raises(TimelineError, match="expected schema version 1, 2 or 3"):
        load_parquet(path)


def test_a_file_of_version_1_is_read_without_its_eye_column():
    """The file was written by the last release with version 1."""
    old = load_parquet(Path(__file__).parent / "saved" / "version_1.timeline.parquet")
    made = make_analysis([["happiness"]] * 3 + [["neutral", "surprise"]] * 2)
    assert list(old.timeline.columns) == list(made.timeline.columns)
    assert old.timeline[[*EYES, *MEASURES]].isna().all(axis=None)
    pd.testing.assert_frame_equal(old.timeline.drop(columns=EYES), made.timeline.drop(columns=EYES))
    assert (old.settings["eyes"], old.settings["movements"]) == (False, False)


def test_a_file_of_version_2_is_read_without_movements():
    """The file was written by the last release with version 2."""
    old = load_parquet(Path(__file__).parent / "saved" / "version_2.timeline.parquet")
    made = make_analysis([["happiness"]] * 3 + [["neutral", "surprise"]] * 2)
    assert old.timeline[MEASURES].isna().all(axis=None)
    assert old.timeline["gaze_yaw"].tolist() == [1.5, -2.0, 3.0, 0.0, 0.5, -0.5, 9.0]
    pd.testing.assert_frame_equal(old.timeline.drop(columns=EYES), made.timeline.drop(columns=EYES))
    assert old.settings == made.settings | {"movements": False}


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_version_is_saved_as_version_3(tmp_path, version):
    old = load_parquet(Path(__file__).parent / "saved" / f"version_{version}.timeline.parquet")
    again = load_parquet(save_parquet(old, tmp_path / "again.parquet"))
    pd.testing.assert_frame_equal(again.timeline, old.timeline)
