"""Receives the rest of a request's body before an error response is sent.

If a server closes the connection while a client is still sending, most clients report a broken connection and never
read the response.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion.limits import MEGA

LONGEST_S = 3.0
"""Longest time spent receiving; then the error is sent even if the client is still sending."""
LARGEST_MB = 16
"""Most that is received; a client that sends more may find its connection closed."""
_FIRST_ERROR = 400


class UnreadBody:
    """ASGI middleware: before an error response, receives and discards what is left of the request's body.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or not _is_body_sent(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        is_over = False

        async def receive_watched() -> Message:
            nonlocal is_over
            message = await receive()
            is_over = not message.get("more_body", False)
            return message

        async def send_after_body(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _FIRST_ERROR and not is_over:
                await _discard(receive)
            await send(message)

        await self._app(scope, receive_watched, send_after_body)


def _is_body_sent(headers: Headers) -> bool:
    """Return whether the client sends a body without first waiting for ``100 Continue``."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return has_body and "expect" not in headers


async def _discard(receive: Receive) -> None:
    left = LARGEST_MB * MEGA
    with contextlib.suppress(TimeoutError):  # the client is too slow to wait for
        async with asyncio.timeout(LONGEST_S):
            while left > 0 and (message := await receive()).get("more_body", False):
                left -= len(message.get("body", b""))
