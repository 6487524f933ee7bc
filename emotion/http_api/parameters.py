"""Refuses unknown query parameters, as a misspelt one would silently be ignored."""

from __future__ import annotations

from fastapi import Request

from emotion.errors import brief
from emotion.http_api.problems import Problem


# A coroutine, because FastAPI runs plain functions on another thread.
async def expect_known_parameters(request: Request) -> None:
    """Check the names of a request's query parameters against the API's description.

    Raises:
        Problem: The path does not have one of them (status 422).
    """
    if not request.query_params:
        return
    method = "get" if request.method == "HEAD" else request.method.lower()
    operation = request.app.openapi()["paths"][request.scope["route"].path][method]
    known = sorted(each["name"] for each in operation.get("parameters", []) if each["in"] == "query")
    if unknown := [name for name in request.query_params if name not in known]:
        expected = f"a parameter out of {', '.join(known)}" if known else "no parameters"
        raise Problem(422, "bad_parameter", f"expected {expected}; got {brief(unknown[0])!r}")
