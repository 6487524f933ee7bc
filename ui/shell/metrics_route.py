"""The ``/metrics`` route for Prometheus, protected by a bearer token.

Client addresses prove nothing behind a reverse proxy, so the route answers 404 until ``EMOTION_METRICS_TOKEN`` has at
least 16 characters, and then requires it.
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
    """Return the route to add to the server.

    Args:
        exposition: Metrics to serve (default: of the library that the environment names).

    Raises:
        SettingsError: The token is too short.
    """
    token, metrics = read_settings().metrics_token, exposition or Exposition()

    # Not a coroutine: Starlette runs it on a thread, because the database may be slow.
    def answer(request: Request) -> Response:
        if token is None:
            return PlainTextResponse("Not Found", 404)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": "Bearer"})
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})

    return Route(ADDRESS, answer, methods=["GET"])
