"""Serves videos piece by piece, by a route of the app's own server (``server.py``).

Streamlit's media endpoint answers a browser's "from here to the end" with all of it at once, so that the server holds
one and a half times the file for every reader; a player that has read enough for now lets it wait there.

An address alone gives nothing: who asks for it must be whom it was made for, as the browser's signed cookie says
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
    """Files with addresses that nobody guesses, each for one owner; served until the file is deleted.

    Attributes:
        is_served: Whether a server has the route; an app that is run without it has none.
    """

    def __init__(self) -> None:
        self.is_served = False
        self._tokens: dict[tuple[str, Path], str] = {}
        self._files: dict[str, tuple[str, Path]] = {}

    def route(self) -> Route:
        """Return the route, for the server to be made with."""
        self.is_served = True
        return Route(below_base(f"{_FOLDER}/{{token}}"), self._answer, methods=["GET", "HEAD"])

    def address(self, path: Path, visitor: Visitor) -> str:
        """Return the address of a file: the same one every time, so that a player goes on with what it has.

        Args:
            path: The file.
            visitor: For whom it is, and for nobody else.
        """
        file = visitor.owner, path.absolute()
        token = self._tokens.setdefault(file, secrets.token_urlsafe(24))
        self._files[token] = file
        return below_base(f"{_FOLDER}/{token}")

    async def _answer(self, request: Request) -> Response:
        owner, path = self._files.get(request.path_params["token"], (None, Path()))
        visitor = visitor_of(request.cookies)
        # One answer for what is not there and for what is not theirs.
        if visitor is None or visitor.owner != owner or not path.is_file():
            return PlainTextResponse(NO_FILE, 404, {"Cache-Control": "no-store"})
        # Whoever comes next may not read it from a shared computer's disk.
        return FileResponse(path, media_type="video/mp4", headers={"Cache-Control": "no-store"})


def below_base(address: str) -> str:
    """Return an address of this server as browsers ask for it: below the path at which the app is served."""
    return make_url_path(config.get_option("server.baseUrlPath") or "", address)


video_files = VideoFiles()
"""Those of this process, in which the server and the pages' scripts run alike."""
