"""``POST /videos``: queues the analysis of a video."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request, Response

from emotion.errors import EmotionError, VideoError
from emotion.http_api.auth import ContextOf, OwnRepository
from emotion.http_api.bodies import Received, body_schema, receiving
from emotion.http_api.jobs import show
from emotion.http_api.problems import Problem, unreadable
from emotion.http_api.schemas import JobOut
from emotion.library import Entry, JobSettings, Repository
from emotion.library.entries import clean_tags, clean_title
from emotion.library.owners.idempotency import IdempotentRequest
from emotion.models.registry import load_card

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
                REPLAYED: {
                    "description": "`true` if an earlier request created the job.",
                    "schema": {"type": "string"},
                },
            }
        }
    },
)
async def add_video(
    request: Request,
    response: Response,
    repository: OwnRepository,
    context: ContextOf,
    name: Annotated[str, Query(max_length=300, description="Name of the file, if the body has none.")] = "video",
    title: Annotated[str | None, Query(max_length=300, description="Title in the library (default: the name).")] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Tags in the library.")] = None,
    model: Annotated[str, Query(max_length=100, description="A name from `/models`, or `default`.")] = "default",
    every: Annotated[int, Query(ge=1, le=10_000, description="Analyse every n-th frame.")] = 1,
    fps: Annotated[
        float | None, Query(gt=0, le=1000, description="Maximum frames per second, instead of `every`.")
    ] = None,
    start_s: Annotated[float, Query(ge=0, le=1e6, description="Start of the part to analyse, seconds.")] = 0.0,
    end_s: Annotated[float | None, Query(gt=0, le=1e6, description="End of the part, seconds.")] = None,
    keep_video: Annotated[bool, Query(description="Keep the video after the analysis.")] = False,
    eyes: Annotated[bool, Query(description="Measure eye openness and gaze.")] = True,
    movements: Annotated[bool, Query(description="Measure brows, lids, lips and jaw.")] = True,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=r"^[\x21-\x7e]{1,200}$", description="A retry within a day creates no second job."),
    ] = None,
) -> JobOut:
    """Upload a video and queue its analysis; the job shows its progress."""
    parameters: dict[str, Any] = {"model": model, "every": every, "fps": fps, "start_s": start_s, "end_s": end_s}
    parameters |= {"keep_video": keep_video, "eyes": eyes, "movements": movements}
    # Refuse unknown models, contradictory values and long tags before the upload.
    await anyio.to_thread.run_sync(load_card, model)
    settings, tags = _settings(parameters), clean_tags(tag or [])
    async with receiving(request, repository.owner, context.request_limits, clean_title(name)) as received:

        def work() -> tuple[Entry, bool]:
            add = partial(_add, repository, received, settings, title, tags)
            if idempotency_key is None:
                return add(), False
            fingerprint = _fingerprint(received, parameters | {"title": title, "tags": tags})
            return _add_once(repository, IdempotentRequest(repository, idempotency_key, fingerprint), add)

        entry, replayed = await anyio.to_thread.run_sync(work)
    job = await anyio.to_thread.run_sync(show, repository, entry.id, request)
    response.headers["Location"] = job.links["self"]
    if replayed:
        response.headers[REPLAYED] = "true"
    return job


def _settings(parameters: dict[str, Any]) -> JobSettings:
    if parameters["fps"] is not None and parameters["every"] != 1:
        raise Problem(422, "bad_parameter", "expected every or fps; got both")
    try:
        return JobSettings(**parameters)
    except VideoError as error:
        raise Problem(422, "bad_parameter", str(error)) from error


def _add(
    repository: Repository, received: Received, settings: JobSettings, title: str | None, tags: list[str]
) -> Entry:
    try:
        return repository.add(received.file, received.name, settings, title=title, tags=tags)
    except (EmotionError, OSError):
        raise
    except Exception as error:  # a decoder may raise anything
        raise unreadable(error, received.name, "a video") from error


def _add_once(repository: Repository, once: IdempotentRequest, add: Callable[[], Entry]) -> tuple[Entry, bool]:
    """Return the job, and whether an earlier request with the same key created it."""
    if (earlier := once.begin()) is not None:
        return repository.get(earlier), True
    try:
        entry = add()
    except BaseException:
        once.release()
        raise
    once.finish(entry.id)
    return entry, False


def _fingerprint(received: Received, parameters: dict[str, Any]) -> str:
    digest = hashlib.file_digest(cast(Any, received.file), "sha256").hexdigest()
    received.file.seek(0)
    text = json.dumps([digest, received.name, parameters], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
