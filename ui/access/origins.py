"""Refuses requests that other websites make through a visitor's browser.

A page of another site may open WebSockets and post forms to this server, and with its own name resolved to this
machine (DNS rebinding) it may even read the answers. Both are refused here, before Streamlit sees them: it would look
up this machine's public address on the internet to decide.
"""

from __future__ import annotations

import ipaddress
import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emotion.errors import SettingsError
from emotion.settings import read_settings
from ui.access import settings

HOSTS = "EMOTION_HOSTS"
"""Environment variable: names under which this server is reached beside localhost, separated by commas."""

WRONG_HOST = f"This app opens only at localhost. Its administrator can add host names in {HOSTS}."
FOREIGN_ORIGIN = "This request came from another site."

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_POLICY_VIOLATION = 1008

log = logging.getLogger(__name__)


class OriginGuard:
    """ASGI middleware: see above.

    Args:
        app: What answers what is let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _changes_something(scope) and is_foreign(headers.get("origin"), host, scope["scheme"]):
            await _refuse(scope, receive, send, FOREIGN_ORIGIN, 403)
        elif not is_known_host(host):
            await _refuse(scope, receive, send, WRONG_HOST, 421)
        else:
            await self._app(scope, receive, send)


def is_known_host(host: str) -> bool:
    """Return whether a request's ``Host`` names this server.

    Where visitors sign in, any name does: their cookie is bound to one address. Otherwise only this machine's loopback
    names and those in ``EMOTION_HOSTS`` do, with any port.

    Args:
        host: The header, such as ``localhost:8501`` or ``[::1]:8501``.
    """
    name = _name_of(host)
    # What costs nothing comes first: this is asked of every request, and secrets and settings are read each time.
    if name == "localhost" or _is_loopback(name):
        return True
    try:
        return settings.is_required() or name in _named_hosts()
    except SettingsError:
        return True  # Nobody can enter until the settings are mended.


def is_foreign(origin: str | None, host: str, scheme: str) -> bool:
    """Return whether a browser sent a request from a page of another site; programs send no ``Origin``.

    Args:
        origin: The header; None if there is none.
        host: The ``Host`` header of the same request.
        scheme: Of the request, such as ``http`` or ``wss``. A proxy may have ended TLS, so the origin's own counts as
            well.
    """
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
        sent = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0))
        target = urlsplit(f"//{host}")
        allowed = {(target.hostname or "", target.port or _PORTS.get(one, 0)) for one in (scheme, parts.scheme)}
    except ValueError:  # Not a port, or half an IPv6 address.
        return True
    return sent not in allowed


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


def _named_hosts() -> set[str]:
    return {_name_of(name.strip()) for name in read_settings().hosts.split(",") if name.strip()}


def _name_of(host: str) -> str:
    """Return a ``Host`` header without its port, in lower case; empty if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
        return (parts.hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str, status: int) -> None:
    # What the headers say may be anything, so it stays out of the log.
    log.info("a request was refused", extra={"status": status, "kind": scope["type"]})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})
    else:
        await PlainTextResponse(reason, status)(scope, receive, send)
