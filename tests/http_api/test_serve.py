"""``emotion serve`` in a separate process, used by the client in ``docs/``: jobs, guard, tokens, load."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import emotion
from bench.common.process import free_port
from emotion.samples import sample_image
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
GROWTH_MB = 60
"""Allowed growth of the server's memory over three bursts of twenty pictures, MB."""

_spec = importlib.util.spec_from_file_location("emotion_client", ROOT / "docs" / "emotion_client.py")
assert _spec is not None
assert _spec.loader is not None
emotion_client: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(emotion_client)


class Running:
    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url, self.process = url, process

    def rss_mb(self) -> float:
        """Return the memory of the server and its child processes, MB."""
        listed = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True, check=True).stdout
        rows = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
        family = {self.process.pid}
        for _ in range(4):
            family |= {pid for pid, parent, _ in rows if parent in family}
        return sum(rss for pid, _, rss in rows if pid in family) / 1000


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Running]:
    port = free_port()
    environment = os.environ | {"EMOTION_LIBRARY": str(folder), "EMOTION_FREE_MB": "none"}
    command = [sys.executable, "-m", "emotion", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    url = f"http://localhost:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the server ended while starting"
            with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{url}/api/v1/health", timeout=5):
                break
            time.sleep(0.2)
        yield Running(url, process)
    finally:
        process.terminate()
        # uvicorn shuts down cleanly, then raises the signal again.
        assert process.wait(30) in {0, -signal.SIGTERM}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("library")) as running:
        yield running


def test_the_client_analyses_a_picture_and_a_video(
    server: Running, png: bytes, clip: bytes, tmp_path: Path, analyzer: emotion.Analyzer
) -> None:
    (tmp_path / "face.png").write_bytes(png)
    (tmp_path / "talk.mp4").write_bytes(clip)
    client = emotion_client.Client(server.url)
    [face] = client.image(tmp_path / "face.png")["faces"]
    assert face["emotion"] == "happiness"

    job = client.video(tmp_path / "talk.mp4", every=5, eyes=True)
    states = [each["state"] for each in client.follow(job["id"])]
    assert states[-1] == "done"
    assert client.result(job["id"])["video"]["duration_s"] == pytest.approx(3.0)
    client.save_result(job["id"], tmp_path / "talk.parquet", "parquet")
    expected = analyzer.video(tmp_path / "talk.mp4", every=5).timeline
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "talk.parquet"), expected)
    client.delete(job["id"])
    with pytest.raises(emotion_client.ApiError) as caught:
        client.job(job["id"])
    assert (caught.value.status, caught.value.code) == (404, "unknown_job")
    assert caught.value.request_id


@pytest.mark.parametrize("kind", ["image", "video"])
def test_the_client_sends_a_file_again_to_a_busy_server(tmp_path: Path, kind: str) -> None:
    came: list[tuple[bytes, str | None]] = []

    class Busy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((body, self.headers["Idempotency-Key"]))
            self.send_response(429 if len(came) == 1 else 200)
            self.end_headers()
            self.wfile.write(b"{}")

    (tmp_path / "file").write_bytes(b"content")
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        client = emotion_client.Client(f"http://127.0.0.1:{server.server_port}")
        assert getattr(client, kind)(tmp_path / "file") == {}
        server.shutdown()
    assert [body for body, _ in came] == [b"content"] * 2
    assert len({key for _, key in came}) == 1, "a retry makes no second job"


def test_the_guard_protects_the_api(server: Running) -> None:
    def status(**headers: str) -> int:
        request = urllib.request.Request(f"{server.url}/api/v1/images", b"x", headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        return caught.value.code

    assert status(Origin="https://evil.example") == 403
    assert status(Host="evil.example") == 421
    assert status(Origin=server.url) == 422, "its own origin"


def test_twenty_pictures_at_once_take_turns(server: Running, tmp_path: Path) -> None:
    """Each picture has 6 megapixels and takes 17 MB: together they would take 350 MB."""
    Image.fromarray(sample_image()).resize((2400, 2400)).save(tmp_path / "large.jpg")
    client = emotion_client.Client(server.url, timeout_s=900)

    def burst() -> float:
        peak = server.rss_mb()
        with ThreadPoolExecutor(20) as pool:
            answers = [pool.submit(client.image, tmp_path / "large.jpg") for _ in range(20)]
            while not all(answer.done() for answer in answers):
                peak = max(peak, server.rss_mb())
                time.sleep(0.2)
        assert all(answer.result()["width"] == 2400 for answer in answers)
        return peak

    burst()  # loads the model and starts the decoders
    peaks = [burst() for _ in range(6)]
    # Sampled peaks vary by 50 MB, because the decoders do not always hold their pictures at the same time.
    assert statistics.median(peaks[3:]) < statistics.median(peaks[:3]) + GROWTH_MB, peaks


def test_tokens_are_made_and_revoked_on_the_command_line(tmp_path: Path, png: bytes) -> None:
    (tmp_path / "face.png").write_bytes(png)
    environment = os.environ | {"EMOTION_LIBRARY": str(tmp_path / "library")}

    def run(*options: str) -> str:
        command = [sys.executable, "-m", "emotion", "serve", *options]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    token = run("--new-token", "Lab computer")
    with serving(tmp_path / "library", "--require-token") as running:
        with pytest.raises(emotion_client.ApiError) as caught:
            emotion_client.Client(running.url).image(tmp_path / "face.png")
        assert caught.value.status == 401
        assert emotion_client.Client(running.url, token).image(tmp_path / "face.png")["faces"]
        listed = run("--list-tokens")
        assert "Lab computer" in listed
        run("--revoke-token", listed.split()[0])
        with pytest.raises(emotion_client.ApiError):
            emotion_client.Client(running.url, token).image(tmp_path / "face.png")
