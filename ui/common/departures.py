"""Ends visits whose browser has gone, by the clock, so that nothing of them stays on an idle server.

Streamlit forgets a visit that has ended only when the next one comes, and Python deletes its files only when it
collects garbage. Here each visit's background work registers itself, and is closed :data:`KEPT_S` after the browser has
gone, when the server stops, or, after a crash, when the next server starts (:mod:`ui.common.visit_files`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionManager

from ui.common.visit_files import remove_left_behind

KEPT_S = 45.0
"""For so long a browser that lost its connection finds its visit as it was."""
POLL_INTERVAL_S = 5.0
SWEEP_INTERVAL_S = 60.0

log = logging.getLogger(__name__)


class Closable(Protocol):
    """Work that holds files."""

    def close(self) -> None:
        """Stop, and delete the files."""
        ...


class Departures:
    """Notices visits that are over, and closes what they held. Used from the server's event loop and page threads."""

    def __init__(self) -> None:
        self._held: dict[str, weakref.WeakSet[Closable]] = {}
        self._gone_since: dict[str, float] = {}
        self._listeners: list[Callable[[str], None]] = []

    def hold(self, work: Closable) -> None:
        """Have work closed when the visit ends whose page is running; without a page, whoever made it closes it."""
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None:
            self._held.setdefault(context.session_id, weakref.WeakSet()).add(work)

    def listen(self, on_end: Callable[[str], None]) -> None:
        """Call ``on_end`` with the id of each visit that has ended."""
        self._listeners.append(on_end)

    def look(self, sessions: SessionManager, now: float) -> list[str]:
        """End the visits whose browser has been gone for :data:`KEPT_S`, and return their ids.

        Args:
            sessions: Streamlit's.
            now: Seconds of a monotonic clock.
        """
        waiting = {info.session.id for info in sessions.list_sessions()}
        waiting -= {info.session.id for info in sessions.list_active_sessions()}
        self._gone_since = {visit: self._gone_since.get(visit, now) for visit in waiting}
        over = [visit for visit, since in self._gone_since.items() if now - since >= KEPT_S]
        for visit in over:
            sessions.close_session(visit)
        # Streamlit also drops visits by itself, when their number or a sign-out asks for it.
        known = {info.session.id for info in sessions.list_sessions()}
        over += [visit for visit in list(self._held) if visit not in known and visit not in over]
        for visit in over:
            self._end(visit)
        return over

    def end_all(self) -> None:
        """Close everything that any visit holds."""
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
        """Look for visits that are over for as long as the server runs; then end all."""
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
            if exists():
                self.look(get_instance()._session_mgr, time.monotonic())
            if time.monotonic() - swept > SWEEP_INTERVAL_S:
                swept = time.monotonic()
                await asyncio.to_thread(remove_left_behind)


departures = Departures()
"""Of this server."""
