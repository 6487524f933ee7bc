"""Runs a batch, from its inputs to its result tables."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion.batch.inputs import Video, find_videos, is_url
from emotion.batch.on_ray import on_ray
from emotion.batch.pool import cores, in_processes
from emotion.batch.results import Results
from emotion.batch.settings import Settings
from emotion.batch.work import COUNTS, STOP, Job, Row
from emotion.engine.exclusive import exclusive
from emotion.engine.storage import Storage
from emotion.errors import BatchError, LibraryError
from emotion.progress import OnProgress
from emotion.types import Progress

MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class Report:
    """How a batch ended.

    Attributes:
        videos: Number of videos.
        before: How many of them an earlier run had finished.
        timelines: How many have a timeline now.
        incomplete: How many of these timelines end early, because the video is damaged.
        errors: How many have an error instead.
        reasons: Name and reason of the first of these, at most :data:`MOST_REASONS`.
        interrupted: Whether Ctrl-C ended it; the next run continues from there.
        elapsed_s: Wall time.
    """

    videos: int
    before: int
    timelines: int
    incomplete: int
    errors: int
    reasons: list[tuple[str, str]]
    interrupted: bool
    elapsed_s: float


def run_batch(
    inputs: Sequence[str],
    out: str,
    settings: Settings,
    *,
    workers: int | None = None,
    ray: str | None = None,
    retry: bool = False,
    on_step: OnProgress = lambda progress: None,
) -> Report:
    """Analyse the videos that have no result yet, and write a timeline or an error for each.

    Args:
        inputs: As :func:`emotion.batch.inputs.find_videos` takes them.
        out: Folder or URL of the results of this and earlier runs.
        settings: How to analyse the videos.
        workers: Number of videos to analyse at once; None for one per core.
        ray: ``"local"`` or the address of a cluster; None for processes on this machine.
        retry: Whether to retry failed videos.
        on_step: Called at the start and after each video with the progress in videos.

    Raises:
        InputError: An input does not exist or is ambiguous.
        BatchError: The batch cannot start or continue; finished results are kept.
    """
    started = time.monotonic()
    videos, storage = find_videos(inputs), _storage(out)
    with _locked(out):
        results = Results(storage)
        storage.remove(COUNTS)  # of a run that was interrupted
        missing = results.missing(videos, settings.id, retry=retry)
        rows = _rows(Job(storage.url, settings), missing, workers, ray)
        interrupted = _collect(rows, results, len(missing), on_step)
        counted = results.count(videos, settings.id)
        reasons = results.reasons(videos, settings.id, MOST_REASONS)
        storage.remove(COUNTS)
        if not storage.keys("parts"):
            storage.remove("parts")
    elapsed_s = time.monotonic() - started
    return Report(len(videos), len(videos) - len(missing), *counted, reasons, interrupted, elapsed_s)


def _rows(job: Job, videos: list[Video], workers: int | None, ray: str | None) -> Generator[Row, None, None]:
    if not videos:
        yield from ()
    elif ray is None:
        yield from in_processes(job, videos, workers or cores())
    else:
        yield from on_ray(job, videos, workers, ray)


def _collect(rows: Generator[Row, None, None], results: Results, total: int, on_step: OnProgress) -> bool:
    """Collect rows as they arrive, and return whether Ctrl-C stopped it."""
    started = time.monotonic()
    if total:
        on_step(Progress(0, total, 0.0))
    try:
        with contextlib.closing(rows):
            for done, row in enumerate(rows, start=1):
                if row.get("kind") == STOP:
                    raise BatchError(f"the batch stopped: {row['reason']}; finished results are kept")
                results.add(row)
                on_step(Progress(done, total, time.monotonic() - started))
    except KeyboardInterrupt:
        return True
    finally:
        results.write()
    return False


def _storage(out: str) -> Storage:
    try:
        return Storage(out if is_url(out) else Path(out))
    except LibraryError as error:
        raise BatchError(
            f"expected --out to be a folder, or a URL that fsspec opens; got {out}: {error.__cause__}"
        ) from error


@contextlib.contextmanager
def _locked(out: str) -> Iterator[None]:
    """Lock a folder against other batches; only local folders can be locked."""
    if is_url(out):
        yield
        return
    refusal = BatchError(f"expected a folder that no other batch is using; one is writing to {out}")
    with exclusive(Path(out) / ".lock", refusal):
        yield
