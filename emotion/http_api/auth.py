"""Authenticates requests: a token stands for the owner of one part of the library."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from emotion.http_api.context import ApiContext
from emotion.http_api.problems import Problem
from emotion.library import LOCAL, Repository
from emotion.library.owners.tokens import find_token

_bearer = HTTPBearer(
    auto_error=False,
    description="A token from the About page, or from `emotion serve --new-token`. Without sign-in, and if only this "
    "machine can reach the server, requests without a token use the local library.",
)
_NO_TOKEN = "expected a token in the header Authorization: Bearer …; create one on the About page"
_BAD_TOKEN = "expected a valid token; this one is unknown or expired, or its creator no longer has access"


# A coroutine, because FastAPI runs plain functions on another thread.
async def find_context(request: Request) -> ApiContext:
    """Return the context of the API."""
    context: ApiContext = request.app.state.context
    return context


ContextOf = Annotated[ApiContext, Depends(find_context)]


# Not a coroutine: FastAPI runs it on a thread, because the database may be slow.
def find_repository(
    request: Request, context: ContextOf, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Repository:
    """Return the only part of the library that a request can reach.

    Raises:
        Problem: No valid token (status 401).
    """
    if given is None:
        # Any other Authorization header is a mistake, and must not be treated as the local owner.
        if context.needs_token() or request.headers.get("authorization"):
            raise Problem.unauthorized(_NO_TOKEN)
        return context.open_library().for_owner(LOCAL)
    library = context.open_library()
    token = find_token(library, given.credentials)
    if token is None or not context.may_enter(token):
        raise Problem.unauthorized(_BAD_TOKEN)
    return library.for_owner(token.owner)


OwnRepository = Annotated[Repository, Depends(find_repository)]
