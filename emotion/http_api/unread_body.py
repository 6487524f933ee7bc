"""Reads the rest of a request's body before an error is answered.

A server that closes a connection while its client still sends makes the client report a broken connection, and the
answer is lost.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion.limits import MEGA

LONGEST_S = 3.0
"""After this time the error is answered even though the client still sends."""
LARGEST_MB = 16
"""Larger rests are cut off."""
_FIRST_ERROR = 400


class UnreadBody:
    """ASGI middleware: receives and discards what an error leaves unread.

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
    """Return whether a body comes without being asked for; ``Expect`` waits for the server's word."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return has_body and "expect" not in headers


async def _discard(receive: Receive) -> None:
    left, comes_more = LARGEST_MB * MEGA, True
    try:
        async with asyncio.timeout(LONGEST_S):
            while comes_more and left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                comes_more = message.get("more_body", False)
    except TimeoutError:
        pass  # The client is too slow for its answer to wait any longer.
