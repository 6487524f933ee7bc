"""Runs one analysis as a process that outlives its parent: ``python -m emotion.library.jobs.worker``."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from sqlalchemy.exc import OperationalError

from emotion.engine.analyzer import Analyzer
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.run import Source, analyse_with_checkpoints
from emotion.engine.storage import disk_full_message, timeline_key, video_key
from emotion.errors import Cancelled, EmotionError, InputError, LibraryError
from emotion.library.entries import Entry, State
from emotion.library.jobs.liveness import HEARTBEAT_TIMEOUT_S, describe_kept
from emotion.library.jobs.outage_log import OutageLog
from emotion.library.jobs.outcomes import Outcome, complete_analysis, finish
from emotion.library.jobs.queue import Claim, record_heartbeat, register_worker
from emotion.library.library import Library
from emotion.limits import limits, out_of_memory_message
from emotion.sandbox.rlimits import kill_after, limit_this_process
from emotion.settings import database_url, read_settings
from emotion.stream_state import StreamState
from emotion.telemetry.counters import exit_status
from emotion.telemetry.logs import set_up_logs
from emotion.types import Analysis, Progress

HEARTBEAT_INTERVAL_S = 0.5
"""Seconds between heartbeats; each also checks whether the analysis was cancelled."""
LEASE_S = HEARTBEAT_TIMEOUT_S / 2
"""A worker stops writing after this time without a successful heartbeat, as another worker may have taken over."""
NICENESS = 5
"""Lowers the priority of workers, so that pages stay responsive."""

# Not ``__name__``, which is ``__main__`` in a worker.
log = logging.getLogger("emotion.library.jobs.worker")


class ClaimLost(Exception):  # noqa: N818 – not a fault of this process
    """The analysis was claimed by another worker or deleted; nothing may be written any more."""


class _Terminated(Exception):  # noqa: N818
    """The machine is shutting down."""


def main(arguments: Sequence[str]) -> int:
    """Run a claimed analysis and return the exit status (:func:`emotion.telemetry.counters.exit_status`)."""
    entry_id, run = arguments
    set_up_logs(analysis=entry_id)
    os.nice(NICENESS)
    try:
        limit_this_process()
        return _work(_open_library(), Claim(entry_id, run))
    except EmotionError as error:
        log.error("%s", error)
        return exit_status(error)


def _open_library() -> Library:
    """Open the library, and wait for a database server that is restarting."""
    until_s = time.monotonic() + LEASE_S
    while True:
        try:
            return Library.open()
        except LibraryError as error:
            is_server = database_url().get_backend_name() != "sqlite"
            may_return = is_server and isinstance(error.__cause__, OperationalError)
            if not may_return or time.monotonic() > until_s:
                raise
            time.sleep(HEARTBEAT_INTERVAL_S)


def _work(library: Library, claim: Claim) -> int:
    entry = register_worker(library, claim, os.getpid())
    heartbeat = Heartbeat(library, claim)
    signal.signal(signal.SIGTERM, lambda *_: heartbeat.terminated.set())
    try:
        with heartbeat.sending():
            log.info("the analysis begins", extra={"model": entry.settings.model, "frames": entry.total})
            _analyse(library, entry, heartbeat)
            complete_analysis(library, claim)
        log.info("the analysis is over", extra=heartbeat.figures())
    except ClaimLost:
        log.warning("another worker has taken over, or the analysis was deleted")
    except _Terminated:
        note = f"Interrupted by a shutdown of the server; {describe_kept(library, claim.id)}."
        finish(library, claim, Outcome(State.INTERRUPTED, note, keeps_video=True))
    except Exception as error:
        log.exception("the analysis failed")
        if not _lacks_only_update(library, claim.id):
            finish(library, claim, _failure(library, entry, error))
        return exit_status(error)
    return os.EX_OK


def _analyse(library: Library, entry: Entry, heartbeat: Heartbeat) -> None:
    settings, parts = entry.settings, ClaimedCheckpoint(library, entry.id, heartbeat)
    analyzer = Analyzer(settings.model, settings.detector, eyes=settings.eyes, movements=settings.movements)
    with library.storage.local(video_key(entry.id)) as path, kill_after(read_settings().stall_s) as rearm:

        def step(progress: Progress) -> None:
            rearm()
            heartbeat.step(progress)

        source, longest_s = Source(path, entry.source, entry.source_sha256), limits().duration_s
        note = analyse_with_checkpoints(analyzer, source, settings.sampling, parts, step, longest_s=longest_s)
    heartbeat.expect_claim()
    parts.merge(timeline_key(entry.id), note)


def _lacks_only_update(library: Library, entry_id: str) -> bool:
    """Return whether only the database update is missing, which a dispatcher then makes."""
    return library.storage.exists(timeline_key(entry_id)) and not library.checkpoint(entry_id)


def _failure(library: Library, entry: Entry, error: Exception) -> Outcome:
    keep = entry.settings.keep_video
    if isinstance(error, InputError):
        return Outcome(State.FAILED, str(error), keeps_video=_keep_or_delete_video(library, entry.id, keep))
    kept = describe_kept(library, entry.id)
    if isinstance(error, OSError) and disk_full_message(error):
        note = f"The disk is full; {kept}. Free some space, then resume."
    elif isinstance(error, MemoryError):
        note = f"Not enough memory: {out_of_memory_message()}; {kept}."
    elif isinstance(error, OSError):
        note = f"A file cannot be read or written ({error.strerror or type(error).__name__}); {kept}."
    elif isinstance(error, EmotionError):
        note = f"{str(error).rstrip('.')}; {kept}."
    else:
        note = f"The analysis failed with an unexpected error ({type(error).__name__}); {kept}."
    return Outcome(State.FAILED, note, keeps_video=True)


def _keep_or_delete_video(library: Library, entry_id: str, keep: bool) -> bool:
    """Delete a video that cannot be analysed unless ``keep`` is set, and return ``keep``."""
    if not keep:
        library.storage.remove(video_key(entry_id))
    return keep


class Heartbeat:
    """Sends the progress as a heartbeat twice a second, and receives cancellations."""

    def __init__(self, library: Library, claim: Claim) -> None:
        self._library, self._claim = library, claim
        self._progress = Progress(0, 0, 0.0)
        self._over, self._cancelled, self._claim_lost = threading.Event(), threading.Event(), threading.Event()
        self.terminated = threading.Event()
        self._confirmed_s = time.monotonic()

    def step(self, progress: Progress) -> None:
        """Store the progress, and raise if the analysis must stop."""
        self._progress = progress
        if self._claim_lost.is_set():
            raise ClaimLost
        if self.terminated.is_set():
            raise _Terminated
        if self._cancelled.is_set():
            raise Cancelled

    def expect_claim(self) -> None:
        """Wait until a recent heartbeat has succeeded.

        Raises:
            ClaimLost: Another worker has the analysis.
        """
        while not self._claim_lost.is_set() and time.monotonic() - self._confirmed_s > LEASE_S:
            if self.terminated.is_set():
                raise _Terminated
            time.sleep(HEARTBEAT_INTERVAL_S / 2)
        if self._claim_lost.is_set():
            raise ClaimLost

    def figures(self) -> dict[str, float]:
        """Return the progress as figures for the log."""
        now = self._progress
        return {"frames": now.done, "seconds": round(now.elapsed_s, 3), "frames_per_s": round(now.rate, 1)}

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Send heartbeats during the block."""
        thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        outage = OutageLog(log)
        while not self._over.wait(HEARTBEAT_INTERVAL_S):
            progress, sent_s = self._progress, time.monotonic()
            try:
                should_stop = record_heartbeat(self._library, self._claim, progress.done, progress.total, progress.rate)
            except LibraryError as error:
                outage.warn(error)
                continue
            outage.end()
            if should_stop is None:
                self._claim_lost.set()
                continue
            self._confirmed_s = sent_s
            if should_stop:
                self._cancelled.set()


class ClaimedCheckpoint(Checkpoint):
    """A checkpoint that is written only while this worker's claim is valid.

    Args:
        library: The library.
        entry_id: ID of the analysis.
        heartbeat: Sends the heartbeats of the claim.
    """

    def __init__(self, library: Library, entry_id: str, heartbeat: Heartbeat) -> None:
        super().__init__(library.storage, f"{entry_id}/parts")
        self._heartbeat = heartbeat

    def append(self, part: Analysis, state: StreamState | None) -> None:
        """Write a part, after checking the claim."""
        self._heartbeat.expect_claim()
        super().append(part, state)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
