"""Measures several visitors at once: the frame rate of each, and whether each sees only their own results."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from playwright.sync_api import Playwright

from bench.live.camera import Camera
from bench.live.server import Server
from bench.live.speed import POLL_INTERVAL_S, SETTLE_S, leading, number, rate
from bench.live.visitor import visitor


def measure_crowd(playwright: Playwright, server: Server, cameras: list[Camera], seconds: float) -> dict[str, Any]:
    """Measure one visitor per camera, all at the same time, and another one, who finds the server full."""
    with contextlib.ExitStack() as stack:
        people = [stack.enter_context(visitor(playwright.chromium, server.url, camera.path)) for camera in cameras]
        for person in people:
            person.enter()
        for person in people:
            person.start()
        people[-1].page.wait_for_timeout(SETTLE_S * 1000)
        full_message = _full_message(playwright, server, cameras[0])
        boards: list[list[dict[str, Any]]] = [[] for _ in people]
        figures = [[person.figures()] for person in people]
        for _ in range(round(seconds / POLL_INTERVAL_S)):
            people[0].page.wait_for_timeout(POLL_INTERVAL_S * 1000)
            for place, person in enumerate(people):
                boards[place].append(person.board())
                figures[place].append(person.figures())
        memory = server.memory_mb()
        return {
            "seconds": seconds,
            "memory_mb": memory,
            "one_too_many": full_message,
            "visitors": [_visitor(camera, boards[place], figures[place]) for place, camera in enumerate(cameras)],
        }


def _visitor(camera: Camera, boards: list[dict[str, Any]], figures: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "clip": camera.clip,
        "expected": camera.leading,
        "leading": leading(boards),
        "ids": sorted({person["id"] for board in boards for person in board["people"]}),
        "analysed_fps": float(np.mean([number(board["load"]["Analysed"]) for board in boards])),
        "least_analysed_fps": min(number(board["load"]["Analysed"]) for board in boards),
        "returned_fps": rate(figures, "returned"),
    }


def _full_message(playwright: Playwright, server: Server, camera: Camera) -> str:
    """Return the message to a visitor who finds the server full."""
    with visitor(playwright.chromium, server.url, camera.path) as person:
        person.agree()
        message = person.page.get_by_test_id("stAlertContentInfo").locator("p").first
        message.wait_for()
        return message.inner_text().strip()
