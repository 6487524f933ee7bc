"""``/jobs``: lists jobs, shows, cancels, resumes and deletes one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from emotion.http_api.auth import CallerOf
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
    caller: CallerOf,
    state: Annotated[list[State] | None, Query(max_length=6, description="In one of these states.")] = None,
    text: Annotated[str, Query(max_length=300, description="Words in title, file name, tags or names.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> JobsOut:
    """List the jobs of the token's owner, those made in the app included."""
    page = caller.repository.search(text, states=state or (), limit=limit, offset=offset)
    places = places_in_queue(caller.repository)
    jobs = [job_out(entry, places.get(entry.id), root_of(request)) for entry in page.entries]
    return JobsOut(jobs=jobs, total=page.total)


@router.get("/jobs/{job_id}", summary="Show how far a job is")
def show_job(request: Request, caller: CallerOf, job_id: JobId) -> JobOut:
    """Show one job. Somebody else's job is answered like one that does not exist."""
    return show(caller.repository, job_id, request)


@router.post("/jobs/{job_id}/cancel", summary="Cancel a job and keep the results so far")
def cancel_job(request: Request, caller: CallerOf, job_id: JobId) -> JobOut:
    """Cancel a job: at once if it is queued, else within a second. A job that is over stays as it is."""
    if not caller.repository.get(job_id).state.is_over:
        cancel(caller.repository, job_id)
    return show(caller.repository, job_id, request)


@router.post("/jobs/{job_id}/resume", summary="Continue a job that was interrupted")
def resume_job(request: Request, caller: CallerOf, job_id: JobId) -> JobOut:
    """Queue an interrupted job again; it continues where it was."""
    if not (entry := caller.repository.get(job_id)).can_resume:
        raise Problem(
            409, "not_resumable", f"expected an interrupted job whose video is there; this one is {entry.state}"
        )
    resume(caller.repository, job_id)
    return show(caller.repository, job_id, request)


@router.delete("/jobs/{job_id}", status_code=204, summary="Delete a job with its video and results")
def delete_job(caller: CallerOf, job_id: JobId) -> None:
    """Delete a job that is over or queued."""
    if caller.repository.get(job_id).state is State.RUNNING:
        raise Problem(409, "running", "expected a job that is over or queued; this one is running, cancel it first")
    caller.repository.delete(job_id)
