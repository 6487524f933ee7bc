"""The server's clock: idle threads end without a request."""

from __future__ import annotations

import asyncio
import threading
import time

import anyio.to_thread
from anyio._backends._asyncio import WorkerThread
from pytest import MonkeyPatch

from tests.conftest import run_async
from ui.common.departures import Departures

BUSY = 8


def _workers() -> int:
    return sum(isinstance(thread, WorkerThread) for thread in threading.enumerate())


async def _threads_after_requests() -> tuple[int, int]:
    """Return the number of AnyIO's threads just after simultaneous requests, and when the server has rested."""
    others = _workers()
    async with Departures().watching():
        async with anyio.create_task_group() as requests:
            for _ in range(BUSY):
                requests.start_soon(anyio.to_thread.run_sync, time.sleep, 0.2)
        busy = _workers() - others
        for _ in range(100):
            await asyncio.sleep(0.1)
            if _workers() - others <= 1:
                break
        return busy, _workers() - others


def test_threads_end_on_an_idle_server(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerThread, "MAX_IDLE_TIME", 0.2)
    monkeypatch.setattr("ui.common.departures.POLL_INTERVAL_S", 0.1)
    busy, at_rest = run_async(_threads_after_requests())
    assert busy >= BUSY
    assert at_rest <= 1
