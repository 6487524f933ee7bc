"""The route ``/metrics`` of the app's own server, for Prometheus: there for whoever bears the token, and else not.

The address of who asks says nothing here: behind a reverse proxy everybody comes from this machine. So the route is off
until ``EMOTION_METRICS_TOKEN`` holds at least 16 characters, and then asks for them.
"""

from __future__ import annotations

import secrets

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from emotion.monitoring.exposition import Exposition
from emotion.settings import read_settings

ADDRESS = "/metrics"


def metrics_route(exposition: Exposition | None = None) -> Route:
    """Return the route, for the server to be made with.

    Args:
        exposition: What is told (default: of the library that the environment names).

    Raises:
        SettingsError: The token is too short.
    """
    token, told = read_settings().metrics_token, exposition or Exposition()

    # Not a coroutine: the server runs it on a thread, as the database may take its time.
    def answer(request: Request) -> Response:
        if token is None:
            return PlainTextResponse("Not Found", 404)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": "Bearer"})
        return Response(told.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})

    return Route(ADDRESS, answer, methods=["GET"])
