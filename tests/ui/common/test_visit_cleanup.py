"""The server's clock: idle threads end without a request."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import Any

import anyio.to_thread
from anyio._backends._asyncio import WorkerThread
from pytest import MonkeyPatch

from tests.conftest import run_async
from ui.common.visit_cleanup import KEPT_S, POLL_INTERVAL_S, VisitCleanup

BUSY = 8


def _workers() -> int:
    return sum(isinstance(thread, WorkerThread) for thread in threading.enumerate())


async def _threads_after_requests() -> tuple[int, int]:
    """Return the number of AnyIO's threads just after simultaneous requests, and when the server has rested."""
    others = _workers()
    async with VisitCleanup().watching():
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
    monkeypatch.setattr("ui.common.visit_cleanup.POLL_INTERVAL_S", 0.1)
    busy, at_rest = run_async(_threads_after_requests())
    assert busy >= BUSY
    assert at_rest <= 1


class Visits:
    """Streamlit's list of sessions: one whose browser has gone, and one whose browser is there."""

    def __init__(self) -> None:
        self.here = SimpleNamespace(session=SimpleNamespace(id="here"))
        self.sessions = [SimpleNamespace(session=SimpleNamespace(id="gone")), self.here]

    def list_sessions(self) -> list[Any]:
        return list(self.sessions)

    def list_active_sessions(self) -> list[Any]:
        return [self.here]

    def close_session(self, visit: str) -> None:
        self.sessions = [each for each in self.sessions if each.session.id != visit]


def test_a_visit_is_kept_for_three_quarters_of_a_minute_and_ended_within_one() -> None:
    visit_cleanup, visits, ended = VisitCleanup(), Visits(), []
    visit_cleanup.listen(ended.append)
    assert visit_cleanup.end_disconnected(visits, 100.0) == []  # type: ignore[arg-type]
    assert visit_cleanup.end_disconnected(visits, 144.9) == [], "a browser may reconnect"  # type: ignore[arg-type]
    assert visit_cleanup.end_disconnected(visits, 145.0) == ["gone"]  # type: ignore[arg-type]
    assert ended == ["gone"]
    assert visits.sessions == [visits.here]
    assert KEPT_S + POLL_INTERVAL_S < 60
