"""Middleware that checks access to media files and uploads, which no page script sees.

Streamlit serves ``/media/…`` (downloads, pictures, the player's data) and takes uploads from anyone who knows the
address. With sign-in, :class:`Guard` admits only visitors identified by the browser's signed cookie, and only to files
that their own pages added. It reads the cookie with Streamlit's own functions, so both always agree.
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

NO_FILE = "File not found."
_MEDIA, UPLOADS = "media", "_stcore/upload_file"
_ANYBODY = ""
_MANY = 10_000

log = logging.getLogger(__name__)


def visitor_of(cookies: Mapping[str, str]) -> Visitor | None:
    """Return who sent a request; None for anyone who is not signed in or not allowed.

    Args:
        cookies: The request's cookies.
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
    """Return the claims in the signed cookie; none if it is missing, invalid or another app's."""
    secret = get_cookie_secret()

    def decoded(name: str) -> bytes | None:
        # HTTP headers are Latin-1.
        value = cookies.get(name, "").encode("latin-1", "replace")
        return decode_signed_value(secret, name, value) if value else None

    content = get_cookie_with_chunks(decoded, USER_COOKIE_NAME)
    if content is None:
        return {}
    claims = json.loads(content)
    return claims if claims.get("origin") == get_origin_from_redirect_uri() else {}


class MediaOwners:
    """Records which visitor's page added each media file. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[str, set[str]] = {}
        self._watched: MediaFileManager | None = None

    def watch(self, manager: MediaFileManager) -> None:
        """Record the owner of every file added from now on; calling it again for the same manager does nothing."""
        with self._lock:
            if manager is self._watched:
                return
            self._watched = manager
        add, defer, execute = manager.add, manager.add_deferred, manager.execute_deferred

        def recorded_add(*args: Any, **options: Any) -> str:
            return self._record(add(*args, **options), _current_owner())

        def recorded_defer(*args: Any, **options: Any) -> str:
            return self._record(defer(*args, **options), _current_owner())

        def recorded_execute(file_id: str) -> str:
            # Runs on a thread without a session: the file belongs to those it was deferred for.
            address = execute(file_id)
            for owner in self._owners_of(file_id):
                self._record(address, owner)
            return address

        # Every element adds its files through this manager, so none escapes.
        manager.add, manager.add_deferred, manager.execute_deferred = (  # type: ignore[method-assign]
            recorded_add,
            recorded_defer,
            recorded_execute,
        )

    def may_have(self, name: str, visitor: Visitor | None) -> bool:
        """Return whether a visitor may read a file. Files of the sign-in page, such as the logo, are public.

        Args:
            name: The file's name, with or without its extension.
            visitor: Who asks; None if not signed in.
        """
        owners = self._owners_of(name)
        return _ANYBODY in owners or (visitor is not None and visitor.owner in owners)

    def _owners_of(self, name: str) -> frozenset[str]:
        with self._lock:
            return frozenset(self._owners.get(_file_id(name), ()))

    def _record(self, address: str, owner: str) -> str:
        with self._lock:
            self._owners.setdefault(_file_id(address.rpartition("/")[2]), set()).add(owner)
            if len(self._owners) > _MANY:
                self._forget_missing()
        return address

    def _forget_missing(self) -> None:
        assert self._watched is not None
        existing = {name: owners for name, owners in self._owners.items() if self._watched.read_file(name) is not None}
        # Deferred files do not exist yet: keep the newer half, which may still be waiting.
        newer = list(self._owners.items())[-_MANY // 2 :]
        self._owners = existing | {name: owners for name, owners in newer if name not in existing}


def _file_id(name: str) -> str:
    # Strips the extension the way Streamlit does.
    return os.path.splitext(name)[0]  # noqa: PTH122


def _current_owner() -> str:
    """Return the owner of the page that is being drawn; the sign-in page is public."""
    visitor = find_visitor()
    return _ANYBODY if visitor is None else visitor.owner


class Guard:
    """ASGI middleware; see the module's docstring.

    Args:
        app: The wrapped application.
        media: Owners of media files.
    """

    def __init__(self, app: ASGIApp, media: MediaOwners | None = None) -> None:
        self._app, self._media = app, media or MediaOwners()
        settings.mark_guard_installed()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on to the app."""
        if scope["type"] == "lifespan":
            _check_settings()
        elif exists():
            self._media.watch(get_instance().media_file_mgr)
        if scope["type"] == "http":
            await self._answer(Request(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        media, lets_through = path_below(request, _MEDIA), True
        if media is not None and _sign_in_required():
            lets_through, send = self._media.may_have(media, visitor_of(request.cookies)), _uncached(send)
        elif path_below(request, UPLOADS) is not None:
            lets_through = visitor_of(request.cookies) is not None
        answer = self._app if lets_through else PlainTextResponse(NO_FILE, 404)
        await answer(request.scope, receive, send)


def path_below(request: Request, folder: str = "") -> str | None:
    """Return a request's path relative to a folder of the app; None if it lies elsewhere.

    Args:
        request: The request.
        folder: Such as ``"media"``; the app's root if empty.
    """
    path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
    start = make_url_path(config.get_option("server.baseUrlPath") or "", folder).rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else None


def _uncached(send: Send) -> Send:
    """Return a ``send`` that forbids caching, because several people may share a computer."""

    async def send_uncached(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"cache-control", b"no-store")]}
        await send(message)

    return send_uncached


def _sign_in_required() -> bool:
    try:
        return settings.is_required()
    except SettingsError:
        return True


def _check_settings() -> None:
    """Check the settings when the server starts: lock sign-in on if it is configured, and log problems."""
    try:
        if settings.is_required():
            settings.require_from_now_on()
            settings.providers()
            if settings.rules().is_open:
                log.warning("everyone with an account at the sign-in service may enter: [access] allowed is empty")
    except SettingsError as error:
        settings.require_from_now_on()
        log.error("nobody can sign in: %s", error)
    warn_if_exposed(sign_in=_sign_in_required())
