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
from ui.access.guard import NO_FILE, UPLOADS, below
from ui.common.departures import departures

TOO_MUCH = "Too many uploads are waiting. Analyse or clear some of them first."
PER_VISIT, TOGETHER = 2, 8
"""How many uploads of the largest size one visit, and all visits together, may hold in memory."""

_FORM_BYTES = 10_000
"""Most bytes that a multipart form adds to its file."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that uploads may hold in memory: for one visit, and for all visits together."""

    visit: float
    together: float


def configured_room() -> Room:
    """Return the limits that follow from ``EMOTION_MAX_UPLOAD_MB``."""
    largest = max_upload_mb() * MEGA
    return Room(PER_VISIT * largest, TOGETHER * largest)


class UploadBook:
    """Records which upload addresses pages issued, and how many bytes are held and arriving. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: MemoryUploadedFileManager | None = None
        self._issued: dict[str, set[str]] = {}
        self._arriving: dict[str, int] = {}
        departures.listen(self.forget)

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

    def note_arrival(self, visit: str, size: int) -> None:
        """Add to a visit's arriving bytes; subtract bytes, with a negative size, once an upload has ended."""
        with self._lock:
            self._arriving[visit] = self._arriving.get(visit, 0) + size
            if not self._arriving[visit]:
                del self._arriving[visit]

    def has_room(self, visit: str, room: Room) -> bool:
        """Return whether the held and arriving bytes of this visit, and of all visits, are within the limits."""
        with self._lock:
            counted = dict(self._arriving)
        for session_id, files in list(self._watched.file_storage.items()) if self._watched else []:
            counted[session_id] = counted.get(session_id, 0) + sum(len(each.data) for each in list(files.values()))
        return counted.get(visit, 0) <= room.visit and sum(counted.values()) <= room.together


class UploadGuard:
    """ASGI middleware that answers 404 at addresses that were not issued, and 413 beyond the limits.

    Args:
        app: The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._book = app, UploadBook()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the upload, or pass the request on to the app."""
        if exists() and isinstance(uploads := get_instance().uploaded_file_mgr, MemoryUploadedFileManager):
            self._book.watch(uploads)
        rest = below(Request(scope), UPLOADS) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if rest is None:
            await self._app(scope, receive, send)
            return
        visit, _, file_id = rest.partition("/")
        if self._book.was_issued(visit, file_id):
            await _Arrival(self._book, visit, configured_room()).run(self._app, scope, receive, send)
        else:
            await PlainTextResponse(NO_FILE, 404)(scope, receive, send)


class _Arrival:
    """An upload that is arriving."""

    def __init__(self, book: UploadBook, visit: str, room: Room) -> None:
        self._book, self._visit, self._room = book, visit, room
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
        except _NoRoomError:
            if not self._answered:
                await PlainTextResponse(TOO_MUCH, 413, {"connection": "close"})(scope, receive, send)
        finally:
            self._book.note_arrival(self._visit, -self._counted)

    def _count(self, total: int) -> None:
        if total > self._counted:
            self._book.note_arrival(self._visit, total - self._counted)
            self._counted = total
        if not self._book.has_room(self._visit, self._room):
            raise _NoRoomError


class _NoRoomError(Exception):
    """Raised inside the app while it reads an upload that exceeds the limits."""
