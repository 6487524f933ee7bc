"""Limits the memory of visitors' uploads, which Streamlit keeps in memory until a page takes them.

An upload is accepted only at an address that a page issued to the same visit. Its bytes are counted as they arrive,
together with those held for this visit and for all visits.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadFileUrlInfo

from emotion.limits import MEGA, max_upload_mb
from ui.access.guard import NO_FILE, UPLOADS, path_below
from ui.common.visit_cleanup import visit_cleanup

TOO_MUCH = "Too many uploads are waiting. Analyse or clear some of them first."
PER_VISIT, TOGETHER = 2, 8
"""Memory for the uploads of one visit, and of all visits together, as a number of uploads of the maximum size."""

_FORM_BYTES = 10_000
"""Maximum number of bytes that a multipart form adds to its file."""


@dataclass(frozen=True, slots=True)
class UploadMemoryLimits:
    """Maximum number of bytes that uploads may take in memory: for one visit, and for all visits together."""

    visit: float
    together: float


def configured_limits() -> UploadMemoryLimits:
    """Return the limits that follow from ``EMOTION_MAX_UPLOAD_MB``."""
    largest = max_upload_mb() * MEGA
    return UploadMemoryLimits(PER_VISIT * largest, TOGETHER * largest)


class UploadRegistry:
    """Records which upload addresses pages issued, and how many bytes are held and arriving. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: MemoryUploadedFileManager | None = None
        self._issued: dict[str, set[str]] = {}
        self._arriving: dict[str, int] = {}
        visit_cleanup.listen(self.forget)

    def watch(self, uploads: MemoryUploadedFileManager) -> None:
        """Record each address issued from now on; calling it again for the same manager does nothing."""
        if uploads is self._watched:
            return
        self._watched, issue = uploads, uploads.get_upload_urls

        def recorded(session_id: str, file_names: Any) -> list[UploadFileUrlInfo]:
            issued = issue(session_id, file_names)
            with self._lock:
                self._issued.setdefault(session_id, set()).update(each.file_id for each in issued)
            return issued

        uploads.get_upload_urls = recorded  # type: ignore[method-assign]

    def forget(self, visit: str) -> None:
        """Refuse uploads to a visit's addresses from now on."""
        with self._lock:
            self._issued.pop(visit, None)

    def was_issued(self, visit: str, file_id: str) -> bool:
        """Return whether a page issued this address to this visit."""
        with self._lock:
            return file_id in self._issued.get(visit, ())

    def add_arriving(self, visit: str, size: int) -> None:
        """Add to the bytes that are arriving for a visit; a negative size subtracts them once an upload has ended."""
        with self._lock:
            self._arriving[visit] = self._arriving.get(visit, 0) + size
            if not self._arriving[visit]:
                del self._arriving[visit]

    def is_within_limits(self, visit: str, limits: UploadMemoryLimits) -> bool:
        """Return whether the held and arriving bytes of this visit, and of all visits, are within the limits."""
        with self._lock:
            counted = dict(self._arriving)
        for session_id, files in list(self._watched.file_storage.items()) if self._watched else []:
            counted[session_id] = counted.get(session_id, 0) + sum(len(each.data) for each in list(files.values()))
        return counted.get(visit, 0) <= limits.visit and sum(counted.values()) <= limits.together


class UploadGuard:
    """ASGI middleware that answers 404 at addresses that were not issued, and 413 beyond the limits.

    Args:
        app: The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._registry = app, UploadRegistry()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the upload, or pass the request on to the app."""
        if exists() and isinstance(uploads := get_instance().uploaded_file_mgr, MemoryUploadedFileManager):
            self._registry.watch(uploads)
        rest = path_below(Request(scope), UPLOADS) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if rest is None:
            await self._app(scope, receive, send)
            return
        visit, _, file_id = rest.partition("/")
        if self._registry.was_issued(visit, file_id):
            await _Arrival(self._registry, visit, configured_limits()).run(self._app, scope, receive, send)
        else:
            await PlainTextResponse(NO_FILE, 404)(scope, receive, send)


class _Arrival:
    """An upload that is arriving."""

    def __init__(self, registry: UploadRegistry, visit: str, limits: UploadMemoryLimits) -> None:
        self._registry, self._visit, self._limits = registry, visit, limits
        self._counted = self._expected = 0
        self._answered = False

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app read the upload while it is within the limits; answer 413 once it is not."""

        async def counted_receive() -> Message:
            message = await receive()
            self._expected -= len(message.get("body", b""))
            self._count(max(-self._expected, 0))
            return message

        async def recorded_send(message: Message) -> None:
            self._answered = True
            await send(message)

        declared = Request(scope).headers.get("content-length", "")
        try:
            # A declared length counts at once, other bytes as they arrive.
            self._expected = int(declared) if declared.isdecimal() else 0
            self._count(max(self._expected - _FORM_BYTES, 0))
            await app(scope, counted_receive, recorded_send)
        except _LimitExceededError:
            if not self._answered:
                await PlainTextResponse(TOO_MUCH, 413, {"connection": "close"})(scope, receive, send)
        finally:
            self._registry.add_arriving(self._visit, -self._counted)

    def _count(self, total: int) -> None:
        if total > self._counted:
            self._registry.add_arriving(self._visit, total - self._counted)
            self._counted = total
        if not self._registry.is_within_limits(self._visit, self._limits):
            raise _LimitExceededError


class _LimitExceededError(Exception):
    """Raised inside the app while it reads an upload that exceeds the limits."""
