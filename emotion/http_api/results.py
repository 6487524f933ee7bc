"""``GET /jobs/{id}/result``: the timeline of a job as JSON, CSV or Parquet."""

from __future__ import annotations

import asyncio
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from emotion.errors import LibraryError, UnknownAnalysisError
from emotion.http_api.auth import OwnRepository
from emotion.http_api.jobs import JobId
from emotion.http_api.media import RESULT_TYPES, FormatOf, produces
from emotion.http_api.problems import Problem
from emotion.http_api.schemas import ResultOut
from emotion.library import Repository
from emotion.limits import limits
from emotion.report.formats import export, format_named

router = APIRouter(tags=["jobs"])
_POOL = ThreadPoolExecutor(2, "results")
"""Its number of threads is the maximum number of results written at once: a long timeline takes hundreds of MB."""


@router.get(
    "/jobs/{job_id}/result",
    summary="Download the result of a job",
    response_model=ResultOut,
    responses=produces("One row per face per analysed frame; JSON also has facts, settings and figures.")
    | {409: {"description": "There is no result yet."}},
)
async def get_result(
    repository: OwnRepository,
    job_id: JobId,
    format: FormatOf = "json",
) -> FileResponse:
    """Download the timeline with the edits made in the app. While the job runs, it has the part so far."""
    path = await asyncio.get_running_loop().run_in_executor(_POOL, _write, repository, job_id, format)
    name = f"{job_id}{format_named(format).suffix}"
    return _TemporaryFile(path, media_type=RESULT_TYPES[format], filename=name)


class _TemporaryFile(FileResponse):
    """A file that is deleted after it was sent, or when the client disconnects."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)


def _write(repository: Repository, job_id: str, name: str) -> Path:
    entry = repository.get(job_id)
    limits().check_free(Path(tempfile.gettempdir()))
    try:
        analysis = repository.load_analysis(job_id)
    except UnknownAnalysisError:
        raise
    except LibraryError as error:
        raise Problem(
            409, "no_result_yet", f"this job has no result: it is {entry.state}", {"Retry-After": "2"}
        ) from error
    handle, path = tempfile.mkstemp(suffix=".result")
    os.close(handle)
    try:
        return export(analysis, Path(path), format_named(name), entry.edits)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
