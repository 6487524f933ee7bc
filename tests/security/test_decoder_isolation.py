"""A compromised decoder finds no secrets, reaches no network, starts no programs and leaves no files."""

from __future__ import annotations

import os
import platform
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from emotion.cli.doctor import examine
from emotion.errors import VideoError
from emotion.library.probe_upload import facts_of
from emotion.paths import ROOT
from emotion.sandbox import isolation
from emotion.sandbox.isolation import FILTER, NAMESPACE
from emotion.sandbox.runner import end_idle_processes, run_limited
from emotion.sandbox.serve import isolation_in_force
from tests import limited_calls

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="expected Linux; other systems isolate nothing")

SECRETS = {
    "EMOTION_DATABASE_URL": "postgresql+psycopg://app:s3cret-database@db/emotion",
    "EMOTION_STORAGE_URL": "s3://key:s3cret-storage@bucket",
    "EMOTION_METRICS_TOKEN": "s3cret-metrics-token",
    "AWS_SECRET_ACCESS_KEY": "s3cret-cloud",
    "STREAMLIT_AUTH_COOKIE_SECRET": "s3cret-cookie",
}


@pytest.fixture(autouse=True)
def none_waits() -> Iterator[None]:
    end_idle_processes()
    yield
    end_idle_processes()


def test_no_secret_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    run_limited(limited_calls.add, 1, 1)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    reused = run_limited(limited_calls.environment)
    end_idle_processes()
    started = run_limited(limited_calls.environment)
    assert started, "the process has an environment"
    assert [line for line in reused + started if "s3cret" in line] == []


def test_the_environment_of_the_server_cannot_be_read() -> None:
    if NAMESPACE not in run_limited(isolation_in_force):
        pytest.skip("expected user namespaces; this system forbids them")
    assert run_limited(limited_calls.environment_of_caller) == "PermissionError"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tcp", "udp", "unix"])
def test_the_decoder_reaches_no_network(kind: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET, _type_of(kind)) as listener:
        listener.bind(str(tmp_path / "s") if kind == "unix" else ("127.0.0.1", 0))
        if kind != "udp":
            listener.listen()
        address, port = (str(tmp_path / "s"), 0) if kind == "unix" else listener.getsockname()
        assert limited_calls.send(kind, address, port) == "sent", "the listener is there"
        _take(listener, kind)
        assert run_limited(limited_calls.send, kind, address, port) == "PermissionError"
        assert not select.select([listener], [], [], 0.5)[0], "nothing arrived"


def _type_of(kind: str) -> socket.SocketKind:
    return socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM


def _take(listener: socket.socket, kind: str) -> None:
    if kind == "udp":
        listener.recv(100)
    else:
        listener.accept()[0].close()


def test_without_namespaces_the_filter_refuses_sockets() -> None:
    """Many containers have no namespaces; here, a second thread prevents them."""
    program = (
        "import runpy, socket, sys, threading; threading.Thread(target=threading.Event().wait, daemon=True).start(); "
        "print(*runpy.run_path(sys.argv[1])['isolate'](), sep=','); socket.socket()"
    )
    command = [sys.executable, "-c", program, isolation.__file__]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == FILTER
    assert ended.stderr.strip().endswith("PermissionError: [Errno 1] Operation not permitted")


def test_the_decoder_starts_no_program() -> None:
    assert run_limited(limited_calls.run_program) == "PermissionError"


def test_doctor_names_the_isolation_in_force() -> None:
    (finding_text,) = [finding.detail for finding in examine() if finding.subject == "sandbox"]
    for way in run_limited(isolation_in_force):
        assert way in finding_text


def test_the_decoder_works_in_an_empty_folder_that_is_emptied_and_deleted() -> None:
    first = run_limited(limited_calls.folders)
    assert first["files"] == []
    assert first["working"] == first["temporary"] != str(ROOT)
    folder = Path(first["working"])
    assert list(folder.iterdir()) == [], "emptied after the call"
    assert run_limited(limited_calls.folders) == first, "the same process"
    end_idle_processes()
    assert not folder.exists()


def test_a_process_that_deletes_its_folder_is_not_reused() -> None:
    assert run_limited(limited_calls.delete_folder) == "the answer"
    assert run_limited(limited_calls.folders)["files"] == []


def test_the_folder_is_deleted_after_the_server_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal; from emotion.sandbox.runner import run_limited; from tests import limited_calls; "
        "run_limited(limited_calls.folders); print(os.listdir(os.environ['TMPDIR'])); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert "emotion-decoder-" in ended.stdout
    until = time.monotonic() + 30
    while list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_process_that_stops_reading_does_not_block_its_caller() -> None:
    assert run_limited(limited_calls.answer_then_stop) == "the answer"
    time.sleep(1)
    with pytest.raises(VideoError, match="it gave no answer within 3 s"):
        run_limited(len, bytes(10_000_000), stall_s=3)


def test_an_array_larger_than_the_limit_is_refused() -> None:
    assert run_limited(limited_calls.zeros, 1_000, most_array_bytes=1_000).nbytes == 1_000
    with pytest.raises(VideoError, match="its answer cannot be read"):
        run_limited(limited_calls.zeros, 1_001, most_array_bytes=1_000)


@pytest.mark.slow
def test_a_rare_codec_is_refused(tmp_path: Path) -> None:
    """Snow: one of FFmpeg's three hundred decoders, and rarely maintained."""
    video = tmp_path / "a.mkv"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("snow", rate=25, options={"strict": "-2"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        grey = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
        for _ in range(3):
            container.mux(stream.encode(grey.reformat(format="yuv420p")))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match=r"a\.mkv uses an unsupported codec: snow"):
        facts_of(video)
