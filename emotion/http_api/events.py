"""``GET /jobs/{id}/events``: the progress of a job as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from emotion.errors import EmotionError
from emotion.http_api.auth import ContextOf, OwnRepository
from emotion.http_api.jobs import JobId, show
from emotion.http_api.problems import problem_of
from emotion.library import Repository, State

router = APIRouter(tags=["jobs"])
MEDIA_TYPE = "text/event-stream"
POLL_INTERVAL_S = 0.5
KEEP_ALIVE_S = 15.0
_EXAMPLE = 'event: job\nid: 1\ndata: {"id": "…", "state": "running", …}\n\nevent: end\ndata: over\n\n'


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    summary="Follow a job",
    # No schema: OpenAPI 3.1 cannot describe single events, and tools would take the whole stream for one string.
    responses={200: {"description": "Server-sent events.", "content": {MEDIA_TYPE: {"example": _EXAMPLE}}}},
)
async def follow_job(
    request: Request,
    repository: OwnRepository,
    context: ContextOf,
    job_id: JobId,
    wait_s: Annotated[float, Query(gt=0, le=3600, description="End the stream after this many seconds.")] = 300.0,
) -> StreamingResponse:
    """Send `event: job` with the job as `data` whenever it changes, until it is over; then `event: end`."""
    await anyio.to_thread.run_sync(show, repository, job_id, request)
    counted = ExitStack()
    counted.enter_context(context.request_limits.stream(repository.owner))
    return _CountedStream(_events(request, repository, job_id, time.monotonic() + wait_s), counted)


class _CountedStream(StreamingResponse):
    """A stream of events that is counted until it ends, even if the client leaves before the first event."""

    def __init__(self, events: AsyncIterator[str], counted: ExitStack) -> None:
        super().__init__(events, media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted:
            await super().__call__(scope, receive, send)


async def _events(request: Request, repository: Repository, job_id: str, until_s: float) -> AsyncIterator[str]:
    last, number, sent_s = "", 0, time.monotonic()
    while True:
        try:
            job = await anyio.to_thread.run_sync(show, repository, job_id, request)
        except EmotionError as error:  # it was deleted, or the database is unavailable
            yield f"event: error\ndata: {problem_of(error).code}\n\n"
            return
        if (text := job.model_dump_json()) != last:
            last, number, sent_s = text, number + 1, time.monotonic()
            yield f"event: job\nid: {number}\ndata: {text}\n\n"
        if State(job.state).is_over:
            yield "event: end\ndata: over\n\n"
            return
        if time.monotonic() >= until_s:
            yield "event: end\ndata: timeout\n\n"
            return
        if time.monotonic() - sent_s > KEEP_ALIVE_S:
            sent_s = time.monotonic()
            yield ": alive\n\n"
        await asyncio.sleep(POLL_INTERVAL_S)
