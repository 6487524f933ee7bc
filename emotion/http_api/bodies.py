"""Receives uploaded files within the app's limits, on disk if they are larger than a megabyte."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.types import Message

from emotion.errors import brief
from emotion.http_api.problems import Problem
from emotion.http_api.request_limits import RequestLimits
from emotion.limits import limits
from emotion.web.form_names import form_name

FORM, RAW = "multipart/form-data", "application/octet-stream"
_FORM_BYTES = 10_000
"""Maximum size of a form besides its file."""


@dataclass(frozen=True, slots=True)
class Received:
    """A received file.

    Attributes:
        name: Name for display; never used as a path.
        file: The content, at its start.
    """

    name: str
    file: BinaryIO


def body_schema(kind: str) -> dict[str, Any]:
    """Return the OpenAPI description of a body that is a file.

    Args:
        kind: ``"image"`` or ``"video"``.
    """
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    return {
        "requestBody": {
            "required": True,
            "description": f"The {kind} file, as the whole body or as the form field `file`.",
            "content": {FORM: {"schema": form}} | {each: {"schema": binary} for each in (f"{kind}/*", RAW)},
        }
    }


@asynccontextmanager
async def receiving(request: Request, owner: str, request_limits: RequestLimits, name: str) -> AsyncIterator[Received]:
    """Receive a file, and delete the temporary copy afterwards.

    Args:
        request: The request.
        owner: ID of the owner that it is for.
        request_limits: Limits of simultaneous requests.
        name: Name of the file, if no form gives one.

    Raises:
        Problem: There is no file, or too many requests are open.
        TooLargeError: The file is too large, or the disk too full.
    """
    with request_limits.request(owner):
        counted = _Counted(request, owner, request_limits, name)
        try:
            counted.check_announced()
            is_form = request.headers.get("content-type", "").lower().startswith(FORM)
            async with _form_file(counted) if is_form else _raw_file(counted) as (given, file):
                if not file.seek(0, os.SEEK_END):
                    raise Problem(422, "empty_body", "expected a file; the body is empty")
                file.seek(0)
                yield Received(given or name, file)
        finally:
            counted.release()


class _Counted:
    """Counts the bytes of a request's body as they arrive."""

    def __init__(self, request: Request, owner: str, request_limits: RequestLimits, name: str) -> None:
        self._owner, self._request_limits, self._name, self._limits = owner, request_limits, name, limits()
        self._receive = request.receive
        self._size = 0
        self.request = Request(request.scope, self._next)

    def check_announced(self) -> None:
        """Refuse a body whose announced size is too large, before its first byte."""
        announced = self.request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self._limits.check_size(size - _FORM_BYTES, self._name)
        self._limits.check_free(Path(tempfile.gettempdir()), size)

    def release(self) -> None:
        """Stop counting the bytes."""
        self._request_limits.take_bytes(self._owner, -self._size)

    async def _next(self) -> Message:
        message = await self._receive()
        if size := len(message.get("body", b"")):
            self._size += size
            self._request_limits.take_bytes(self._owner, size)
            self._limits.check_size(self._size - _FORM_BYTES, self._name)
        return message


@asynccontextmanager
async def _raw_file(counted: _Counted) -> AsyncIterator[tuple[str, BinaryIO]]:
    # The same kind of file as in a form: small ones stay in memory, larger ones are written by another thread.
    with tempfile.SpooledTemporaryFile(MultiPartParser.spool_max_size) as file:
        upload = UploadFile(cast(BinaryIO, file))
        async for block in counted.request.stream():
            await upload.write(block)
        yield "", upload.file


@asynccontextmanager
async def _form_file(counted: _Counted) -> AsyncIterator[tuple[str, BinaryIO]]:
    try:
        form = await counted.request.form(max_files=1, max_fields=10)
    except HTTPException as error:
        raise Problem(400, "bad_form", f"expected a form with one file; {brief(error.detail)}") from error
    try:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise Problem(422, "no_file", "expected a form with a file in its field named file")
        yield form_name(upload.filename or ""), upload.file
    finally:
        await form.close()
