"""Runs a batch on this machine, with worker processes that are replaced when they die.

Each worker is a pool of one process: when a shared pool breaks, it does not say which video broke it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import joblib

from emotion.batch.inputs import Video
from emotion.batch.work import TRIES, Job, Row, Worker, killed
from emotion.errors import BatchError
from emotion.sandbox.rlimits import limit_this_process

_GIVE_UP = 30
"""Consecutive crashes without a result after which the batch stops, because the videos are not the cause."""
# Not forked, as the libraries use threads.
_CONTEXT = multiprocessing.get_context("spawn")

_worker: Worker | None = None
"""The worker of this process, if it is a worker process."""


def cores() -> int:
    """Return the number of cores that this process may use, by its affinity and control group."""
    return int(joblib.cpu_count())


def in_processes(job: Job, videos: Sequence[Video], workers: int) -> Generator[Row, None, None]:
    """Yield each video's row as it is ready; closing stops the workers and keeps their checkpoints.

    Args:
        job: What all videos have in common.
        videos: The videos.
        workers: Number of processes.

    Raises:
        BatchError: Worker after worker crashed, on different videos.
    """
    waiting = deque((video, 1) for video in videos)
    stop = _CONTEXT.RawValue("b", 0)
    idle = [_slot(job, stop) for _ in range(min(workers, len(videos)))]
    running: dict[Future[Row | None], tuple[ProcessPoolExecutor, Video, int]] = {}
    deaths = 0
    try:
        while waiting or running:
            while idle and waiting:
                (video, number), slot = waiting.popleft(), idle.pop()
                running[slot.submit(_analyse_in_worker, video)] = slot, video, number
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                slot, video, number = running.pop(future)
                try:
                    row, deaths = future.result(), 0
                except BrokenProcessPool:
                    deaths += 1
                    _check_alive(deaths)
                    slot.shutdown()
                    slot, row = _slot(job, stop), killed(video, job.settings, number)
                    if number < TRIES:
                        waiting.append((video, number + 1))
                        row = None
                idle.append(slot)
                if row is not None:
                    yield row | {"tries": number} if "reason" in row else row
    finally:
        stop.value = 1
        for slot in [*idle, *(slot for slot, _, _ in running.values())]:
            slot.shutdown(cancel_futures=True)


def _check_alive(deaths: int) -> None:
    if deaths >= _GIVE_UP:
        raise BatchError(f"expected workers to keep running; {deaths} crashed in a row, on different videos")


def _slot(job: Job, stop: Any) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=_CONTEXT, initializer=_begin, initargs=(job, stop))


def _begin(job: Job, stop: Any) -> None:
    """Set up this process as a worker."""
    global _worker  # noqa: PLW0603 – one for all videos of this process
    # Ctrl-C reaches every process of the terminal; the parent decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    limit_this_process()
    # The flag has no lock, because a killed process would never release it.
    _worker = Worker(job, lambda: bool(stop.value))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _analyse_in_worker(video: Video) -> Row | None:
    if _worker is None:
        raise RuntimeError("expected a process that was started as a worker")
    return _worker(video)
