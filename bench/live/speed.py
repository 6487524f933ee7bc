"""How many pictures come back, how long the server takes, and whether its memory stays flat."""

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
"""After the first picture, before anything is measured: browsers begin with a low bit rate."""
POLL_INTERVAL_S = 2.0
_P95 = re.compile(r"(\d+) ms, 95% within (\d+) ms")


def measure_speed(playwright: Playwright, server: Server, camera: Camera, seconds: float) -> dict[str, Any]:
    """Watch one visitor at 640×480 for a while."""
    with visitor(playwright.chromium, server.url, camera.path) as person:
        begin(person, "640 × 480")
        memory = [server.memory_mb()]
        looks, figures = watch(person, seconds, memory, server)
        return {
            "clip": camera.clip,
            "seconds": round(figures[-1]["time_s"] - figures[0]["time_s"], 1),
            "returned_fps": rate(figures, "returned"),
            "sent_fps": rate(figures, "sent"),
            "analysed_fps": float(np.mean([number(look["load"]["Analysed"]) for look in looks])),
            "median_ms": float(np.median([server_ms(look)[0] for look in looks])),
            "worst_p95_ms": max(server_ms(look)[1] for look in looks),
            "dropped": int(looks[-1]["load"]["Dropped"].replace(",", "")),
            "quality": Counter(look["load"]["Quality"] for look in looks),
            "memory_start_mb": memory[0],
            "memory_end_mb": memory[-1],
            "memory_peak_mb": max(memory),
            "expected": camera.leading,
            "leading": leading(looks),
        }


def measure_large(
    playwright: Playwright, live: Server, echo: Server, camera: Camera, seconds: float, rounds: int = 2
) -> dict[str, Any]:
    """Compare 1280×720 with a bare echo of the same camera, in turn."""
    found: dict[str, list[float]] = {"live": [], "echo": []}
    sizes = set()
    for _ in range(rounds):
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
        "rounds": rounds,
        "seconds": seconds,
        "sizes": sorted(" ".join(pair) for pair in sizes),
        "live_fps": live_fps,
        "echo_fps": echo_fps,
        "share_of_echo": live_fps / echo_fps,
    }


def begin(person: Visitor, size: str) -> None:
    """Enter the live page, ask for a size, start the camera and let it settle."""
    person.enter()
    person.choose_size(size)
    person.start()
    person.page.wait_for_timeout(SETTLE_S * 1000)


def watch(
    person: Visitor, seconds: float, memory: list[float] | None = None, server: Server | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the board showed now and then, and the browser's figures."""
    looks, figures = [], [person.figures()]
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        person.page.wait_for_timeout(POLL_INTERVAL_S * 1000)
        figures.append(person.figures())
        if person.has_board:
            looks.append(person.board())
        if memory is not None and server is not None:
            memory.append(server.memory_mb())
    return looks, figures


def rate(figures: list[dict[str, Any]], name: str) -> float:
    """Return how many per second, from the first look to the last."""
    first, last = figures[0], figures[-1]
    return float((last[name] - first[name]) / (last["time_s"] - first["time_s"]))


def server_ms(look: dict[str, Any]) -> tuple[int, int]:
    """Return median and 95th percentile of the server's time per picture that the board shows, ms."""
    found = _P95.search(look["load"]["Server time"])
    if found is None:
        raise RuntimeError(f"expected times in ms on the board; got {look['load']['Server time']!r}")
    return int(found[1]), int(found[2])


def number(text: str) -> float:
    """Return the number at the beginning of a figure."""
    return float(text.split("/", maxsplit=1)[0])


def leading(looks: list[dict[str, Any]]) -> str:
    """Return the expression that led most often, of everyone that the board showed."""
    counted = Counter(person["leading"] for look in looks for person in look["people"] if person["here"])
    return counted.most_common(1)[0][0] if counted else "nobody"


def clip_in(folder: Path, name: str) -> Path:
    """Return a clip of the shared data."""
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"expected the clip {name} in {folder}")
    return path
