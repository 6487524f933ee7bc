"""Sends valid and malformed requests that schemathesis generates from the API's description."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.routing import Mount

from emotion.http_api import ADDRESS, ApiContext, create_api
from emotion.http_api.bodies import FORM
from emotion.library import LOCAL, Library
from emotion.library.owners.tokens import create_token
from emotion.report.stills import encode_png
from emotion.samples import clip_frames, sample_image
from emotion.vision.encode import write_video
from tests.http_api.test_jobs import finish_next

OPERATIONS = 10
"""Number of operations with parameters; the health check has none."""
JOBS, DONE_JOBS = 6, 2
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TIMEOUT_S = 120
SHORT_WAIT_S = 0.01
"""Wait of event streams, s: without a dispatcher no event would come."""


def measure_api(requests: int) -> dict[str, dict[str, Any]]:
    """Send generated requests to a server in this process, and count the responses.

    Args:
        requests: Approximate number of requests.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {"EMOTION_LIBRARY": f"{folder}/library", "EMOTION_FREE_MB": "none", "EMOTION_MAX_QUEUED": "none"}
        os.environ.update(environment)
        library = Library.open()
        repository = library.for_owner(LOCAL)
        clip = write_video(Path(folder) / "clip.mp4", islice(clip_frames(), 5), 25)
        jobs = tuple(repository.add(clip, "clip.mp4").id for _ in range(JOBS))
        for _ in range(DONE_JOBS):
            finish_next(library)
        picture = encode_png(np.ascontiguousarray(sample_image()[::4, ::4]))
        known = Known(create_token(repository, "invented")[1], jobs, picture, clip.read_bytes())
        context = ApiContext(lambda: library, needs_token=lambda: False, may_enter=lambda token: True)
        # Without the check of host names, which would refuse schemathesis' one.
        server = Starlette(routes=[Mount(ADDRESS, create_api(context))])
        figures = send_invented(server, -(-requests // OPERATIONS), known)
        library.close()
    failures = figures.pop("failures")
    return {"invented": figures | {"failures": len(failures), "first_failure": failures[0][:500] if failures else ""}}


@dataclass(frozen=True, slots=True)
class Known:
    """Valid values that generated requests cannot guess.

    Attributes:
        token: A valid token, sent with nine of ten requests.
        jobs: IDs of jobs, used in half of the requests for a job.
        picture: A picture file, sent with a third of the requests that upload a picture.
        clip: A video file, sent with a third of the requests that upload a video.
    """

    token: str
    jobs: tuple[str, ...]
    picture: bytes
    clip: bytes


def send_invented(app: Starlette, per_operation: int, known: Known) -> dict[str, Any]:
    """Send generated requests to every operation.

    Args:
        app: A server with the API.
        per_operation: Maximum number of requests to each operation.
        known: Valid values to put into some of the requests.

    Returns:
        Number of ``requests``, also by name in ``operations`` and by status in ``statuses``, and ``failures`` as texts.
    """
    schema = schemathesis.openapi.from_asgi(f"{ADDRESS}/openapi.json", app)
    sent, statuses, failures = Counter[str](), Counter[str](), []
    operations = [found.ok() for found in schema.get_all_operations()]
    # DELETE comes last, so that the other operations find existing jobs.
    for operation in sorted(operations, key=lambda each: each.method.lower() == "delete"):
        failures += _send(operation, per_operation, known, sent, statuses)
    return {
        "requests": sent.total(),
        "operations": dict(sent),
        "statuses": dict(sorted(statuses.items())),
        "failures": failures,
    }


def _send(operation: Any, count: int, known: Known, sent: Counter[str], statuses: Counter[str]) -> list[str]:
    name = f"{operation.method.upper()} {operation.path}"
    failures: list[str] = []

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        _fill_in(case, known, sent[name])
        response = case.call(timeout=TIMEOUT_S)
        sent[name] += 1
        statuses[str(response.status_code)] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except* Exception as group:
            failures.extend(f"{name}: {each}" for each in group.exceptions)

    send()
    return failures


def _fill_in(case: Any, known: Known, number: int) -> None:
    """Put a valid token, job, file and model into some of the cases, chosen by their number."""
    if number % 10:
        case.headers = dict(case.headers or {}) | {"Authorization": f"Bearer {known.token}"}
    if number % 2 and known.jobs and "job_id" in (case.path_parameters or {}):
        case.path_parameters["job_id"] = known.jobs[number // 2 % len(known.jobs)]
    if number % 3 == 0 and case.method.lower() == "post" and case.path.endswith(("/images", "/videos")):
        content = known.picture if case.path.endswith("/images") else known.clip
        case.body = {"file": content} if case.media_type == FORM else content
        if number % 2 and "model" in (case.query or {}):
            case.query["model"] = "default"
    if case.path.endswith("/events"):
        case.query = dict(case.query or {}) | {"wait_s": SHORT_WAIT_S}
