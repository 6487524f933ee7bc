"""Functions that tests run in the sandbox: some crash, hang or use too much memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotion.errors import TooLargeError
from emotion.types import Progress


def add(one: int, other: int) -> int:
    return one + other


def process_and_setting(name: str) -> tuple[int, str]:
    return os.getpid(), os.environ.get(name, "")


def crash(*_arguments: object) -> None:
    """Read an invalid address, as a faulty decoder could."""
    ctypes.string_at(0)


def take_memory(megabytes: int) -> int:
    return int(np.ones(megabytes << 20, np.uint8)[-1])


def never_end() -> None:
    while True:
        pass


def count(steps: int, *, on_step: Callable[[Progress], None]) -> int:
    for step in range(steps):
        time.sleep(0.01)
        on_step(Progress(step + 1, steps, 0.01 * (step + 1)))
    return steps


def refuse() -> None:
    raise TooLargeError("expected less; got more")


def go_wrong() -> None:
    raise ZeroDivisionError


def print_and_answer() -> str:
    print("{not an answer}", flush=True)
    os.write(1, b"nor this\n")
    return "the answer"


def write(path: Path) -> int:
    """Write a file and return the process ID."""
    path.write_bytes(b"x")
    return os.getpid()


def print_no_json() -> None:
    """Write text that is not JSON to every pipe, as a compromised decoder could."""
    for number in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(number, b"no JSON\n")


def environment() -> list[str]:
    """Return the environment variables in Python and those that the process was started with."""
    started_with = Path("/proc/self/environ").read_text(encoding="utf-8", errors="replace").split("\0")
    return [*(f"{name}={value}" for name, value in os.environ.items()), *started_with]


def environment_of_caller() -> str:
    try:
        return Path(f"/proc/{os.getppid()}/environ").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return type(error).__name__


def send(kind: str, address: str, port: int) -> str:
    """Try to send bytes, and return ``sent`` or the name of the error."""
    families = {"tcp": socket.AF_INET, "udp": socket.AF_INET, "unix": socket.AF_UNIX}
    try:
        with socket.socket(families[kind], socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as out:
            out.settimeout(5)
            out.connect(address if kind == "unix" else (address, port))
            out.send(b"content of the file")
    except OSError as error:
        return type(error).__name__
    return "sent"


def run_program() -> str:
    try:
        return subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout
    except OSError as error:
        return type(error).__name__


def folders() -> dict[str, object]:
    """Return the folders that the process works in, and leave files there."""
    files = [path.name for path in Path().iterdir()]
    found = {"working": str(Path.cwd()), "temporary": tempfile.gettempdir(), "files": files}
    (Path(tempfile.mkdtemp()) / "left.txt").write_text("left", encoding="utf-8")
    Path("here.txt").write_text("left", encoding="utf-8")
    return found


def answer_then_stop() -> str:
    """Return a value, then stop without ending, as a compromised process could."""
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGSTOP)).start()
    return "the answer"


def zeros(count: int) -> memoryview:
    return memoryview(np.zeros(count, np.uint8))


def delete_folder() -> str:
    """Delete the folder that the process works in, as a compromised process could."""
    Path.cwd().rmdir()
    return "the answer"
