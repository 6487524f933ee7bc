"""A route of the app's server (``server.py``) that streams videos in chunks.

Streamlit's media endpoint answers open-ended range requests with the whole rest of the file, so the server holds 1.5
times the file in memory for every slow reader.

Knowing an address is not enough: the signed cookie must name the visitor it was made for
(``docs/decisions/0008-who-may-enter.md``).
"""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit import config
from streamlit.url_util import make_url_path

from ui.access import NO_FILE, Visitor, visitor_of

_FOLDER = "video-files"


class VideoFiles:
    """Files with unguessable addresses, each for one owner, served until deleted.

    Attributes:
        is_served: Whether a server has the route; false if the app runs without ``server.py``.
    """

    def __init__(self) -> None:
        self.is_served = False
        self._tokens: dict[tuple[str, Path], str] = {}
        self._files: dict[str, tuple[str, Path]] = {}

    def route(self) -> Route:
        """Return the route to add to the server."""
        self.is_served = True
        return Route(below_base(f"{_FOLDER}/{{token}}"), self._answer, methods=["GET", "HEAD"])

    def address(self, path: Path, visitor: Visitor) -> str:
        """Return the address of a file, the same every time, so that a player can reuse its buffer.

        Args:
            path: The file.
            visitor: The only visitor who may read it.
        """
        file = visitor.owner, path.absolute()
        if file not in self._tokens:
            self._forget_deleted()
        token = self._tokens.setdefault(file, secrets.token_urlsafe(24))
        self._files[token] = file
        return below_base(f"{_FOLDER}/{token}")

    def _forget_deleted(self) -> None:
        # Copies, because the scripts of other visitors add files meanwhile.
        for token, file in list(self._files.items()):
            if not file[1].is_file():
                self._tokens.pop(file, None)
                self._files.pop(token, None)

    async def _answer(self, request: Request) -> Response:
        owner, path = self._files.get(request.path_params["token"], (None, Path()))
        visitor = visitor_of(request.cookies)
        # Same answer for missing files and for other visitors' files.
        if visitor is None or visitor.owner != owner or not path.is_file():
            return PlainTextResponse(NO_FILE, 404, {"Cache-Control": "no-store"})
        # No caching, because several people may share a computer.
        return FileResponse(path, media_type="video/mp4", headers={"Cache-Control": "no-store"})


def below_base(address: str) -> str:
    """Return an address of this server below the app's base path."""
    return make_url_path(config.get_option("server.baseUrlPath") or "", address)


video_files = VideoFiles()
"""The files of this process, shared by server and page scripts."""
