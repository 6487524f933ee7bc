"""A batch on Ray: one row is one video, and actors that Ray replaces when they die keep the models.

Ray is an extra (requirements-ray.txt), so it is imported when it is wanted and not before.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from emotion.batch.inputs import Video
from emotion.batch.pool import TRIES, cores, killed_reason
from emotion.batch.work import KILLED, Job, Row, Worker, failure
from emotion.errors import BatchError

LOCAL = "local"
INSTALL = "pip install -r requirements-ray.txt"
_WAVE = 5000
"""Videos that are handed over at once: Ray keeps an entry of each in memory."""
_ROOT = Path(__file__).resolve().parents[2]
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_LOGGERS = ("ray", "ray.data", "ray.data._internal")


def on_ray(job: Job, videos: Sequence[Video], workers: int | None, address: str) -> Generator[Row, None, None]:
    """Yield each video's row as it is ready; closing stops the actors, whose parts are kept.

    Args:
        job: What all videos have in common; its place must be the same on all machines.
        videos: Which.
        workers: How many actors, one core each; None for as many as there are cores.
        address: ``"local"`` to start Ray on this machine for as long as this lasts, or where a cluster is.

    Raises:
        BatchError: Ray is not installed, or there is no cluster.
    """
    with _cluster(address, workers) as ray:
        size = workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)
        for first in range(0, len(videos), _WAVE):
            yield from _wave(ray, job, videos[first : first + _WAVE], size)


def _wave(ray: Any, job: Job, videos: Sequence[Video], size: int) -> Iterator[Row]:
    items = [{"video": pickle.dumps(video)} for video in videos]
    # One video at a time with an actor: one that kills it takes down nobody who waits there.
    pool = ray.data.ActorPoolStrategy(size=min(size, len(videos)), max_tasks_in_flight_per_actor=1)
    rows = ray.data.from_items(items, override_num_blocks=len(items)).map(
        _Actor,
        fn_constructor_args=(job,),
        compute=pool,
        num_cpus=1,
        max_restarts=-1,
        max_task_retries=TRIES - 1,
    )
    left = {video.shown: video for video in videos}
    for found in rows.iter_rows():
        row: Row = pickle.loads(found["row"])
        left.pop(row["source"], None)
        yield row
    # Ray leaves out what ended its actor every time.
    for video in left.values():
        yield failure(video, job.settings, KILLED, killed_reason(video, TRIES), tries=TRIES)


class _Actor:
    """A worker in an actor; what goes in and out is pickled, as Arrow's types fit neither."""

    def __init__(self, job: Job) -> None:
        self._worker = Worker(job)

    def __call__(self, item: dict[str, Any]) -> dict[str, bytes]:
        return {"row": pickle.dumps(self._worker(pickle.loads(item["video"])))}


@contextlib.contextmanager
def _cluster(address: str, workers: int | None) -> Iterator[Any]:
    ray = _imported()
    own = {"num_cpus": workers or cores(), "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(
            address=address,
            configure_logging=False,
            log_to_driver=False,
            # Whatever folder this was started from, and whatever it is called on another machine.
            runtime_env={"env_vars": {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"}} if address == LOCAL else None,
            **(own if address == LOCAL else {}),
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BatchError(f"expected a Ray cluster at {address}; {str(error).splitlines()[0]}") from error
    try:
        _quieten(ray)
        yield ray
    finally:
        ray.shutdown()


def _quieten(ray: Any) -> None:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # What cannot be done is a row, and what ends an actor every time is left out.
    context.max_errored_blocks = -1
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _imported() -> Any:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 – an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise BatchError(f"expected Ray for --ray; it is not installed here: {INSTALL}") from error
    return ray
