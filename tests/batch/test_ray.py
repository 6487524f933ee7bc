"""A batch on a real local Ray that the command starts."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from emotion.analytics.files import load_parquet
from emotion.batch.settings import Settings
from emotion.cli.main import main
from emotion.models.registry import sha256_of
from tests.batch.conftest import LONG_FRAMES
from tests.batch.processes import command_of, descendants, listening, started, wait_for

HERE = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
"""Addresses 127.0.0.1, also mapped to IPv6, and ::1, in the kernel's format."""
DASHBOARD_PORT = f"{8265:04X}"

pytestmark = [pytest.mark.skipif(find_spec("ray") is None, reason="ray is an extra"), pytest.mark.slow]


def test_killed_actors_are_replaced_and_ray_listens_locally(
    films: Path, long_portrait: Path, tmp_path: Path, settings: Settings
) -> None:
    out = tmp_path / "out"
    parts = f"parts/{settings.id_of(sha256_of(long_portrait))}-*/*.parquet"
    arguments = ["batch", str(long_portrait), str(films), "--out", str(out), "--workers", "2", "--ray", "local"]
    with started(arguments) as running:
        wait_for(running, lambda: list(out.glob(parts)), 300)
        everybody = descendants(running.pid)
        addresses = listening(everybody)
        actors = [pid for pid in everybody if "ray::" in command_of(pid) and "_Actor" in command_of(pid)]
        for pid in actors:
            os.kill(pid, signal.SIGKILL)
        output, complaints = running.communicate(timeout=300)
    assert len(actors) == 2
    assert running.returncode == 1, complaints
    assert "4 of 5 videos analysed, 1 failed" in output
    assert {address.split(":")[0] for address in addresses} <= set(HERE)
    assert not any(address.endswith(f":{DASHBOARD_PORT}") for address in addresses)

    summary = pd.read_parquet(out / "summary.parquet").set_index("name")
    assert sorted(summary.index) == ["a.mp4", "b.mp4", "c.mp4", "long.mp4"]
    assert len(load_parquet(out / summary.loc["long.mp4", "timeline"]).frames) == LONG_FRAMES
    assert pd.read_parquet(out / "errors.parquet")["name"].tolist() == ["broken.mov"]
    assert sorted(path.name for path in out.iterdir()) == ["errors.parquet", "summary.parquet", "timelines"]

    before = (out / "summary.parquet").stat().st_mtime_ns
    assert main(arguments[:-2]) == 1, "a rerun without Ray has nothing to do"
    assert (out / "summary.parquet").stat().st_mtime_ns == before
