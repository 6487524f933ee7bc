"""Ends the visits of disconnected browsers on a timer, so that an idle server keeps none of their files.

Streamlit drops an ended visit only when the next one starts, and Python deletes its files only when it collects
garbage. Here, background work registers itself with its visit. It is closed :data:`KEPT_S` after the browser
disconnects, when the server stops, or, after a crash, when the next server starts (:mod:`ui.common.visit_files`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import anyio.to_thread
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionManager

from ui.common.memory import release_memory
from ui.common.visit_files import remove_left_behind

KEPT_S = 45.0
"""A browser that reconnects within this time finds its visit unchanged."""
POLL_INTERVAL_S = 5.0
SWEEP_INTERVAL_S = 60.0

log = logging.getLogger(__name__)


class Closable(Protocol):
    """Background work that keeps files."""

    def close(self) -> None:
        """Stop, and delete the files."""
        ...


class VisitCleanup:
    """Detects ended visits, and closes the background work that was registered during them.

    Used from the server's event loop and from page threads.
    """

    def __init__(self) -> None:
        self._held: dict[str, weakref.WeakSet[Closable]] = {}
        self._gone_since: dict[str, float] = {}
        self._listeners: list[Callable[[str], None]] = []

    def register(self, work: Closable) -> None:
        """Register work that is closed when the visit of the running page ends; outside a page, this does nothing."""
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None:
            self._held.setdefault(context.session_id, weakref.WeakSet()).add(work)

    def listen(self, on_end: Callable[[str], None]) -> None:
        """Call ``on_end`` with the id of each visit that has ended."""
        self._listeners.append(on_end)

    def end_disconnected(self, sessions: SessionManager, now: float) -> list[str]:
        """End the visits whose browser has been disconnected for :data:`KEPT_S`; return the ids of all ended visits.

        Args:
            sessions: Streamlit's session manager.
            now: Time of a monotonic clock, in seconds.
        """
        waiting = {info.session.id for info in sessions.list_sessions()}
        waiting -= {info.session.id for info in sessions.list_active_sessions()}
        self._gone_since = {visit: self._gone_since.get(visit, now) for visit in waiting}
        over = [visit for visit, since in self._gone_since.items() if now - since >= KEPT_S]
        for visit in over:
            sessions.close_session(visit)
        # Streamlit also drops visits itself, if there are too many or after a sign-out.
        known = {info.session.id for info in sessions.list_sessions()}
        over += [visit for visit in list(self._held) if visit not in known and visit not in over]
        for visit in over:
            self._end(visit)
        return over

    def end_all(self) -> None:
        """Close the registered work of all visits."""
        for visit in list(self._held):
            self._end(visit)

    def _end(self, visit: str) -> None:
        self._gone_since.pop(visit, None)
        for work in list(self._held.pop(visit, ())):
            try:
                work.close()
            except OSError:
                log.exception("the files of a visit could not be deleted")
        for on_end in self._listeners:
            on_end(visit)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Delete folders of dead servers, then check for ended visits until the server stops; end all visits then."""
        await asyncio.to_thread(remove_left_behind)
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            self.end_all()

    async def _watch(self) -> None:
        swept = time.monotonic()
        while True:
            await asyncio.sleep(POLL_INTERVAL_S)
            await _end_idle_threads()
            if exists() and self.end_disconnected(get_instance()._session_mgr, time.monotonic()):
                await asyncio.to_thread(release_memory)
            if time.monotonic() - swept > SWEEP_INTERVAL_S:
                swept = time.monotonic()
                await asyncio.to_thread(remove_left_behind)


async def _end_idle_threads() -> None:
    """Let AnyIO, whose threads serve the app's files, end threads that have long been idle; it does so on each call."""
    await anyio.to_thread.run_sync(time.monotonic)


visit_cleanup = VisitCleanup()
"""The instance of this server."""
