"""A small untrained model exported for a server, and a real server process that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.common.process import free_port
from emotion.models.registry import load_card, save_card, sha256_of
from emotion.sandbox.rlimits import low_memory_environment
from emotion.types import ModelCard
from tests.conftest import ROOT

NAME = "small"


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelCard]:
    """An untrained model with the default model's labels, as an int8 file and as a float network."""
    # Imported here, because TensorFlow takes seconds and the quick tests do not need it.
    pytest.importorskip("tensorflow", reason="serving needs TensorFlow")
    import keras

    from training.data.inputs import InputForm
    from training.evaluation.evaluate import KERAS_FILE
    from training.export.quantise import to_int8
    from training.networks import build_network

    folder = tmp_path_factory.mktemp("models")
    shipped = load_card("default")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_MODELS", str(folder))
        (folder / NAME).mkdir()
        keras.utils.set_random_seed(1)
        network = build_network("fourconv", len(shipped.labels), 48)
        form = InputForm(48, shipped.colour, shipped.normalisation)
        faces = np.random.default_rng(0).integers(0, 256, (40, 48, 48), np.uint8)
        (folder / NAME / "model.tflite").write_bytes(to_int8(network, form, faces))
        network.save(folder / NAME / KERAS_FILE)
        digest = sha256_of(folder / NAME / "model.tflite")
        save_card(
            replace(shipped, name=NAME, file="model.tflite", input_size=48, sha256=digest, members=(), temperature=0.7),
            folder / NAME,
        )
        yield load_card(NAME)


@pytest.fixture(scope="module")
def served(card: ModelCard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.export.saved_model import export_serving

    folder = tmp_path_factory.mktemp("served")
    target = export_serving(card, folder)
    assert target == folder / NAME / "1"
    return folder


class Server:
    """A server that can be killed and restarted at the same address."""

    def __init__(self, folder: Path) -> None:
        self.rest_port, self.grpc_port = free_port(), free_port()
        command = [sys.executable, "-m", "tests.serving.model_server", str(folder)]
        pipe = subprocess.PIPE
        self._parent = subprocess.Popen(
            [*command, str(self.rest_port), str(self.grpc_port)],
            cwd=ROOT, env=low_memory_environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        self._pid = int(self._parent.stdout.readline())
        for port in (self.rest_port, self.grpc_port):
            self._wait_for(port)

    def _wait_for(self, port: int) -> None:
        for _ in range(600):
            assert self.is_running, "the server ended while starting"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server does not answer")

    @property
    def is_running(self) -> bool:
        return Path(f"/proc/{self._pid}").exists()

    def kill(self) -> None:
        """Kill the server and wait until its process has ended."""
        os.kill(self._pid, signal.SIGKILL)
        for _ in range(600):
            if not self.is_running:
                return
            time.sleep(0.05)
        pytest.fail("the killed server is still running")

    def close(self) -> None:
        if self.is_running:
            self.kill()
        self._parent.communicate()

    def url(self, kind: str) -> str:
        port = self.rest_port if kind == "http" else self.grpc_port
        return f"{kind}://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(served: Path) -> Iterator[Server]:
    server = Server(served)
    yield server
    server.close()
