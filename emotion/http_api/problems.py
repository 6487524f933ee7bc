"""Errors as ``application/problem+json`` (RFC 9457), each with a code for programs and the request's ID."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from emotion.bad_file import sentence_for, with_name
from emotion.errors import (
    EmotionError,
    ImageError,
    InputError,
    LabelError,
    LibraryError,
    ModelError,
    ServingError,
    SettingsError,
    TimelineError,
    TooLargeError,
    UnknownAnalysisError,
    VideoError,
    brief,
)
from emotion.http_api.request_ids import request_id_of
from emotion.library.owners.idempotency import KeyInUseError, KeyReusedError

MEDIA_TYPE = "application/problem+json"
RETRY_S = 5
_UNEXPECTED = "The request failed unexpectedly; the server's log has the reason under the request's ID."
_CLOSED = 499
"""The client closed the connection; nobody reads this answer."""

_KINDS: tuple[tuple[type[EmotionError], int, str], ...] = (
    (UnknownAnalysisError, 404, "unknown_job"),
    (KeyInUseError, 409, "idempotency_key_in_use"),
    (KeyReusedError, 422, "idempotency_key_of_another_request"),
    (TooLargeError, 413, "too_large"),
    (ImageError, 422, "unreadable_picture"),
    (VideoError, 422, "unreadable_video"),
    (ModelError, 422, "unknown_model"),
    (InputError, 422, "bad_input"),
    (LabelError, 422, "bad_input"),
    (TimelineError, 500, "damaged_result"),
    (ServingError, 503, "model_server_away"),
    (LibraryError, 503, "library_away"),
    (SettingsError, 503, "settings"),
)
"""Status and code of each kind of error; the first match counts."""

_EXPECTED = {
    "greater_than": "a number greater than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} values",
    "string_pattern_mismatch": "text of the form {pattern}",
}
"""Type of a pydantic error → what was expected, with the error's ``ctx`` filled in."""

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818 – named after the RFC's term
    """An error response.

    Args:
        status: HTTP status.
        code: Error code, for programs.
        detail: One sentence, for people.
        headers: Headers of the response.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}

    @classmethod
    def too_many(cls, detail: str) -> Problem:
        """Return the error for a client that should retry later."""
        return cls(429, "too_many_requests", f"{detail}; try again later", {"Retry-After": str(RETRY_S)})

    @classmethod
    def unauthorized(cls, detail: str) -> Problem:
        """Return the error for a request without a valid token."""
        return cls(401, "unauthorized", detail, {"WWW-Authenticate": "Bearer"})


def problem_of(error: EmotionError) -> Problem:
    """Return the response to an error of this package."""
    status, code = next(((status, code) for kind, status, code in _KINDS if isinstance(error, kind)), (500, "failed"))
    headers = {"Retry-After": str(RETRY_S)} if status in {409, 503} else {}
    return Problem(status, code, str(error), headers)


def unreadable(error: Exception, name: str, expected: str) -> Problem:
    """Return the response to an unexpected error of a file's decoder."""
    return Problem(422, "unreadable_file", with_name(sentence_for(error, name, expected), name))


def _invalid_value(error: Mapping[str, Any]) -> str:
    """Return a sentence about an invalid parameter: what was expected, and what came.

    Args:
        error: One of pydantic's errors, such as ``{"type": "greater_than_equal", "ctx": {"ge": 1}, "input": "0", …}``.
    """
    wording, bounds = _EXPECTED.get(error["type"]), error.get("ctx", {})
    if wording is None:
        return brief(error["msg"])
    return f"expected {wording.format(**bounds)}; got {brief(error['input'])!r}"


def add_handlers(api: FastAPI) -> None:
    """Turn every error into a problem response."""
    api.add_exception_handler(Problem, _on_problem)
    api.add_exception_handler(EmotionError, _on_emotion_error)
    api.add_exception_handler(RequestValidationError, _on_bad_request)
    api.add_exception_handler(HTTPException, _on_http_error)
    api.add_exception_handler(ClientDisconnect, _on_disconnect)
    api.add_exception_handler(Exception, _on_unexpected)


def _answer(problem: Problem, request: Request, **more: Any) -> JSONResponse:
    try:
        title = HTTPStatus(problem.status).phrase
    except ValueError:
        title = "Client Closed Request"
    content = {
        "type": "about:blank",
        "title": title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id_of(request.scope),
    }
    return JSONResponse(content | more, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _answer(error, request)


async def _on_emotion_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, EmotionError)
    problem = problem_of(error)
    if problem.status >= 500:
        log.warning("a request failed: %s", error, extra={"request": request_id_of(request.scope)})
    return _answer(problem, request)


async def _on_bad_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [{"in": list(map(str, each["loc"])), "message": _invalid_value(each)} for each in error.errors()[:20]]
    first = f"{'.'.join(errors[0]['in'][1:])}: {errors[0]['message']}" if errors else "the request is malformed"
    return _answer(Problem(422, "bad_parameter", first), request, errors=errors)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    problem = Problem(error.status_code, code, brief(error.detail), dict(error.headers or {}))
    return _answer(problem, request)


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    del error  # RequestIds logs it
    return _answer(Problem(500, "unexpected", _UNEXPECTED), request)


async def _on_disconnect(request: Request, error: Exception) -> JSONResponse:
    del error
    return _answer(Problem(_CLOSED, "client_closed_request", "the request was interrupted"), request)
