"""Merged checkpoint parts equal the whole analysis, wherever it was cut."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion.analytics.files import load_parquet, save_parquet
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.storage import Storage
from emotion.errors import LibraryError, TimelineError
from emotion.types import Analysis
from tests.conftest import make_analysis

STATE = {"a": np.arange(3), "b": np.array(0.1)}


def cut(analysis: Analysis, places: list[int]) -> list[Analysis]:
    """Return the analysis in consecutive parts, cut before these frames."""
    edges = [0, *sorted(places), len(analysis.frames)]
    parts = []
    for first, last in itertools.pairwise(edges):
        rows = analysis.timeline["frame_index"].between(first, last - 1)
        timeline = analysis.timeline[rows].reset_index(drop=True)
        parts.append(replace(analysis, timeline=timeline, frames=analysis.frames[first:last].reset_index(drop=True)))
    return parts


shown = st.lists(st.lists(st.sampled_from(["happiness", "fear", "neutral"]), max_size=3), min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shown, st.data())
def test_merged_parts_equal_an_uninterrupted_file(
    tmp_path_factory: pytest.TempPathFactory, people: list[list[str]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    analysis = make_analysis(people)
    places = data.draw(st.lists(st.integers(1, len(people)), max_size=4))
    storage = Storage(folder)
    parts = Checkpoint(storage, "parts")
    for part in cut(analysis, places):
        if len(part.frames):
            parts.append(part, STATE)
    parts.merge("whole.parquet", "")
    save_parquet(analysis, folder / "saved.parquet")
    assembled, saved = (pq.read_table(folder / f"{name}.parquet") for name in ("whole", "saved"))
    assert assembled.equals(saved, check_metadata=True)
    whole = load_parquet(folder / "whole.parquet")
    pd.testing.assert_frame_equal(whole.timeline, analysis.timeline)
    pd.testing.assert_frame_equal(parts.load("").timeline, analysis.timeline)
    assert not [path for path in folder.rglob("*") if "partial" in path.name]


def test_resuming_drops_frames_after_the_last_state(tmp_path: Path) -> None:
    one, two, three = cut(make_analysis([["neutral"]] * 9), [3, 6])
    parts = Checkpoint(Storage(tmp_path), "parts")
    assert parts.resume(one) is None
    parts.append(one, STATE)
    parts.append(two, {"a": np.arange(5)})
    parts.append(three, None)
    assert parts.until_s() == pytest.approx(0.8)
    kept = parts.resume(one)
    assert kept is not None
    assert (kept.frames, kept.until_s, kept.state["a"].tolist()) == (6, pytest.approx(0.5), [0, 1, 2, 3, 4])
    assert parts.until_s() == pytest.approx(0.5)


def test_without_a_state_the_run_starts_over(tmp_path: Path) -> None:
    analysis = make_analysis([["neutral"]] * 3)
    parts = Checkpoint(Storage(tmp_path), "parts")
    parts.append(analysis, None)
    assert parts.resume(analysis) is None
    assert not parts
    with pytest.raises(LibraryError, match="no results of this analysis are kept"):
        parts.merge("whole.parquet", "")


def test_other_settings_cannot_resume(tmp_path: Path) -> None:
    analysis = make_analysis([["neutral"]] * 3)
    parts = Checkpoint(Storage(tmp_path), "parts")
    parts.append(analysis, STATE)
    for other in (replace(analysis, model="other"), replace(analysis, settings={"every": 2})):
        with pytest.raises(LibraryError, match="from another file or other settings"):
            parts.resume(other)


def test_partial_parts_are_ignored_and_damaged_ones_dropped_on_resume(tmp_path: Path) -> None:
    analysis = make_analysis([["neutral"]] * 3)
    parts = Checkpoint(Storage(tmp_path), "parts")
    parts.append(analysis, STATE)
    whole = (tmp_path / "parts" / "000001.parquet").read_bytes()
    (tmp_path / "parts" / ".000002.parquet.partial").write_bytes(whole[:100])
    kept = parts.resume(analysis)
    assert kept is not None
    assert kept.frames == 3
    for name in ("000002.parquet", "000003.parquet"):
        (tmp_path / "parts" / name).write_bytes(whole[:100] if name == "000002.parquet" else whole)
    with pytest.raises(TimelineError, match=r"000002\.parquet cannot be read"):
        parts.load("")
    kept = parts.resume(analysis)
    assert kept is not None
    assert kept.frames == 3
    assert [path.name for path in (tmp_path / "parts").glob("*.parquet")] == ["000001.parquet"]


def test_a_failing_storage_and_a_lack_of_memory_damage_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = make_analysis([["neutral"]] * 3)
    parts = Checkpoint(Storage(tmp_path), "parts")
    for _ in range(3):
        parts.append(analysis, STATE)
    names = [f"parts/{number:06d}.parquet" for number in (1, 2, 3)]
    (tmp_path / names[1]).rename(tmp_path / "elsewhere")
    (tmp_path / names[1]).mkdir()  # cannot be read, like a file on a disk that fails
    with pytest.raises(IsADirectoryError):
        parts.resume(analysis)
    (tmp_path / names[1]).rmdir()
    (tmp_path / "elsewhere").rename(tmp_path / names[1])
    with monkeypatch.context() as context:
        context.setattr(pq, "read_table", _raise_arrows_memory_error)
        with pytest.raises(MemoryError):
            parts.resume(analysis)
    assert Storage(tmp_path).keys("parts") == names


def _raise_arrows_memory_error(*_: object) -> None:
    raise pa.lib.ArrowMemoryError("malloc of size 64 failed")


def test_a_damaged_state_costs_only_its_part(tmp_path: Path) -> None:
    one, two = cut(make_analysis([["neutral"]] * 6), [3])
    parts = Checkpoint(Storage(tmp_path), "parts")
    parts.append(one, STATE)
    parts.append(two, STATE)
    file = tmp_path / "parts" / "000002.parquet"
    table = pq.read_table(file)
    states = {name: value[:80] for name, value in table.schema.metadata.items() if name == b"emotion.state"}
    pq.write_table(table.replace_schema_metadata(table.schema.metadata | states), file)
    assert len(parts.load("").frames) == 6
    kept = parts.resume(one)
    assert kept is not None
    assert (kept.frames, kept.state["a"].tolist()) == (3, [0, 1, 2])


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """The file is a link to /dev/full, a device without free space."""
    storage = Storage(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / ".000001.parquet.partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        Checkpoint(storage, "parts").append(make_analysis([["neutral"]] * 3), STATE)
    assert storage.keys("parts") == []
    Checkpoint(storage, "parts").append(make_analysis([["neutral"]] * 3), STATE)
    assert storage.keys("parts") == ["parts/000001.parquet"]
