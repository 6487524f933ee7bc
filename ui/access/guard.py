"""Asks of requests that no page answers what pages ask of their visitors: who is it, and is this theirs?

Streamlit answers two kinds of them for whoever knows the address: ``/media/…``, where downloads, pictures and a
player's data lie, and uploads. With sign-in, :class:`Guard` lets through only whom the signed cookie of the browser
names, to what their own pages have put there. The cookie is read by the functions that Streamlit reads it with, so
that both say the same of everyone.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.runtime import exists, get_instance
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.url_util import make_url_path
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from emotion.errors import SettingsError
from ui.access import settings
from ui.access.exposure import warn_if_exposed
from ui.access.rules import LOCAL_VISITOR, Visitor
from ui.access.sign_in import find_visitor, identify

NO_FILE = "There is no such file."
_MEDIA, _UPLOADS = "media", "_stcore/upload_file"
_ANYBODY = ""
_MANY = 10_000

log = logging.getLogger(__name__)


def visitor_of(cookies: Mapping[str, str]) -> Visitor | None:
    """Return who sent a request; None for somebody who has not signed in or may not enter.

    Args:
        cookies: Of the request.
    """
    try:
        if not settings.is_required():
            return LOCAL_VISITOR
        settings.providers()
        found = identify(_claims(cookies))
    except SettingsError:
        return None
    return found if isinstance(found, Visitor) else None


def _claims(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return what the signed cookie says; nothing if there is none, or it is not of this app."""
    secret = get_cookie_secret()

    def decoded(name: str) -> bytes | None:
        # HTTP's own encoding of headers, in which they came.
        value = cookies.get(name, "").encode("latin-1", "replace")
        return decode_signed_value(secret, name, value) if value else None

    content = get_cookie_with_chunks(decoded, USER_COOKIE_NAME)
    if content is None:
        return {}
    claims = json.loads(content)
    return claims if claims.get("origin") == get_origin_from_redirect_uri() else {}


class MediaOwners:
    """Who put which file where Streamlit's media endpoint finds it. May be asked and told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[str, set[str]] = {}
        self._watched: MediaFileManager | None = None

    def watch(self, manager: MediaFileManager) -> None:
        """Note from now on whose page adds a file; watching the same manager again changes nothing."""
        with self._lock:
            if manager is self._watched:
                return
            self._watched = manager
        add, promise, keep = manager.add, manager.add_deferred, manager.execute_deferred

        def noted_add(*args: Any, **options: Any) -> str:
            return self._note(add(*args, **options), _present_owner())

        def noted_promise(*args: Any, **options: Any) -> str:
            return self._note(promise(*args, **options), _present_owner())

        def noted_keep(file_id: str) -> str:
            # On a thread that knows of no visitor: the file is for those to whom it was promised.
            address = keep(file_id)
            for owner in self._of(file_id):
                self._note(address, owner)
            return address

        # The manager that every element of a page asks, so that none can pass by.
        manager.add, manager.add_deferred, manager.execute_deferred = (  # type: ignore[method-assign]
            noted_add,
            noted_promise,
            noted_keep,
        )

    def may_have(self, name: str, visitor: Visitor | None) -> bool:
        """Return whether a visitor may have a file; what is part of the door, such as the logo, everybody may.

        Args:
            name: Of the file, with its ending or without.
            visitor: Who asks.
        """
        owners = self._of(name)
        return _ANYBODY in owners or (visitor is not None and visitor.owner in owners)

    def _of(self, name: str) -> frozenset[str]:
        with self._lock:
            return frozenset(self._owners.get(_file_id(name), ()))

    def _note(self, address: str, owner: str) -> str:
        with self._lock:
            self._owners.setdefault(_file_id(address.rpartition("/")[2]), set()).add(owner)
            if len(self._owners) > _MANY:
                self._forget_gone()
        return address

    def _forget_gone(self) -> None:
        assert self._watched is not None
        there = {name: owners for name, owners in self._owners.items() if self._watched.read_file(name) is not None}
        # What is left may be many files in use; the half that is oldest was hardly promised a moment ago.
        promised = list(self._owners.items())[-_MANY // 2 :]
        self._owners = there | {name: owners for name, owners in promised if name not in there}


def _file_id(name: str) -> str:
    # As Streamlit takes the ending off.
    return os.path.splitext(name)[0]  # noqa: PTH122


def _present_owner() -> str:
    """Return for whom a page is being made; before somebody has come in, it is the door, which everybody sees."""
    visitor = find_visitor()
    return _ANYBODY if visitor is None else visitor.owner


class Guard:
    """Stands before the app's server; see above.

    Args:
        app: What answers.
        media: Who put which file where.
    """

    def __init__(self, app: ASGIApp, media: MediaOwners | None = None) -> None:
        self._app, self._media = app, media or MediaOwners()
        settings.note_guard()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the app answer."""
        if scope["type"] == "lifespan":
            _begin()
        elif exists():
            self._media.watch(get_instance().media_file_mgr)
        if scope["type"] == "http":
            await self._answer(Request(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        media, lets_through = below(request, _MEDIA), True
        if media is not None and _is_shut():
            lets_through, send = self._media.may_have(media, visitor_of(request.cookies)), _not_kept(send)
        elif below(request, _UPLOADS) is not None:
            lets_through = visitor_of(request.cookies) is not None
        answer = self._app if lets_through else PlainTextResponse(NO_FILE, 404)
        await answer(request.scope, receive, send)


def below(request: Request, folder: str = "") -> str | None:
    """Return what of a request's path lies below one of Streamlit's own folders; None if it lies elsewhere.

    Args:
        request: What is asked.
        folder: Such as ``"media"``; the app itself if empty.
    """
    path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
    start = make_url_path(config.get_option("server.baseUrlPath") or "", folder).rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else None


def _not_kept(send: Send) -> Send:
    """Return ``send`` with the word to keep no copy: the next one at a shared computer may be somebody else."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"cache-control", b"no-store")]}
        await send(message)

    return told


def _is_shut() -> bool:
    try:
        return settings.is_required()
    except SettingsError:
        return True


def _begin() -> None:
    """When the server starts: keep sign-in on if it is, and say what is worth a word in the log."""
    try:
        if settings.is_required():
            settings.require_from_now_on()
            settings.providers()
            if settings.rules().is_open:
                log.warning("everybody with an account at the sign-in service may enter: [access] allowed names nobody")
    except SettingsError as error:
        settings.require_from_now_on()
        log.error("nobody can enter: %s", error)
    warn_if_exposed(shut=_is_shut())
