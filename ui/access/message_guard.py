"""Limits the size of WebSocket messages from browsers, which Streamlit keeps in memory until the visit ends.

Streamlit accepts up to 200 MB, the limit of its own messages, but pages only send the values of widgets.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 16 << 20
"""Maximum size of a message; a selection in the chart of a long video is far smaller."""
TOO_BIG = 1009
"""Close code for messages that are too big (RFC 6455)."""


class MessageGuard:
    """ASGI middleware: closes a WebSocket after a message larger than :data:`MAX_BYTES`.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass messages on until one is too large."""
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
