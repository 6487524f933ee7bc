"""Metrics of known libraries and processes, and the route that requires the token."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from emotion.errors import InputError, LibraryError, ModelError, SettingsError
from emotion.library import LOCAL, Library, State
from emotion.library.jobs import cancel
from emotion.library.jobs.queue import claim_next, record_heartbeat, register_worker
from emotion.live import SEATS
from emotion.monitoring.exposition import Exposition
from emotion.monitoring.figures import measure_load
from emotion.monitoring.figures import query_work as figures_of
from emotion.telemetry.counters import ending, exit_status
from emotion.vision.encode import write_video
from tests.library.libraries import put
from ui.shell.metrics_route import metrics_route

TOKEN = "a token of sixteen or more"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [np.full((48, 64, 3), 8 * index, np.uint8) for index in range(5)]
    return write_video(tmp_path_factory.mktemp("video") / "Martha.mp4", pictures, fps=25)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))
    yield opened
    opened.close()


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def busy(library: Library, video: Path) -> None:
    """Add a finished analysis of ten frames, one running at 50 frames/s, a cancelled one and two queued ones."""
    repository = library.for_owner(LOCAL)
    put(repository, video, "Martha.mp4")
    repository.add(video, "Martha.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    register_worker(library, claim, os.getpid())
    record_heartbeat(library, claim, 20, 40, 50.0)
    cancel(repository, repository.add(video, "Martha.mp4").id)
    repository.add(video, "Martha.mp4")
    library.for_owner("martha@example.org").add(video, "Martha.mp4")


@pytest.mark.slow
def test_library_metrics(library, repository, video):
    busy(library, video)
    work = figures_of(library)
    assert {state: n for state, n in work.by_state.items() if n} == {
        State.DONE: 1, State.RUNNING: 1, State.CANCELLED: 1, State.QUEUED: 2,
    }  # fmt: skip
    assert (work.frames, work.frames_per_s, work.worker_pids) == (30, 50.0, (os.getpid(),))
    assert 0 < work.oldest_s < 60
    assert work.stored_bytes == repository.used_bytes() + library.for_owner("martha@example.org").used_bytes()
    assert 0 < work.query_s < 60


def test_an_empty_library_has_every_metric(library):
    work = figures_of(library)
    assert set(work.by_state) == set(State)
    assert (sum(work.by_state.values()), work.frames, work.oldest_s, work.frames_per_s) == (0, 0, 0.0, 0.0)


def test_process_metrics():
    code = "import threading as t; t.Thread(target=t.Event().wait, daemon=True).start(); file = open('/dev/null')"
    code += "; print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        load = measure_load([other.pid])
        other.kill()
    assert (load.processes, load.threads, load.open_files) == (1, 2, 4)
    assert 2**20 < load.resident_bytes < 2**28
    assert measure_load([other.pid]).processes == 0, "one that has ended"


@pytest.mark.slow
def test_a_scrape_has_all_metrics_and_no_personal_data(library, video):
    busy(library, video)
    holder = type("Holder", (), {})()
    seat = SEATS.take(holder)
    text = Exposition(lambda: library).text().decode()
    seat.release()
    found = samples(text)
    assert found["emotion_analyses", "queued"] == found["emotion_queue_length",] == 2
    assert found["emotion_frames_analysed",] == 30
    assert found["emotion_frames_per_second",] == 50
    assert found["emotion_live_seats_taken",] == 1
    assert found["emotion_database_up",] == 1
    assert found["emotion_resident_bytes", "server"] == pytest.approx(found["emotion_resident_bytes", "workers"], 0.2)
    assert found["process_resident_memory_bytes",] > 2**20
    assert found["emotion_disk_free_bytes",] > 0
    assert "artha" not in text
    assert "example.org" not in text


def test_an_unreachable_database_is_a_metric_and_retried(library):
    tries = []

    def open_library() -> Library:
        tries.append(1)
        if len(tries) == 1:
            raise LibraryError("away")
        return library

    exposition = Exposition(open_library)
    assert samples(exposition.text().decode())["emotion_database_up",] == 0
    assert samples(exposition.text().decode())["emotion_database_up",] == 1


def client(library: Library) -> TestClient:
    return TestClient(Starlette(routes=[metrics_route(Exposition(lambda: library))]))


def test_metrics_do_not_exist_without_a_token(library, monkeypatch):
    monkeypatch.delenv("EMOTION_METRICS_TOKEN", raising=False)
    answer = client(library).get("/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer.text) == (404, "Not Found")


def test_metrics_require_the_token(library, monkeypatch):
    monkeypatch.setenv("EMOTION_METRICS_TOKEN", TOKEN)
    visitor = client(library)
    for words in ("", "Bearer wrong", "Bearer ünlesbar", f"Bearer {TOKEN[:-1]}"):
        refused = visitor.get("/metrics", headers={"Authorization": words.encode()})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "emotion_" not in refused.text
    given = visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert given.status_code == 200
    assert given.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert samples(given.text)["emotion_database_up",] == 1
    assert visitor.post("/metrics").status_code == 405


def test_a_short_token_is_refused(monkeypatch):
    monkeypatch.setenv("EMOTION_METRICS_TOKEN", "secret")
    with pytest.raises(SettingsError, match="at least 16 characters; got 6"):
        metrics_route()


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (InputError("x"), "input"), (ModelError("x"), "unavailable"), (OSError(28, "x"), "disk"),
        (MemoryError(), "memory"), (KeyError("x"), "unexpected"),
    ],
)  # fmt: skip
def test_exit_statuses_of_workers_have_names(error, word):
    assert ending(exit_status(error)) == word


def test_killed_workers_are_counted_by_signal():
    assert ending(-signal.SIGKILL) == "SIGKILL"
    assert ending(0) == "done"
    assert ending(1) == "unexpected"
