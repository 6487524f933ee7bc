"""Limits what a browser sends over the WebSocket, which Streamlit keeps in memory for as long as the visit lasts.

Streamlit takes messages of up to 200 MB, as large as those it sends. What a page sends back are values of widgets.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 16 << 20
"""Far above the largest selection in a chart of a long video."""
TOO_BIG = 1009
"""Close code for messages that are too big (RFC 6455)."""


class MessageGuard:
    """ASGI middleware: ends a WebSocket that brings a message above :data:`MAX_BYTES`.

    Args:
        app: What answers what is let through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app receive messages up to the first that is too large."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        ended = False

        async def limited_receive() -> Message:
            nonlocal ended
            message = await receive()
            if len(message.get("bytes") or message.get("text") or b"") <= MAX_BYTES:
                return message
            ended = True
            await send({"type": "websocket.close", "code": TOO_BIG})
            return {"type": "websocket.disconnect", "code": TOO_BIG}

        async def open_send(message: Message) -> None:
            if not ended:
                await send(message)

        await self._app(scope, limited_receive, open_send)
