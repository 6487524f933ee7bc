"""The API as an ASGI application."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from emotion.http_api import events, images, jobs, results, videos
from emotion.http_api.auth import find_repository
from emotion.http_api.context import ApiContext
from emotion.http_api.parameters import expect_known_parameters
from emotion.http_api.problems import MEDIA_TYPE, add_handlers
from emotion.http_api.request_ids import RequestIds
from emotion.http_api.schemas import Health, ModelOut, ProblemOut
from emotion.http_api.unread_body import UnreadBody
from emotion.models.registry import readable_cards, resolve
from emotion.version import program_version

ADDRESS = "/api/v1"
"""Path below which a server mounts the API."""

_ABOUT = """
Finds faces in pictures and videos and classifies their expressions, on this machine.

An expression is what a face shows, not what a person feels. Everyone shown must know and agree.
"""
_PROBLEMS = {
    400: "The form is malformed.",
    401: "No valid token.",
    404: "Not found.",
    409: "Not possible in the current state.",
    413: "A limit is exceeded: size, length, queue or storage.",
    422: "The request or its file is invalid.",
    429: "Too many requests at once.",
    503: "The library or the model server is unavailable.",
}

root = APIRouter(tags=["server"])


@root.head("/health", include_in_schema=False)  # which many uptime monitors send
@root.get("/health", summary="Check that the server works")
def get_health() -> Health:
    """No token is needed."""
    return Health(status="ok", version=program_version())


@root.get("/models", summary="List the models", dependencies=[Depends(find_repository)])
def get_models() -> list[ModelOut]:
    """List the models that a request can choose."""
    chosen = resolve("default")
    return [
        ModelOut(name=card.name, title=card.title, labels=list(card.labels), default=card.name == chosen)
        for card in readable_cards()
    ]


def create_api(context: ApiContext) -> ASGIApp:
    """Return the API, to be mounted at :data:`ADDRESS`.

    Args:
        context: What the API needs from its server.
    """
    problem: dict[str, Any] = {"model": ProblemOut, "content": {MEDIA_TYPE: {}}}
    api = FastAPI(
        title="Facial-expression analytics",
        version="1",
        description=_ABOUT,
        # The generated pages load scripts from a CDN.
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(expect_known_parameters)],
        responses={status: problem | {"description": text} for status, text in _PROBLEMS.items()},
    )
    api.state.context = context
    add_handlers(api)
    for router in (root, images.router, videos.router, jobs.router, events.router, results.router):
        api.include_router(router)
    return UnreadBody(RequestIds(api))
