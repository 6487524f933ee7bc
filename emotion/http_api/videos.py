"""``POST /videos``: queues the analysis of a video."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request, Response

from emotion.errors import EmotionError
from emotion.http_api.auth import CallerOf, ContextOf
from emotion.http_api.bodies import Received, body_schema, receiving
from emotion.http_api.jobs import show
from emotion.http_api.problems import unreadable
from emotion.http_api.schemas import JobOut
from emotion.library import Entry, JobSettings, Repository
from emotion.library.entries import clean_title
from emotion.library.owners.idempotency import IdempotentRequest

router = APIRouter(tags=["videos"])
REPLAYED = "Idempotency-Replayed"


@router.post(
    "/videos",
    status_code=202,
    response_model=JobOut,
    summary="Queue the analysis of a video",
    openapi_extra=body_schema("video"),
    responses={
        202: {
            "headers": {
                "Location": {"description": "Path of the job.", "schema": {"type": "string"}},
                REPLAYED: {"description": "`true` if an earlier request made the job.", "schema": {"type": "string"}},
            }
        }
    },
)
async def add_video(
    request: Request,
    response: Response,
    caller: CallerOf,
    context: ContextOf,
    name: Annotated[str, Query(max_length=300, description="Name of the file, where the body has none.")] = "video",
    title: Annotated[str | None, Query(max_length=300, description="In the library (default: the name).")] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Tags in the library.")] = None,
    model: Annotated[str, Query(max_length=100, description="A name from `/models`, or `default`.")] = "default",
    every: Annotated[int, Query(ge=1, le=10_000, description="Analyse every n-th frame.")] = 1,
    fps: Annotated[
        float | None, Query(gt=0, le=1000, description="At most so many frames a second, instead of `every`.")
    ] = None,
    start_s: Annotated[float, Query(ge=0, le=1e6, description="Start of the part to analyse, seconds.")] = 0.0,
    end_s: Annotated[float | None, Query(gt=0, le=1e6, description="End of the part, seconds.")] = None,
    keep_video: Annotated[bool, Query(description="Keep the video after the analysis.")] = False,
    eyes: Annotated[bool, Query(description="Measure lids and gaze.")] = True,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=r"^[\x21-\x7e]{1,200}$", description="Sent again within a day, it makes no second job."),
    ] = None,
) -> JobOut:
    """Upload a video and queue its analysis; ask its job how far it is."""
    asked: dict[str, Any] = {"model": model, "every": every, "fps": fps, "start_s": start_s, "end_s": end_s}
    asked |= {"keep_video": keep_video, "eyes": eyes}
    async with receiving(request, caller, context.room, clean_title(name)) as received:

        def work() -> tuple[Entry, bool]:
            settings, tags = JobSettings(**asked), tag or []
            if idempotency_key is None:
                return _add(caller.repository, received, settings, title, tags), False
            fingerprint = _fingerprint(received, asked | {"title": title, "tags": tags})
            once = IdempotentRequest(caller.repository, idempotency_key, fingerprint)
            return _add_once(once, caller.repository, received, settings, title, tags)

        entry, replayed = await anyio.to_thread.run_sync(work)
    job = await anyio.to_thread.run_sync(show, caller.repository, entry.id, request)
    response.headers["Location"] = job.links["self"]
    if replayed:
        response.headers[REPLAYED] = "true"
    return job


def _add(
    repository: Repository, received: Received, settings: JobSettings, title: str | None, tags: list[str]
) -> Entry:
    try:
        return repository.add(received.file, received.name, settings, title=title, tags=tags)
    except (EmotionError, OSError):
        raise
    except Exception as error:  # whatever a file brings a decoder to raise
        raise unreadable(error, received.name, "a video") from error


def _add_once(
    once: IdempotentRequest,
    repository: Repository,
    received: Received,
    settings: JobSettings,
    title: str | None,
    tags: list[str],
) -> tuple[Entry, bool]:
    if (earlier := once.begin()) is not None:
        return repository.get(earlier), True
    try:
        entry = _add(repository, received, settings, title, tags)
    except BaseException:
        once.give_up()
        raise
    once.finish(entry.id)
    return entry, False


def _fingerprint(received: Received, asked: dict[str, Any]) -> str:
    text = json.dumps([received.sha256, received.name, asked], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
