"""Measures ``emotion batch``: one worker against two, a worker killed in mid-run, and the cost of real videos.

Each run is a separate process. Its rate is the number of frames between the end of the first video and the end of the
last one, over the time between them, both read from the summary that it wrote. So the time to start Ray and to load
models, which does not grow with the batch, is left out. Each worker uses one thread, so two workers use two cores.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from bench.batch.clips import make_clips
from bench.common.process import peak_mb
from emotion.paths import ROOT

ENGINES: dict[str, tuple[str, ...]] = {"processes": (), "Ray": ("--ray", "local")}
REAL = ("concert_cuts_360p.mp4", "one_face_720p.mp4", "two_people_1080p.mp4")
SAMPLINGS: dict[str, tuple[str, ...]] = {"every frame": (), "5 frames per second": ("--fps", "5")}
PARTS = ("scaling", "kill", "rates")
_ROUNDS = 2
_REPEATS = 3
_SUCCESS, _SOME_ERRORS = 0, 1
"""Exit codes: every video was analysed, and some could not be."""


def measure_batch(data: Path, clips: int, parts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the results by subject.

    Args:
        data: Folder of the shared videos.
        clips: Number of short clips to make.
        parts: Which of :data:`PARTS` to measure.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        films = place / "clips"
        if {"scaling", "kill"} & set(parts):
            _log(f"cutting {clips} clips …")
            make_clips(sorted(path for path in data.glob("*") if path.suffix in {".mp4", ".mov"}), films, clips)
        found: dict[str, dict[str, Any]] = {}
        if "scaling" in parts:
            found |= {f"scaling, {engine}": _scaling(films, place, engine) for engine in ENGINES}
        if "kill" in parts:
            found |= {f"kill, {engine}": _killed(films, place, engine, clips) for engine in ENGINES}
        if "rates" in parts:
            found |= {f"rates, {name}": _rates(data, place, options) for name, options in SAMPLINGS.items()}
            found["rows"] = _sizes(data, place)
        return found


def _scaling(films: Path, place: Path, engine: str) -> dict[str, Any]:
    """Return frames/s of one and of two workers; runs alternate, so that changes of the machine's speed affect both."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    busy, most_mb = [], 0.0
    for number in range(_ROUNDS):
        for workers, measured in rates.items():
            out = place / f"scaling-{engine}-{number}-{workers}"
            _log(f"{engine}, {workers} workers, round {number + 1} of {_ROUNDS} …")
            most_mb = max(most_mb, _run(films, out, *ENGINES[engine], "--workers", str(workers)))
            measured.append(_frames_per_s(out))
        busy.append(_busy_share(out, workers))
    ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    about = {"one": median(rates[1]), "two": median(rates[2]), "ratio": median(ratios), "ratios": ratios, "busy": busy}
    return about | {"clips": len(list(films.iterdir())), "worker_mb": most_mb, "load": os.getloadavg()[0]}


def _killed(films: Path, place: Path, engine: str, clips: int) -> dict[str, Any]:
    """Kill one of two workers after a quarter of the clips; return how the batch ends and what a second run does."""
    out, options = place / f"kill-{engine}", (*ENGINES[engine], "--workers", "2")
    _log(f"{engine}, a worker killed …")
    with _start(films, out, *options) as running:
        while len(_timelines(out)) < clips // 4:
            if running.poll() is not None:
                raise RuntimeError(f"the batch ended before a worker was killed: {running.communicate()}")
            time.sleep(0.05)
        worker = max(_workers(running.pid))
        finished = len(_timelines(out))
        os.kill(worker, signal.SIGKILL)
        running.communicate()
    timelines, before = _timelines(out), _tables(out)
    started = time.monotonic()
    with _start(films, out, *options) as again:
        output, _ = again.communicate()
    summary, errors = before
    names = {path.name for path in films.iterdir()}
    return {
        "clips": clips,
        "timelines_when_killed": finished,
        "status": running.returncode,
        "timelines": len(summary),
        "errors": {kind: int(count) for kind, count in errors["kind"].value_counts().items()},
        "every_clip_once": sorted([*summary["name"], *errors["name"]]) == sorted(names),
        "without_reason": int((errors["reason"].str.len() == 0).sum()),
        "rerun_status": again.returncode,
        "rerun_s": time.monotonic() - started,
        "rerun_changed": sum(timelines.get(name) != moment for name, moment in _timelines(out).items()),
        "rerun_same_tables": all(a.equals(b) for a, b in zip(before, _tables(out), strict=True)),
        "rerun_said": output.partition(";")[0],
    }


def _rates(data: Path, place: Path, options: Sequence[str]) -> dict[str, Any]:
    """Return size, length and shortest analysis time (one worker, several runs) of each real clip."""
    seconds: dict[str, list[float]] = {name: [] for name in REAL}
    facts: dict[str, dict[str, Any]] = {}
    for number in range(_REPEATS):
        out = place / f"rates-{number}"
        _log(f"real clips {' '.join(options) or '--every 1'}, {number + 1} of {_REPEATS} …")
        _run([data / name for name in REAL], out, "--workers", "1", *options)
        for row in pd.read_parquet(out / "summary.parquet").to_dict("records"):
            seconds[row["name"]].append(row["work_s"])
            size = {"width": row["width"], "height": row["height"]}
            facts[row["name"]] = size | {
                "duration_s": row["duration_s"],
                "frames": row["frames"],
                "faces": row["faces"],
            }
        shutil.rmtree(out)
    return {name: facts[name] | {"work_s": min(seconds[name])} for name in REAL}


def _sizes(data: Path, place: Path) -> dict[str, float]:
    """Return the bytes per row of a timeline and per file.

    Both follow from the total sizes at two sampling rates, as slope and intercept of a line.
    """
    points = []
    for options in SAMPLINGS.values():
        out = place / "sizes"
        _run([data / name for name in REAL], out, "--workers", "1", *options)
        summary = pd.read_parquet(out / "summary.parquet")
        size = sum((out / key).stat().st_size for key in summary["timeline"])
        points.append((int(summary["faces"].sum()), size))
        shutil.rmtree(out)
    (many, large), (few, small) = points
    per_row = (large - small) / (many - few)
    return {"bytes_per_face": per_row, "bytes_per_file": (small - per_row * few) / len(REAL)}


def _run(inputs: Path | Sequence[Path], out: Path, *options: str) -> float:
    """Run a batch and return the peak memory of its largest worker, MB."""
    most = 0.0
    with _start(inputs, out, *options) as running:
        while running.poll() is None:
            most = max([most, *(peak_mb(pid) for pid in _workers(running.pid))])
            time.sleep(0.5)
        if running.returncode not in {_SUCCESS, _SOME_ERRORS}:
            raise RuntimeError(f"a batch ended with {running.returncode}: {running.communicate()[1]}")
    return most


def _start(inputs: Path | Sequence[Path], out: Path, *options: str) -> subprocess.Popen[str]:
    videos = [str(inputs)] if isinstance(inputs, Path) else [str(each) for each in inputs]
    command = [sys.executable, "-m", "emotion", "batch", *videos, "--out", str(out), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _frames_per_s(out: Path) -> float:
    return _per_second(out, "frames")


def _busy_share(out: Path, workers: int) -> float:
    """Return the share of the time that the workers spent on analysis; the rest is waiting for the next video."""
    return _per_second(out, "work_s") / workers


def _per_second(out: Path, column: str) -> float:
    """Return a column's sum over all videos but the first, per second from the end of the first to that of the last."""
    rows = pd.read_parquet(out / "summary.parquet").sort_values("finished_at")
    took = rows["finished_at"].iloc[-1] - rows["finished_at"].iloc[0]
    return float(rows[column].iloc[1:].sum() / took.total_seconds())


def _timelines(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("timelines/*/*.parquet")}


def _tables(out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(out / "summary.parquet"), pd.read_parquet(out / "errors.parquet")


def _workers(pid: int) -> list[int]:
    """Return the IDs of a batch's worker processes."""
    found = []
    for child in _descendants(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in command or (b"ray::" in command and b"_Actor" in command):
            found.append(child)
    return found


def _descendants(pid: int) -> list[int]:
    try:
        text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return []
    children = [int(child) for child in text.split()]
    return children + [each for child in children for each in _descendants(child)]


def _log(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(measure_batch(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]), indent=1))
