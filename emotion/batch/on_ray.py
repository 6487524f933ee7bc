"""Runs a batch on Ray: one row per video, on actors that keep the models loaded and are replaced when they die.

Ray is an optional extra, so it is imported only when used.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import secrets
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from emotion.batch.inputs import Video
from emotion.batch.pool import cores
from emotion.batch.work import Job, Row, Worker
from emotion.errors import BatchError
from emotion.paths import ROOT, is_checkout
from emotion.sandbox.rlimits import limit_this_process
from emotion.version import DISTRIBUTION

LOCAL = "local"
_WAVE = 5000
"""Number of videos submitted at once, as Ray keeps an entry of each in memory."""
_OBJECTS_BYTES = 200 * 2**20
"""Size of Ray's shared memory, which only holds names and rows."""
_LOGGERS = ("ray", "ray.data")


def on_ray(job: Job, videos: Sequence[Video], workers: int | None, address: str) -> Generator[Row, None, None]:
    """Yield each video's row as it is ready; closing stops the actors and keeps their checkpoints.

    Args:
        job: What all videos have in common; its folder must be reachable under the same path from all machines.
        videos: The videos.
        workers: Number of actors, one core each; None for one per core.
        address: ``"local"`` to start Ray on this machine for the duration of the batch, or the address of a cluster.

    Raises:
        BatchError: Ray is not installed, the cluster cannot be reached, or its connection was lost.
    """
    with _cluster(address, workers) as ray:
        size = workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)
        try:
            for first in range(0, len(videos), _WAVE):
                yield from _wave(ray, job, videos[first : first + _WAVE], size)
        except ray.exceptions.RayError as error:
            raise BatchError(f"expected Ray to keep running; it reported: {_first_line(error)}") from error


def _wave(ray: Any, job: Job, videos: Sequence[Video], size: int) -> Iterator[Row]:
    items = [{"video": pickle.dumps(video)} for video in videos]
    # Two videos per actor, one in progress and one waiting, so that no actor is idle between videos. When an actor
    # dies, Ray retries its videos without a limit, so workers count the attempts, and only of videos that were begun.
    pool = ray.data.ActorPoolStrategy(size=min(size, len(videos)), max_tasks_in_flight_per_actor=2)
    rows = ray.data.from_items(items, override_num_blocks=len(items)).map(
        _Actor, fn_constructor_args=(job,), compute=pool, num_cpus=1
    )
    for found in rows.iter_rows():
        yield pickle.loads(found["row"])


class _Actor:
    """A worker in an actor. Its inputs and outputs are pickled, as rows have different columns."""

    def __init__(self, job: Job) -> None:
        limit_this_process()
        self._worker = Worker(job, counts=True)

    def __call__(self, item: dict[str, Any]) -> dict[str, bytes]:
        return {"row": pickle.dumps(self._worker(pickle.loads(item["video"])))}


@contextlib.contextmanager
def _cluster(address: str, workers: int | None) -> Iterator[Any]:
    own = {"num_cpus": workers or cores(), "object_store_memory": _OBJECTS_BYTES, "include_dashboard": False}
    ray = _imported(address)
    try:
        ray.init(address=address, configure_logging=False, log_to_driver=False, **(own if address == LOCAL else {}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BatchError(f"expected a Ray cluster at {address}; {_first_line(error)}") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield ray
    finally:
        ray.shutdown()


def _imported(address: str) -> Any:
    # Ray reads these variables when it is imported.
    os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"})
    if address == LOCAL:
        # Makes Ray's servers listen on localhost only, as on macOS and Windows; Ray has no option for it.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Other users of this machine must not connect either; Ray's default is a token in the home folder.
        os.environ.update({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)})
        # Workers must find this package from any working directory.
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(ROOT), *filter(None, paths)]))
    try:
        import ray  # noqa: PLC0415 – an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise BatchError(f"expected Ray for --ray; it is not installed here: {_install_command()}") from error
    return ray


def _install_command() -> str:
    return "pip install -r requirements-ray.txt" if is_checkout() else f"pip install '{DISTRIBUTION}[ray]'"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
