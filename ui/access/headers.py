"""Adds security headers to responses, and blocks Streamlit's metrics, which need no sign-in."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.guard import NO_FILE, path_below

METRICS = ("_stcore", "metrics")
"""Path of Streamlit's own metrics, open to everyone; the app's are at ``/metrics`` and need a token."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit's pages have inline scripts, and Vega compiles the expressions of charts.
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
    """ASGI middleware that adds :data:`HEADERS` to responses, and answers 404 for :data:`METRICS`.

    Args:
        app: The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        asks_metrics = (path_below(Request(scope), METRICS[0]) or "").strip("/") == METRICS[1]
        app = PlainTextResponse(NO_FILE, 404) if asks_metrics else self._app
        await app(scope, receive, with_headers)
