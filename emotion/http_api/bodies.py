"""Receives a file from a request's body on disk, within the limits of the app."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import anyio.to_thread
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.types import Message

from emotion.http_api.auth import Caller
from emotion.http_api.problems import Problem
from emotion.http_api.room import Room
from emotion.limits import limits

FORM, RAW = "multipart/form-data", "application/octet-stream"
_FORM_BYTES = 10_000
"""At most what a form adds to its file."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came.

    Attributes:
        name: Its name for display; never a path.
        file: Its content, at the beginning.
        size: Bytes.
        sha256: Of the content, hexadecimal.
    """

    name: str
    file: BinaryIO
    size: int
    sha256: str


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
            "description": f"The {kind} file: as the whole body, or as the field `file` of a form.",
            "content": {FORM: {"schema": form}} | {each: {"schema": binary} for each in (f"{kind}/*", RAW)},
        }
    }


@asynccontextmanager
async def receiving(request: Request, caller: Caller, room: Room, name: str) -> AsyncIterator[Received]:
    """Receive a file, and delete the temporary copy afterwards.

    Args:
        request: The request.
        caller: Who sent it.
        room: What requests may hold.
        name: Name of the file, unless a form names it.

    Raises:
        Problem: It is not a file, or there is no room.
        TooLargeError: It is too large, or the disk is too full.
    """
    with room.request(caller.owner):
        counted = _Counted(request, caller.owner, room, name)
        try:
            counted.check_announced()
            is_form = request.headers.get("content-type", "").lower().startswith(FORM)
            async with _form_file(counted) if is_form else _raw_file(counted) as (given, file):
                size, digest = await anyio.to_thread.run_sync(_measure, file)
                if not size:
                    raise Problem(422, "empty_body", "expected a file; the body is empty")
                yield Received(given or name, file, size, digest)
        finally:
            counted.release()


class _Counted:
    """A request whose body is counted while it arrives."""

    def __init__(self, request: Request, owner: str, room: Room, name: str) -> None:
        self._owner, self._room, self._name, self._limits = owner, room, name, limits()
        self._receive = request.receive
        self._size = 0
        self.request = Request(request.scope, self._next)

    def check_announced(self) -> None:
        """Refuse a body that announces too much, before its first byte."""
        announced = self.request.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self._limits.check_size(size - _FORM_BYTES, self._name)
        self._limits.check_free(Path(tempfile.gettempdir()), size)

    def release(self) -> None:
        """Count the bytes as gone."""
        self._room.take_bytes(self._owner, -self._size)

    async def _next(self) -> Message:
        message = await self._receive()
        if size := len(message.get("body", b"")):
            self._size += size
            self._room.take_bytes(self._owner, size)
            self._limits.check_size(self._size - _FORM_BYTES, self._name)
        return message


@asynccontextmanager
async def _raw_file(counted: _Counted) -> AsyncIterator[tuple[str, BinaryIO]]:
    with tempfile.TemporaryFile() as file:
        async for block in counted.request.stream():
            await anyio.to_thread.run_sync(file.write, block)
        yield "", cast(BinaryIO, file)


@asynccontextmanager
async def _form_file(counted: _Counted) -> AsyncIterator[tuple[str, BinaryIO]]:
    async with counted.request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise Problem(422, "no_file", "expected a form with a file in its field named file")
        yield upload.filename or "", upload.file


def _measure(file: BinaryIO) -> tuple[int, str]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return size, digest.hexdigest()
