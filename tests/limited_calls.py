"""Functions that tests run in the sandbox: some crash, hang or use too much memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
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


def crash() -> None:
    """Read an invalid address, as a broken decoder does."""
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
    """Write a file and return the id of the process."""
    path.write_bytes(b"x")
    return os.getpid()


def print_no_json() -> None:
    """Write text that is not JSON to every pipe, as a compromised decoder could."""
    for number in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(number, b"no JSON\n")
