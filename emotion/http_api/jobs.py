"""``/jobs``: lists, shows, cancels, resumes and deletes jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from emotion.http_api.auth import OwnRepository
from emotion.http_api.problems import Problem
from emotion.http_api.schemas import JobOut, JobsOut, job_out
from emotion.library import Repository, State
from emotion.library.jobs import cancel, place_in_queue, resume
from emotion.library.jobs.queue import places_in_queue

router = APIRouter(tags=["jobs"])
JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="ID of a job, from the answer to `POST /videos`.")]


def show(repository: Repository, job_id: str, request: Request) -> JobOut:
    """Return a job.

    Raises:
        UnknownAnalysisError: The owner has no such job.
    """
    entry = repository.get(job_id)
    before = place_in_queue(repository, job_id) if entry.state is State.QUEUED else None
    return job_out(entry, before, root_of(request))


def root_of(request: Request) -> str:
    """Return the path below which the API is served."""
    return str(request.scope.get("root_path", ""))


@router.get("/jobs", summary="List jobs, newest first")
def list_jobs(
    request: Request,
    repository: OwnRepository,
    state: Annotated[list[State] | None, Query(max_length=6, description="Only jobs in these states.")] = None,
    text: Annotated[
        str, Query(max_length=300, description="Words in the title, file name, tags or names of people.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> JobsOut:
    """List the jobs of the token's owner, including those created in the app."""
    page = repository.search(text, states=state or (), limit=limit, offset=offset)
    places = places_in_queue(repository)
    jobs = [job_out(entry, places.get(entry.id), root_of(request)) for entry in page.entries]
    return JobsOut(jobs=jobs, total=page.total)


@router.get("/jobs/{job_id}", summary="Show a job and its progress")
def show_job(request: Request, repository: OwnRepository, job_id: JobId) -> JobOut:
    """Show one job. Another owner's job counts as unknown."""
    return show(repository, job_id, request)


@router.post("/jobs/{job_id}/cancel", summary="Cancel a job and keep the results so far")
def cancel_job(request: Request, repository: OwnRepository, job_id: JobId) -> JobOut:
    """Cancel a job: at once if it is queued, otherwise within a second. A job that has ended stays as it is."""
    if not repository.get(job_id).state.is_over:
        cancel(repository, job_id)
    return show(repository, job_id, request)


@router.post("/jobs/{job_id}/resume", summary="Continue a job that was interrupted")
def resume_job(request: Request, repository: OwnRepository, job_id: JobId) -> JobOut:
    """Queue an interrupted job again; it continues where it stopped."""
    if not (entry := repository.get(job_id)).can_resume:
        raise Problem(409, "not_resumable", f"expected an interrupted job with its video; this one is {entry.state}")
    resume(repository, job_id)
    return show(repository, job_id, request)


@router.delete("/jobs/{job_id}", status_code=204, summary="Delete a job with its video and results")
def delete_job(repository: OwnRepository, job_id: JobId) -> None:
    """Delete a job that has ended or is queued."""
    if repository.get(job_id).state is State.RUNNING:
        raise Problem(
            409, "running", "expected a job that has ended or is queued; this one is running, so cancel it first"
        )
    repository.delete(job_id)
