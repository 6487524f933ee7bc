"""Leads somebody who signs in to the page that they had asked for, such as an analysis in a link that they were sent.

Streamlit sends whoever has signed in to the app's first page. :class:`LoginRedirect` keeps in a cookie, for as long as
signing in may take, which page a visitor had asked for whom the door sent away, and writes it into that answer.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.guard import below, visitor_of

COOKIE = "wanted_page"
_CALLBACK = "oauth2callback"
_KEPT_S = 600
# The app's own pages by their plain names, so that no cookie leads out of the app; Home is the empty one.
_PAGE = re.compile(r"([a-z_]+(\?[\x21-\x7e]{1,1000})?)?")


class LoginRedirect:
    """Stands before the app's server; see above.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and add to what it says."""
        if scope["type"] == "http" and scope["method"] == "GET":
            request = Request(scope)
            if below(request) == _CALLBACK:
                send = _leading(request, send)
            elif "text/html" in request.headers.get("accept", "") and visitor_of(request.cookies) is None:
                send = _remembering(request, send)
        await self._app(scope, receive, send)


def _remembering(request: Request, send: Send) -> Send:
    """Return ``send`` that keeps which page a visitor asks for who has to sign in first."""
    wanted = below(request) or ""
    if wanted and request.url.query:
        wanted += f"?{request.url.query}"
    if not _PAGE.fullmatch(wanted):  # such as the way to the provider
        return send

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", _cookie(request, wanted))
        await send(message)

    return told


def _leading(request: Request, send: Send) -> Send:
    """Return ``send`` that leads whoever has signed in on to the page that they wanted."""
    wanted = unquote(request.cookies.get(COOKIE, ""))

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["location"] = headers.get("location", "/").rstrip("/") + "/" + wanted
            headers.append("set-cookie", _cookie(request, ""))
        await send(message)

    return told if wanted and _PAGE.fullmatch(wanted) else send


def _cookie(request: Request, wanted: str) -> str:
    """Return the header that keeps a page in mind for a while; for Home, one that forgets what was kept."""
    answer = Response()
    # Lax: the provider, another site, leads back to the app by a link.
    options: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": request.url.scheme == "https"}
    if wanted:
        answer.set_cookie(COOKIE, quote(wanted, safe=""), _KEPT_S, **options)
    else:
        answer.delete_cookie(COOKIE, **options)
    return answer.headers["set-cookie"]
