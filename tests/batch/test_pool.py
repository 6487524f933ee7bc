"""Killed workers: other videos continue, and a video that kills every worker becomes an error."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from emotion.batch import pool
from emotion.batch.inputs import find_videos
from emotion.batch.pool import in_processes
from emotion.batch.settings import Settings
from emotion.batch.work import KILLED, TRIES, Job, Row
from emotion.errors import BatchError
from emotion.models.registry import sha256_of
from tests.batch.conftest import LONG_FRAMES, MakeFilm

pytestmark = pytest.mark.slow


@contextmanager
def killing(job: Job, film: Path, times: int) -> Iterator[list[int]]:
    """Kill the worker of a video after each new part; yield the list of killed process IDs."""
    parts, pattern = Path(job.out) / "parts", f"{job.settings.id_of(sha256_of(film))}-*/*.parquet"
    dead: list[int] = []
    over = threading.Event()

    def run() -> None:
        seen = 0
        while not over.wait(0.01) and len(dead) < times:
            workers = [each for each in multiprocessing.active_children() if each.pid not in dead]
            count = len(list(parts.glob(pattern)))
            if count > seen and workers:
                (worker,) = workers
                dead.append(worker.pid or 0)
                worker.kill()
                worker.join()
                seen = len(list(parts.glob(pattern)))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield dead
    finally:
        over.set()
        thread.join()


@pytest.fixture
def job(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("EMOTION_PART_S", "0.05")
    return Job(str(tmp_path / "out"), settings)


def by_name(rows: list[Row]) -> dict[str, Row]:
    assert len({row["name"] for row in rows}) == len(rows), "one row per video"
    return {row["name"]: row for row in rows}


def test_a_killed_worker_is_replaced_and_its_video_resumes(
    films: Path, long_portrait: Path, make_film: MakeFilm, job: Job
) -> None:
    videos = find_videos([str(long_portrait), str(films)])
    with killing(job, long_portrait, 1) as dead:
        rows = by_name(list(in_processes(job, videos, 1)))
    assert len(dead) == 1
    assert rows["long.mp4"]["frames"] == LONG_FRAMES
    assert rows["broken.mov"]["reason"].startswith("broken.mov is not a video")
    assert [name for name, row in rows.items() if "reason" not in row] == ["a.mp4", "b.mp4", "c.mp4", "long.mp4"]


def test_a_crashing_video_does_not_affect_others(films: Path, long_portrait: Path, job: Job) -> None:
    videos = find_videos([str(long_portrait), str(films)])
    with killing(job, long_portrait, TRIES) as dead:
        rows = by_name(list(in_processes(job, videos, 1)))
    assert len(dead) == TRIES
    assert (rows["long.mp4"]["kind"], rows["long.mp4"]["tries"]) == (KILLED, TRIES)
    assert f"long.mp4 has no timeline: its process crashed {TRIES} times" in rows["long.mp4"]["reason"]
    assert sum("reason" not in row for row in rows.values()) == 3


def test_closing_stops_workers_and_keeps_checkpoints(
    long_portrait: Path, make_film: MakeFilm, tmp_path: Path, job: Job
) -> None:
    short = make_film(tmp_path / "short.mp4")
    before = set(multiprocessing.active_children())
    with closing(in_processes(job, find_videos([str(short), str(long_portrait)]), 2)) as rows:
        assert next(rows)["name"] == "short.mp4"
        started = time.monotonic()
        while not list((Path(job.out) / "parts").glob("*/*.parquet")):
            assert time.monotonic() - started < 60
            time.sleep(0.02)
    assert set(multiprocessing.active_children()) <= before
    assert list((Path(job.out) / "parts").glob("*/*.parquet"))
    (row,) = in_processes(job, find_videos([str(long_portrait)]), 1)
    assert row["frames"] == LONG_FRAMES


def test_a_hanging_decoder_is_stopped_at_every_try(
    films: Path, long_portrait: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No frame is decoded that quickly.
    monkeypatch.setenv("EMOTION_STALL_S", "0.001")
    (row,) = in_processes(job, find_videos([str(long_portrait)]), 1)
    assert (row["kind"], row["tries"]) == (KILLED, TRIES)
    assert "no frame arrived for 0.001 s" in row["reason"]


def test_repeated_worker_deaths_end_the_batch(films: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # no worker can start
    monkeypatch.setattr(pool, "_GIVE_UP", 2)
    with pytest.raises(BatchError, match="2 crashed in a row"):
        list(in_processes(job, find_videos([str(films)]), 1))
