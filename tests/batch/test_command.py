"""The command ``batch``."""

from __future__ import annotations

import csv
import os
import re
import signal
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from emotion.analytics.files import load_parquet
from emotion.batch.settings import Settings
from emotion.cli.main import main
from emotion.models.registry import sha256_of
from tests.batch.conftest import LONG_FRAMES, MakeFilm
from tests.batch.processes import group_members, started, wait_for
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def files(out: Path) -> dict[str, int]:
    """Return every timeline with its modification time."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob("timelines/*/*.parquet")}


def test_a_rerun_analyses_only_missing_videos(
    films: Path, make_film: MakeFilm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["batch", str(films), "--out", str(out), "--workers", "2", "--every", "2"]
    assert main(command) == 1, "one file is no video"
    captured = capsys.readouterr()
    assert "3 of 4 videos analysed, 1 failed;" in captured.out
    assert "4/4" in captured.err
    first = files(out)
    assert len(first) == 3
    assert sorted(path.name for path in out.iterdir()) == ["errors.parquet", "summary.parquet", "timelines"]
    errors = pd.read_parquet(out / "errors.parquet")
    assert errors[["name", "kind", "tries"]].to_numpy().tolist() == [["broken.mov", "file", 1]]

    tables = [(out / name).read_bytes() for name in ("summary.parquet", "errors.parquet")]
    assert main(command) == 1
    assert "4 of these by an earlier run" in capsys.readouterr().out
    assert files(out) == first
    assert [(out / name).read_bytes() for name in ("summary.parquet", "errors.parquet")] == tables

    make_film(films / "broken.mov", 200)  # now a valid video
    make_film(films / "new.mp4", 230)
    (films / "a.mp4").rename(films / "z.mp4")
    assert main(command) == 0
    assert "5 of 5 videos analysed, 0 failed, 2 of these by an earlier run" in capsys.readouterr().out
    assert {name: moment for name, moment in files(out).items() if name in first} == first, "a new name, the same bytes"
    assert len(files(out)) == 5
    summary = pd.read_parquet(out / "summary.parquet")
    assert len(summary) == 6, "results of removed inputs are kept"
    assert summary["frames"].tolist() == [5] * 6

    assert main([*command[:-1], "5"]) == 0
    assert len(files(out)) == 10, "results of other settings are kept too"


def test_retry_repeats_errors(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["batch", str(films / "broken.mov"), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main(command) == 1
    assert "emotion: broken.mov is not a video that can be read" in capsys.readouterr().err
    before = pd.read_parquet(tmp_path / "out" / "errors.parquet")["finished_at"].item()
    assert main(command) == 1
    assert pd.read_parquet(tmp_path / "out" / "errors.parquet")["finished_at"].item() == before
    assert main([*command, "--retry"]) == 1
    assert pd.read_parquet(tmp_path / "out" / "errors.parquet")["finished_at"].item() > before


def test_the_queries_of_the_guide_run(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (films / "list.csv").open("w", newline="") as file:
        rows = [(films / name, group) for name, group in (("a.mp4", "x"), ("b.mp4", "y"), ("more/c.mp4", "y"))]
        csv.writer(file).writerows([("video", "group"), *rows])
    assert main(["batch", str(films / "list.csv"), "--out", str(tmp_path / "DIR"), "--workers", "1"]) == 0
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    assert len(queries) >= 3
    found = [duckdb.sql(query).df() for query in queries]
    assert len(found[0]) == 3, "one row per video"
    assert found[1]["videos"].sum() == 3
    assert sorted(found[3]["group"]) == ["x", "y"]
    for line in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        names: dict[str, pd.DataFrame] = {}
        exec(line, names)
        assert len(names["summary"]) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gone.mp4", "--out", "out"], "nothing exists at gone.mp4"),
        (["list.csv", "x.mp4", "--out", "out"], "expected one manifest alone"),
        (["x.mp4", "--out", "x.mp4"], "expected --out to be a folder"),
        (["x.mp4", "--out", "out", "--workers", "0"], "above 0"),
        (["x.mp4", "--out", "out", "--model", "nonsense"], "expected a model from"),
        (["x.mp4", "--out", "out", "--start", "9", "--end", "3"], "expected a part from 0 s on"),
        (["x.mp4"], "required: --out"),
    ],
)
def test_invalid_arguments_exit_with_two_and_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.mp4").write_text("x")
    try:
        status = main(["batch", *arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    assert status == 2
    assert words in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("in_checkout", "command"),
    [(True, "pip install -r requirements-ray.txt"), (False, "pip install 'facial-expression-analytics[ray]'")],
)
def test_without_ray_it_says_how_to_install_it(
    films: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_checkout: bool,
    command: str,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr("emotion.batch.on_ray.is_checkout", lambda: in_checkout)
    assert main(["batch", str(films), "--out", str(tmp_path / "out"), "--ray", "local"]) == 2
    assert command in capsys.readouterr().err


def test_two_batches_do_not_share_a_folder_and_ctrl_c_leaves_it_resumable(
    films: Path, long_portrait: Path, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    out, the_long_one = tmp_path / "out", settings.id_of(sha256_of(long_portrait))
    arguments = ["batch", str(films / "a.mp4"), str(long_portrait), "--out", str(out), "--workers", "1"]
    with started(arguments) as running:
        wait_for(running, lambda: list(out.glob(f"parts/{the_long_one}-*/*.parquet")))
        assert main(arguments) == 2
        assert "expected a folder that no other batch is using" in capsys.readouterr().err
        os.killpg(running.pid, signal.SIGINT)  # to the whole process group, as a terminal does
        _, complaints = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "run the same command to continue" in complaints
    assert "Traceback" not in complaints
    kept = files(out)
    assert len(kept) == 1
    assert len(pd.read_parquet(out / "summary.parquet")) == 1
    assert list(out.glob("parts/*/*.parquet"))
    assert main(arguments) == 0
    assert kept.items() <= files(out).items()
    assert not (out / "parts").exists()
    assert pd.read_parquet(out / "summary.parquet")["frames"].tolist() == [10, LONG_FRAMES]


def test_a_killed_batch_leaves_no_workers_and_loses_no_timeline(
    films: Path, long_portrait: Path, tmp_path: Path, settings: Settings
) -> None:
    out, the_long_one = tmp_path / "out", settings.id_of(sha256_of(long_portrait))
    arguments = ["batch", str(films / "a.mp4"), str(long_portrait), "--out", str(out), "--workers", "1"]
    with started(arguments) as running:
        wait_for(running, lambda: list(out.glob(f"parts/{the_long_one}-*/*.parquet")))
        running.kill()
        running.wait()
        begun = time.monotonic()
        while group_members(running.pid):
            assert time.monotonic() - begun < 30, "workers end with the process that started them"
            time.sleep(0.05)
    kept = files(out)
    assert len(kept) == 1
    assert not (out / "summary.parquet").exists(), "written every few seconds"
    assert main(arguments) == 0
    assert kept.items() <= files(out).items()
    summary = pd.read_parquet(out / "summary.parquet").set_index("name")
    assert pd.isna(summary.loc["a.mp4", "work_s"]), "the tables are read, not rebuilt"
    assert len(load_parquet(out / summary.loc["long.mp4", "timeline"]).frames) == LONG_FRAMES
