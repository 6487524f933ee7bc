"""Middleware that returns to the requested page after sign-in.

Streamlit always redirects to the app's home page after sign-in. :class:`LoginRedirect` stores the requested page, such
as a link to an analysis, in a short-lived cookie and redirects there instead.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access.guard import path_below, visitor_of

COOKIE = "wanted_page"
_CALLBACK = "oauth2callback"
_KEPT_S = 600
# Only names of the app's own pages, so a forged cookie cannot redirect elsewhere; empty is Home.
_PAGE = re.compile(r"([a-z_]+(\?[\x21-\x7e]{1,1000})?)?")


class LoginRedirect:
    """ASGI middleware; see the module's docstring.

    Args:
        app: The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the cookie or the redirect to the answer."""
        if scope["type"] == "http" and scope["method"] == "GET":
            request = Request(scope)
            if path_below(request) == _CALLBACK:
                send = _redirecting(request, send)
            elif "text/html" in request.headers.get("accept", "") and visitor_of(request.cookies) is None:
                send = _remembering(request, send)
        await self._app(scope, receive, send)


def _remembering(request: Request, send: Send) -> Send:
    """Return a ``send`` that stores the requested page in a cookie."""
    page = path_below(request) or ""
    if page and request.url.query:
        page += f"?{request.url.query}"
    if not _PAGE.fullmatch(page):  # such as the provider's callback
        return send

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", _cookie(request, page))
        await send(message)

    return send_with_cookie


def _redirecting(request: Request, send: Send) -> Send:
    """Return a ``send`` that redirects to the stored page."""
    page = unquote(request.cookies.get(COOKIE, ""))

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["location"] = headers.get("location", "/").rstrip("/") + "/" + page
            headers.append("set-cookie", _cookie(request, ""))
        await send(message)

    return send_with_cookie if page and _PAGE.fullmatch(page) else send


def _cookie(request: Request, page: str) -> str:
    """Return a ``set-cookie`` header that stores a page; for Home, one that deletes the cookie."""
    answer = Response()
    # Lax, because the provider returns to the app by a cross-site link.
    options: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": request.url.scheme == "https"}
    if page:
        answer.set_cookie(COOKIE, quote(page, safe=""), _KEPT_S, **options)
    else:
        answer.delete_cookie(COOKIE, **options)
    return answer.headers["set-cookie"]
