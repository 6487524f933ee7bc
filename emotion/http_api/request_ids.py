"""Gives every request an ID, in the answer's ``X-Request-ID``, in errors and in the log."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = "emotion.request_id"

log = logging.getLogger(__name__)


def request_id_of(scope: Scope) -> str:
    """Return the ID of a request."""
    return str(scope.get(_KEY, ""))


class RequestIds:
    """ASGI middleware: gives each request an ID, and logs its status and duration.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = given if _VALID.fullmatch(given) else uuid.uuid4().hex
        scope[_KEY] = name
        started_s, status = time.monotonic(), 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = name
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception:
            log.exception("a request failed unexpectedly", extra={"request": name})
            # Starlette re-raises an error after answering 500. Any other response was cut off: close the connection.
            if status != 500:
                raise
        # No path, query or token: they may hold personal data.
        took_ms = round((time.monotonic() - started_s) * 1000, 1)
        log.info("a request was answered", extra={"request": name, "status": status, "ms": took_ms})
