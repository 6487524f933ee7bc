"""Starts workers for queued analyses and detects dead ones; one or several servers may run a dispatcher."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time

from emotion.engine.private_files import make_private_folder, open_private
from emotion.errors import LibraryError
from emotion.library.entries import State
from emotion.library.jobs.clips import hand_over_left_clips
from emotion.library.jobs.liveness import HeartbeatMonitor, mark_dead_workers, mark_interrupted
from emotion.library.jobs.outage_log import OutageLog
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import Claim, claim_next, register_worker
from emotion.library.jobs.recordings import close_stale_recordings
from emotion.library.library import Library
from emotion.paths import ROOT
from emotion.sandbox.rlimits import EXTERNAL_SIGNALS, describe_exit, low_memory_environment
from emotion.settings import library_dir, log_file, read_settings
from emotion.telemetry.counters import WORKERS, ending

POLL_INTERVAL_S = 0.5
"""Seconds between checks of the queue."""
SWEEP_S = 3600.0
"""Seconds between checks for expired analyses."""

log = logging.getLogger(__name__)


class Dispatcher:
    """Runs as many workers as the settings allow.

    Args:
        library: The library of the queue.
        at_once: Number of concurrent analyses on this machine (default: ``EMOTION_JOBS``).
    """

    def __init__(self, library: Library, at_once: int | None = None) -> None:
        self._library, self._at_once = library, at_once or read_settings().jobs
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._children: dict[Claim, subprocess.Popen[bytes]] = {}
        self._workers, self._recordings = HeartbeatMonitor[Claim](), HeartbeatMonitor[Claim]()
        self._swept_at = float("-inf")

    def start(self) -> Dispatcher:
        """Start a daemon thread; workers outlive it."""
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop the thread; workers continue."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def run_once(self) -> None:
        """Mark dead workers, start new ones, and delete what has expired, once.

        Raises:
            LibraryError: The database does not respond, or something could not be deleted.
        """
        self._reap_children()
        mark_dead_workers(self._library, self._workers)
        close_stale_recordings(self._library, self._recordings)
        hand_over_left_clips(self._library)
        while (claim := claim_next(self._library, self._at_once)) is not None:
            self._begin(claim)
        if time.monotonic() - self._swept_at >= SWEEP_S:
            self._swept_at = time.monotonic()
            self._library.sweep_expired()

    def _reap_children(self) -> None:
        for claim, child in list(self._children.items()):
            if (status := child.poll()) is not None:
                del self._children[claim]
                crashed = status < 0 and -status not in EXTERNAL_SIGNALS
                mark_interrupted(self._library, claim, describe_exit(status), crashed=crashed)
                how = ending(status)
                WORKERS.labels(how).inc()
                level = logging.WARNING if status else logging.INFO
                log.log(level, "a worker ended", extra={"analysis": claim.id, "how": how})

    def _run(self) -> None:
        outage = OutageLog(log)
        while not self._stopped.wait(POLL_INTERVAL_S):
            try:
                self.run_once()
                outage.end()
            except LibraryError as error:
                outage.warn(error)
            except Exception:
                # No error may stop the queue.
                log.exception("the queue could not be processed")

    def _begin(self, claim: Claim) -> None:
        try:
            child = _spawn(self._library, claim)
        except OSError as error:
            reason = f"The analysis could not be started: {error.strerror}. It can be resumed."
            finish(self._library, claim, Outcome(State.FAILED, reason, keeps_video=True))
            return
        self._children[claim] = child
        log.info("an analysis was given to a worker", extra={"analysis": claim.id, "worker": child.pid})
        try:
            register_worker(self._library, claim, child.pid)
        except LibraryError:
            log.info("analysis %s was over before its worker was registered", claim.id)


def _spawn(library: Library, claim: Claim) -> subprocess.Popen[bytes]:
    environment = low_memory_environment() | {
        "EMOTION_LIBRARY": str(library_dir()),
        "EMOTION_DATABASE_URL": library.database.url.render_as_string(hide_password=False),
        "EMOTION_STORAGE_URL": library.storage.url,
    }
    path = log_file(claim.id)
    make_private_folder(path.parent)
    with open_private(path, "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "emotion.library.jobs.worker", claim.id, claim.run],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A new session, so that the worker outlives the server and its terminal.
            start_new_session=True,
        )
