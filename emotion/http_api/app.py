"""The API as an ASGI application."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from emotion.http_api import events, images, jobs, results, videos
from emotion.http_api.auth import CallerOf
from emotion.http_api.context import ApiContext
from emotion.http_api.problems import MEDIA_TYPE, add_handlers
from emotion.http_api.request_ids import RequestIds
from emotion.http_api.schemas import Health, ModelOut, ProblemOut
from emotion.models.registry import list_models, load_card, resolve
from emotion.version import program_version

ADDRESS = "/api/v1"
"""Path below which a server mounts the API."""

_ABOUT = """
Finds faces in pictures and videos and classifies their expressions, on this machine.

An expression is what a face shows, not what a person feels. Everyone shown must know and agree.
"""
_PROBLEMS = {
    401: "No valid token.",
    404: "There is no such thing here.",
    409: "Not now.",
    413: "Over a limit of size, length, queue or storage.",
    422: "The request or its file cannot be used.",
    429: "Too many requests at once.",
    503: "The library or a model does not answer.",
}

root = APIRouter(tags=["server"])


@root.get("/health", summary="Tell whether the server works")
def get_health() -> Health:
    """Needs no token."""
    return Health(status="ok", version=program_version())


@root.get("/models", summary="List the models")
def get_models(caller: CallerOf) -> list[ModelOut]:
    """List the models that a request can choose."""
    del caller
    chosen = resolve("default")
    cards = [load_card(name) for name in list_models()]
    return [
        ModelOut(name=card.name, title=card.title, labels=list(card.labels), default=card.name == chosen)
        for card in cards
    ]


def create_api(context: ApiContext) -> ASGIApp:
    """Return the API, to be mounted at :data:`ADDRESS`.

    Args:
        context: What it needs from its server.
    """
    problem: dict[str, Any] = {"model": ProblemOut, "content": {MEDIA_TYPE: {}}}
    api = FastAPI(
        title="Facial-expression analytics",
        version="1",
        description=_ABOUT,
        # Its pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        responses={status: problem | {"description": text} for status, text in _PROBLEMS.items()},
    )
    api.state.context = context
    add_handlers(api)
    for router in (root, images.router, videos.router, jobs.router, events.router, results.router):
        api.include_router(router)
    return RequestIds(api)
