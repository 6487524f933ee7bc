"""Serves videos piece by piece, by a route of the app's own server (``server.py``).

Streamlit's media endpoint answers a browser's "from here to the end" with all of it at once, so that the server holds
one and a half times the file for every reader; a player that has read enough for now lets it wait there.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

_FOLDER = "/video-files"


class VideoFiles:
    """Files with addresses that nobody guesses; each is served until it is deleted.

    Attributes:
        is_served: Whether a server has the route; an app that is run without it has none.
    """

    def __init__(self) -> None:
        self.is_served = False
        self._tokens: dict[Path, str] = {}
        self._paths: dict[str, Path] = {}

    def route(self) -> Route:
        """Return the route, for the server to be made with."""
        self.is_served = True
        return Route(f"{_FOLDER}/{{token}}", self._answer, methods=["GET", "HEAD"])

    def address(self, path: Path) -> str:
        """Return the address of a file: the same one every time, so that a player goes on with what it has."""
        path = path.absolute()
        token = self._tokens.setdefault(path, secrets.token_urlsafe(24))
        self._paths[token] = path
        return f"{_FOLDER}/{token}"

    async def _answer(self, request: Request) -> Response:
        path = self._paths.get(request.path_params["token"])
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such video.", 404)
        # Whoever comes next may not read it from a shared computer's disk.
        return FileResponse(path, media_type="video/mp4", headers={"Cache-Control": "no-store"})


video_files = VideoFiles()
"""Those of this process, in which the server and the pages' scripts run alike."""
