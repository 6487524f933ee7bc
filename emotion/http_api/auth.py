"""Finds the owner for whom a request acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from emotion.http_api.context import ApiContext
from emotion.http_api.problems import Problem
from emotion.library import LOCAL, Repository
from emotion.library.owners.tokens import find_token

_bearer = HTTPBearer(
    auto_error=False,
    description="A token from the About page, or from `emotion serve --new-token`. Where nobody signs in and only this "
    "machine can reach the server, requests without a token act for the local library.",
)
_NO_TOKEN = "expected a token in the header Authorization: Bearer …; make one on the About page"
_BAD_TOKEN = "expected a valid token; this one is unknown, has ended, or its maker has no access any more"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes:
        repository: The only part of the library that the request can reach.
    """

    repository: Repository

    @property
    def owner(self) -> str:
        """ID of the owner."""
        return self.repository.owner


def context_of(request: Request) -> ApiContext:
    """Return what the server gave to the API."""
    context: ApiContext = request.app.state.context
    return context


# Not a coroutine: FastAPI runs it on a thread, because the database may be slow.
def find_caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """Return who sent a request.

    Raises:
        Problem: No valid token (status 401).
    """
    context = context_of(request)
    if given is None:
        # Something else than a bearer token is a mistake, not the local owner.
        if context.needs_token() or request.headers.get("authorization"):
            raise Problem.unauthorized(_NO_TOKEN)
        return Caller(context.open_library().for_owner(LOCAL))
    library = context.open_library()
    token = find_token(library, given.credentials)
    if token is None or not context.may_enter(token):
        raise Problem.unauthorized(_BAD_TOKEN)
    return Caller(library.for_owner(token.owner))


CallerOf = Annotated[Caller, Depends(find_caller)]
ContextOf = Annotated[ApiContext, Depends(context_of)]
