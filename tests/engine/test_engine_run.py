"""Runs in memory and with checkpoints, uninterrupted and resumed, give the same tables."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pandas as pd
import pytest

import emotion
from emotion.analytics.files import load_parquet
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.run import Source, analyse_with_checkpoints
from emotion.engine.storage import Storage
from emotion.errors import Cancelled
from emotion.models.registry import sha256_of
from emotion.samples import make_clip
from emotion.types import Progress
from emotion.vision.decode.sampling import Sampling


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", [0, 20])
def test_checkpoints_do_not_change_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int) -> None:
    monkeypatch.setenv("EMOTION_PART_S", "0.01")
    clip = make_clip(tmp_path / "sample.mp4")
    analyzer, storage, sampling = emotion.Analyzer(), Storage(tmp_path / "saved"), Sampling(every=2)
    checkpoint, source = Checkpoint(storage, "parts"), Source(clip, clip.name, sha256_of(clip))

    def stop(progress: Progress) -> None:
        if progress.done == stop_at:
            raise Cancelled

    note = analyse_with_checkpoints(analyzer, source, sampling, checkpoint, stop)
    assert bool(note) == bool(stop_at)
    if stop_at:
        assert analyse_with_checkpoints(analyzer, source, sampling, checkpoint, lambda _: None) == ""
    keys = storage.keys("parts")
    assert len(keys) > 1, keys
    checkpoint.merge("whole.parquet", "")
    saved, whole = load_parquet(tmp_path / "saved" / "whole.parquet"), analyzer.video(clip, every=2)
    pd.testing.assert_frame_equal(saved.timeline, whole.timeline)
    pd.testing.assert_frame_equal(saved.frames, whole.frames)
    assert (saved.settings, saved.info, saved.complete) == (whole.settings, whole.info, whole.complete)


@pytest.mark.slow
def test_the_rate_of_a_resumed_run_begins_with_its_first_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_PART_S", "0.01")
    clip = make_clip(tmp_path / "sample.mp4")
    analyzer, source = emotion.Analyzer(), Source(clip, clip.name, sha256_of(clip))
    checkpoint, frames = Checkpoint(Storage(tmp_path / "saved"), "parts"), analyzer.resumable_frames
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        if progress.done == 20:
            raise Cancelled

    def slow_to_begin(*args, **options):
        time.sleep(3)
        yield from frames(*args, **options)

    analyse_with_checkpoints(analyzer, source, Sampling(every=2), checkpoint, stop)
    monkeypatch.setattr(analyzer, "resumable_frames", slow_to_begin)
    analyse_with_checkpoints(analyzer, source, Sampling(every=2), checkpoint, seen.append)
    assert 1 < seen[0].done < 20 < len(seen) + seen[0].done
    assert math.isnan(seen[0].remaining_s)
    # With the three seconds before, ten frames would have at most a rate of 3.
    assert seen[9].rate > 5
