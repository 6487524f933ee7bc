"""Measures the rate of returned frames, the server's time per frame, and its memory."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Playwright

from bench.live.camera import Camera
from bench.live.server import Server
from bench.live.visitor import Visitor, visitor

APP = "server.py"
ECHO = "bench/live/echo_page.py"
SETTLE_S = 6.0
"""Wait between the first frame and the measurement, because browsers start with a low bit rate."""
POLL_INTERVAL_S = 2.0
ROUNDS = 2
_P95 = re.compile(r"(\d+) ms, 95% within (\d+) ms")


def measure_speed(playwright: Playwright, server: Server, camera: Camera, seconds: float) -> dict[str, Any]:
    """Measure one visitor at 640×480."""
    with visitor(playwright.chromium, server.url, camera.path) as person:
        begin(person, "640 × 480")
        memory = [server.memory_mb()]
        boards, figures = watch(person, seconds, memory, server)
        return {
            "clip": camera.clip,
            "seconds": round(figures[-1]["time_s"] - figures[0]["time_s"], 1),
            "returned_fps": rate(figures, "returned"),
            "sent_fps": rate(figures, "sent"),
            "analysed_fps": float(np.mean([number(board["load"]["Analysed"]) for board in boards])),
            "median_ms": float(np.median([server_ms(board)[0] for board in boards])),
            "worst_p95_ms": max(server_ms(board)[1] for board in boards),
            "dropped": int(boards[-1]["load"]["Dropped"].replace(",", "")),
            "quality": Counter(board["load"]["Quality"] for board in boards),
            "memory_start_mb": memory[0],
            "memory_end_mb": memory[-1],
            "memory_peak_mb": max(memory),
            "expected": camera.leading,
            "leading": leading(boards),
        }


def measure_large(playwright: Playwright, live: Server, echo: Server, camera: Camera, seconds: float) -> dict[str, Any]:
    """Compare the live page at 1280×720 with a page that only returns the frames of the same camera, in turn."""
    found: dict[str, list[float]] = {"live": [], "echo": []}
    sizes = set()
    for _ in range(ROUNDS):
        for name, server in (("echo", echo), ("live", live)):
            with visitor(playwright.chromium, server.url, camera.path) as person:
                if name == "live":
                    begin(person, "1280 × 720")
                else:
                    person.enter("/?size=1280x720")
                    person.start()
                    person.page.wait_for_timeout(SETTLE_S * 1000)
                _, figures = watch(person, seconds)
                found[name].append(rate(figures, "returned"))
                sizes.add((name, f"{figures[-1]['width']}×{figures[-1]['height']}"))
    live_fps, echo_fps = float(np.mean(found["live"])), float(np.mean(found["echo"]))
    return {
        "clip": camera.clip,
        "rounds": ROUNDS,
        "seconds": seconds,
        "sizes": sorted(" ".join(pair) for pair in sizes),
        "live_fps": live_fps,
        "echo_fps": echo_fps,
        "share_of_echo": live_fps / echo_fps,
    }


def begin(person: Visitor, size: str) -> None:
    """Open the live page, select a size, start the camera and wait until the bit rate has settled."""
    person.enter()
    person.choose_size(size)
    person.start()
    person.page.wait_for_timeout(SETTLE_S * 1000)


def watch(
    person: Visitor, seconds: float, memory: list[float] | None = None, server: Server | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the board and the browser's connection figures, read every :data:`POLL_INTERVAL_S` seconds.

    ``memory`` gets the memory of ``server`` at the same times, MB.
    """
    boards, figures = [], [person.figures()]
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        person.page.wait_for_timeout(POLL_INTERVAL_S * 1000)
        figures.append(person.figures())
        if person.has_board:
            boards.append(person.board())
        if memory is not None and server is not None:
            memory.append(server.memory_mb())
    return boards, figures


def rate(figures: list[dict[str, Any]], name: str) -> float:
    """Return the increase of a counter per second, from the first reading to the last."""
    first, last = figures[0], figures[-1]
    return float((last[name] - first[name]) / (last["time_s"] - first["time_s"]))


def server_ms(board: dict[str, Any]) -> tuple[int, int]:
    """Return median and 95th percentile of the server's time per frame, as the board shows them, ms."""
    found = _P95.search(board["load"]["Server time"])
    if found is None:
        raise RuntimeError(f"expected times in ms on the board; got {board['load']['Server time']!r}")
    return int(found[1]), int(found[2])


def number(text: str) -> float:
    """Return the number before the slash of a figure such as ``29.9/s``."""
    return float(text.split("/", maxsplit=1)[0])


def leading(boards: list[dict[str, Any]]) -> str:
    """Return the most frequent leading expression of the people in view."""
    counted = Counter(person["leading"] for board in boards for person in board["people"] if person["here"])
    return counted.most_common(1)[0][0] if counted else "nobody"


def clip_in(folder: Path, name: str) -> Path:
    """Return the path of a clip.

    Raises:
        FileNotFoundError: The folder does not have it.
    """
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"expected the clip {name} in {folder}")
    return path
