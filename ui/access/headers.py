"""Adds headers that tell browsers what the app's pages may do, and closes Streamlit's open figures."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.guard import NO_FILE, below

METRICS = ("_stcore", "metrics")
"""Streamlit's own figures, for whoever asks; the app's are at ``/metrics``, for whoever bears the token."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit's pages carry inline scripts, and Vega compiles expressions of charts.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


class SecurityHeaders:
    """ASGI middleware: see above.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and add to what it says."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        closed = (below(Request(scope), METRICS[0]) or "").strip("/") == METRICS[1]
        app = PlainTextResponse(NO_FILE, 404) if closed else self._app
        await app(scope, receive, with_headers)
