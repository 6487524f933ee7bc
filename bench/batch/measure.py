"""Batches of short clips: one worker against two, a worker killed in mid-run, and what real videos take.

A run is the command in a process of its own. Its rate is taken from the rows that it wrote: frames from the end of the
first video to the end of the last, so that starting Ray and loading models, which do not grow with a batch, are left
out. A worker keeps to one thread, so that one and two of them use one and two cores.
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
from bench.common.records import ROOT

ENGINES: dict[str, tuple[str, ...]] = {"processes": (), "Ray": ("--ray", "local")}
REAL = ("concert_cuts_360p.mp4", "one_face_720p.mp4", "two_people_1080p.mp4")
SAMPLINGS: dict[str, tuple[str, ...]] = {"every frame": (), "5 frames per second": ("--fps", "5")}
PARTS = ("scaling", "kill", "rates")
_ROUNDS = 2
_REPEATS = 3
_ERRORS_ONLY, _FINE = 1, 0


def measure_batch(data: Path, clips: int, parts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what was found; the parts are ``scaling``, ``kill`` and ``rates``."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        films = place / "clips"
        if {"scaling", "kill"} & set(parts):
            _say(f"cutting {clips} clips …")
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
    """Return frames/s of one and of two workers, in turn, so that both see the same machine."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    busy, most_mb = [], 0.0
    for number in range(_ROUNDS):
        for workers, measured in rates.items():
            out = place / f"scaling-{engine}-{number}-{workers}"
            _say(f"{engine}, {workers} workers, round {number + 1} of {_ROUNDS} …")
            most_mb = max(most_mb, _run(films, out, *ENGINES[engine], "--workers", str(workers)))
            measured.append(_frames_per_s(out))
        busy.append(_busy(out, workers))
    ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    about = {"one": median(rates[1]), "two": median(rates[2]), "ratio": median(ratios), "ratios": ratios, "busy": busy}
    return about | {"clips": len(list(films.iterdir())), "worker_mb": most_mb, "load": os.getloadavg()[0]}


def _killed(films: Path, place: Path, engine: str, clips: int) -> dict[str, Any]:
    """Return how a batch of two workers ends of which one is killed after a quarter, and what a rerun does."""
    out, options = place / f"kill-{engine}", (*ENGINES[engine], "--workers", "2")
    _say(f"{engine}, a worker killed …")
    with _begun(films, out, *options) as running:
        while len(_timelines(out)) < clips // 4:
            if running.poll() is not None:
                raise RuntimeError(f"the batch ended before a worker was killed: {running.communicate()}")
            time.sleep(0.05)
        victim = max(_workers(running.pid))
        at = len(_timelines(out))
        os.kill(victim, signal.SIGKILL)
        running.communicate()
    timelines, before = _timelines(out), _tables(out)
    started = time.monotonic()
    with _begun(films, out, *options) as again:
        said, _ = again.communicate()
    summary, errors = before
    names = {path.name for path in films.iterdir()}
    return {
        "clips": clips,
        "timelines_when_killed": at,
        "status": running.returncode,
        "timelines": len(summary),
        "errors": {kind: int(count) for kind, count in errors["kind"].value_counts().items()},
        "every_clip_once": sorted([*summary["name"], *errors["name"]]) == sorted(names),
        "without_reason": int((errors["reason"].str.len() == 0).sum()),
        "rerun_status": again.returncode,
        "rerun_s": time.monotonic() - started,
        "rerun_changed": sum(timelines.get(name) != moment for name, moment in _timelines(out).items()),
        "rerun_same_tables": all(a.equals(b) for a, b in zip(before, _tables(out), strict=True)),
        "rerun_said": said.partition(";")[0],
    }


def _rates(data: Path, place: Path, options: Sequence[str]) -> dict[str, Any]:
    """Return for each real clip the seconds of work per second of video, of one worker, best of several."""
    seconds: dict[str, list[float]] = {name: [] for name in REAL}
    facts: dict[str, dict[str, Any]] = {}
    for number in range(_REPEATS):
        out = place / f"rates-{number}"
        _say(f"real clips {' '.join(options) or '--every 1'}, {number + 1} of {_REPEATS} …")
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
    """Return what a row of a timeline and what a file by itself take, from the timelines of one video cut differently.

    A line through two sizes: the file's own part does not grow with its rows.
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
    """Run a batch to its end and return the most memory that one of its workers took, in MB."""
    most = 0.0
    with _begun(inputs, out, *options) as running:
        while running.poll() is None:
            most = max([most, *(_peak_mb(pid) for pid in _workers(running.pid))])
            time.sleep(0.5)
        if running.returncode not in {_FINE, _ERRORS_ONLY}:
            raise RuntimeError(f"a batch ended with {running.returncode}: {running.communicate()[1]}")
    return most


def _begun(inputs: Path | Sequence[Path], out: Path, *options: str) -> subprocess.Popen[str]:
    videos = [str(inputs)] if isinstance(inputs, Path) else [str(each) for each in inputs]
    command = [sys.executable, "-m", "emotion", "batch", *videos, "--out", str(out), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _frames_per_s(out: Path) -> float:
    rows = pd.read_parquet(out / "summary.parquet").sort_values("finished_at")
    took = rows["finished_at"].iloc[-1] - rows["finished_at"].iloc[0]
    return float(rows["frames"].iloc[1:].sum() / took.total_seconds())


def _busy(out: Path, workers: int) -> float:
    """Return for how much of the time its workers analysed; the rest is waiting for the next video."""
    rows = pd.read_parquet(out / "summary.parquet").sort_values("finished_at")
    took = rows["finished_at"].iloc[-1] - rows["finished_at"].iloc[0]
    return float(rows["work_s"].iloc[1:].sum() / took.total_seconds() / workers)


def _timelines(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("timelines/*/*.parquet")}


def _tables(out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(out / "summary.parquet"), pd.read_parquet(out / "errors.parquet")


def _workers(pid: int) -> list[int]:
    """Return the processes below a batch that analyse."""
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


def _peak_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0


def _say(words: str) -> None:
    print(words, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(measure_batch(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]), indent=1))
