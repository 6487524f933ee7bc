"""Refuses requests that other websites make through a visitor's browser.

A page of another site can open WebSockets and post to this server. If its host name resolves to this machine (DNS
rebinding), it can even read the responses. Both are refused here, before any other code handles them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emotion.web.hosts import HOSTS, is_foreign, is_named_host

WRONG_HOST = f"This app opens only at localhost. Its administrator can add host names in {HOSTS}."
FOREIGN_ORIGIN = "This request came from another site."

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_POLICY_VIOLATION = 1008

log = logging.getLogger(__name__)


class OriginGuard:
    """ASGI middleware that refuses unknown hosts, and requests from pages of other sites.

    Args:
        app: The wrapped application.
        is_known_host: Returns whether a ``Host`` header names this server.
    """

    def __init__(self, app: ASGIApp, is_known_host: Callable[[str], bool] | None = None) -> None:
        self._app, self._is_known_host = app, is_known_host or is_named_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on to the app."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _changes_something(scope) and is_foreign(headers.get("origin"), host, scope["scheme"]):
            await _refuse(scope, receive, send, FOREIGN_ORIGIN, 403)
        elif not self._is_known_host(host):
            await _refuse(scope, receive, send, WRONG_HOST, 421)
        else:
            await self._app(scope, receive, send)


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str, status: int) -> None:
    # Headers may contain anything, so they are not logged.
    log.info("a request was refused", extra={"status": status, "kind": scope["type"]})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})
    else:
        await PlainTextResponse(reason, status)(scope, receive, send)
