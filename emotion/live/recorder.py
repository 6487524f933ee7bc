"""Records a live session to the library, at least every second, on a separate thread.

Times count from the first recorded frame. Gaps (on hold, or without frames) become events that all figures exclude.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from dataclasses import replace

import av

from emotion.analytics.edits import Event, Span
from emotion.engine.storage import disk_full_message
from emotion.errors import EmotionError, LibraryError, UnknownAnalysisError
from emotion.library import JobSettings, Repository
from emotion.library.jobs.clips import clip_file, hand_over_clip
from emotion.library.jobs.queue import Claim, record_heartbeat
from emotion.library.jobs.recordings import begin_recording, close_recording
from emotion.live.baseline import BaselineFrames
from emotion.live.clip import Clip
from emotion.live.snapshot import RecordingNow
from emotion.live.stream_time import GAP_S, NOT_RECORDED, Gaps
from emotion.live.timeline_writer import SOURCE, RecordingInfo, TimelineWriter
from emotion.types import FrameResult

WRITE_S = 0.4
"""Interval between writes, seconds; including the write itself it stays under one second."""
HEARTBEAT_INTERVAL_S = 1.0
"""Interval between heartbeats to the library, seconds."""
IDLE_TIMEOUT_S = 120.0
"""A recording ends after this long without a frame, seconds."""

log = logging.getLogger(__name__)


class _ClaimLost(Exception):  # noqa: N818 – not a fault of this process
    """The library has closed this recording, or it was deleted."""


class Recorder:
    """One recording. The capturing thread calls ``add_picture``, ``add`` and ``hold``; other methods are thread-safe.

    Args:
        repository: The owner's repository.
        claim: Claim to write the recording.
        about: Model and settings.
        clip: Receives the pictures; None if they are not recorded.
        baseline: The frames of a baseline taken before, with which the recording begins; None without one.
    """

    def __init__(
        self,
        repository: Repository,
        claim: Claim,
        about: RecordingInfo,
        clip: Clip | None,
        baseline: BaselineFrames | None = None,
    ) -> None:
        self._repository, self._library = repository, repository.library
        self._claim, self._about, self._clip = claim, about, clip
        self._timeline = TimelineWriter(self._library.checkpoint(claim.id), about)
        self._waiting: deque[FrameResult] = deque()
        self._unsaved = _Marks()
        self._baseline = baseline
        # Of the recording and of its first picture; the frames of a baseline lie between them.
        self._start_s: float | None = None
        self._begun_s = 0.0
        self._gaps, self._count, self._marks = Gaps(), 0, 0
        self._problem, self._why = "", ""
        self._clip_id: str | None = None
        self._active_s = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live recorder", daemon=True)
        self._thread.start()

    @property
    def entry_id(self) -> str:
        """ID of the analysis in the library."""
        return self._claim.id

    @property
    def is_running(self) -> bool:
        """Whether it still accepts frames."""
        return not self._stop.is_set()

    @property
    def measures(self) -> dict[str, bool]:
        """Whether it has eyes and movements, from beginning to end."""
        return {name: bool(self._about.settings[name]) for name in ("eyes", "movements")}

    def keep_alive(self) -> None:
        """Note that the stream is active; called for every frame, even if it is not recorded."""
        self._active_s = time.monotonic()

    def add_picture(self, picture: av.VideoFrame, time_s: float) -> None:
        """Add an incoming picture to the clip, if any; it must not change any more. Call before :meth:`add`."""
        if self._start_s is None:
            self._start_s = self._begun_s = time_s
            if self._baseline is not None:
                pause_s = min(time_s - self._baseline.last_s, GAP_S)
                self._start_s -= self._baseline.results[-1].time_s + pause_s
        if self._clip is not None and self.is_running:
            self._clip.add(picture, time_s - self._begun_s)

    def add(self, result: FrameResult) -> None:
        """Record the result of the picture that was passed to :meth:`add_picture`."""
        if not self.is_running or self._start_s is None:
            return
        if self._baseline is not None:
            self._add_baseline(self._baseline)
            self._baseline = None
        self._append(result, result.time_s - self._start_s)

    def hold(self) -> None:
        """Pause the recording until the next result."""
        self._gaps.hold()

    def mark_baseline(self, baseline: BaselineFrames) -> None:
        """Save a baseline that ended with the last frame."""
        if self._start_s is not None:
            start_s, end_s = max(baseline.first_s - self._start_s, 0.0), self._gaps.last_s + baseline.step_s
            self._unsaved.baselines.append(dict.fromkeys(baseline.tracks, Span(start_s, end_s)))

    def mark(self, label: str, time_s: float) -> None:
        """Add a moment as an event.

        Args:
            label: Label of the event.
            time_s: Time in the stream, seconds; a moment before the recording is ignored.
        """
        if self._start_s is not None and time_s >= self._begun_s:
            moment_s = time_s - self._start_s
            self._unsaved.events.append(Event(label, Span(moment_s, moment_s)))
            self._marks += 1

    def stop(self) -> None:
        """End the recording: write what is queued, merge the parts, then return."""
        self._stop.set()
        self._thread.join()

    def request_stop(self) -> None:
        """End the recording like :meth:`stop`, but return at once."""
        self._stop.set()

    def now(self) -> RecordingNow:
        """Return the state of the recording."""
        clip, problem = self._clip, self._problem
        if clip is not None and not problem:
            problem = clip.problem or (f"{clip.left_out} frames are missing in the clip." if clip.left_out else "")
        running, with_clip = self.is_running, clip is not None
        return RecordingNow(self._claim.id, self._gaps.last_s, running, with_clip, problem, self._clip_id, self._marks)

    def _append(self, result: FrameResult, time_s: float) -> None:
        """Record a result at a time of the recording."""
        if (gap := self._gaps.add(time_s)) is not None:
            self._unsaved.events.append(gap)
        self._waiting.append(_recorded(result, self._count, time_s))
        self._count += 1

    def _add_baseline(self, baseline: BaselineFrames) -> None:
        """Begin with the frames of a baseline; of the time since then, at most a second is left, as a gap."""
        for result in baseline.results:
            self._append(result, result.time_s)
        if self._begun_s - baseline.last_s > GAP_S:
            self._gaps.hold(NOT_RECORDED)
        span = Span(0.0, self._gaps.last_s + baseline.step_s)
        self._unsaved.baselines.append(dict.fromkeys(baseline.tracks, span))

    def _run(self) -> None:
        sent_s = time.monotonic()
        try:
            while not self._stop.wait(WRITE_S):
                self._write()
                if time.monotonic() - sent_s >= HEARTBEAT_INTERVAL_S:
                    sent_s = time.monotonic()
                    self._send_heartbeat()
                if time.monotonic() - self._active_s > IDLE_TIMEOUT_S:
                    self._problem = "The recording ended because no more frames arrived."
                    break
            self._stop.set()
            self._write()
            self._send_heartbeat()
        except _ClaimLost:
            self._problem = "The recording ended: the library closed it because no data arrived for a while."
        except OSError as error:
            reason = disk_full_message(error) or f"it could not be written ({error.strerror or error})"
            self._problem = f"The recording ended: {reason}."
            self._why = f"The recording ended early: {reason}"
        finally:
            self._stop.set()
            self._finish()

    def _write(self) -> None:
        while self._waiting:
            self._timeline.add(self._waiting.popleft())
        self._timeline.write(self._gaps.left_out_s)

    def _send_heartbeat(self) -> None:
        """Send a heartbeat and new marks to the library; stop if the library asks for it."""
        done, seconds = self._timeline.frames, max(self._gaps.last_s - self._gaps.left_out_s, 1e-3)
        try:
            should_stop = record_heartbeat(self._library, self._claim, done, done, done / seconds)
            if should_stop is None:
                raise _ClaimLost
            self._unsaved.save(self._repository, self._claim.id)
        except LibraryError as error:
            log.warning("%s", error)  # the database may be restarting
            return
        if should_stop:
            self._stop.set()

    def _finish(self) -> None:
        # Every step runs even if an earlier one fails.
        for step in (self._save_marks, self._close, self._hand_over):
            try:
                step()
            except (EmotionError, OSError) as error:
                log.warning("recording %s: %s", self._claim.id, error)
                reason = disk_full_message(error) if isinstance(error, OSError) else None
                self._problem = f"The recording is kept, but could not be completed yet: {reason or error}"

    def _save_marks(self) -> None:
        """Save the marks that the last heartbeat left unsaved, unless the recording was deleted."""
        with contextlib.suppress(UnknownAnalysisError):
            self._unsaved.save(self._repository, self._claim.id)

    def _close(self) -> None:
        close_recording(self._library, self._claim, self._why)

    def _hand_over(self) -> None:
        if self._clip is not None:
            handed = hand_over_clip(self._library, self._claim.id, self._clip.finish())
            self._clip_id = None if handed is None else handed.id


def begin(
    repository: Repository,
    title: str,
    about: RecordingInfo,
    *,
    with_clip: bool,
    baseline: BaselineFrames | None = None,
) -> Recorder:
    """Begin a recording.

    Args:
        repository: The owner's repository.
        title: Display title.
        about: Model and settings.
        with_clip: Whether to record the pictures as well.
        baseline: The frames of a baseline taken before; None without one.

    Raises:
        LibraryError: The library does not respond, or there is no space for the pictures.
    """
    measured = about.settings
    settings = JobSettings(
        model=about.model,
        detector=str(measured["detector"]),
        eyes=bool(measured.get("eyes", False)),
        movements=bool(measured.get("movements", False)),
    )
    claim = begin_recording(repository, title, SOURCE, settings)
    try:
        clip = Clip(clip_file(claim.id)) if with_clip else None
    except OSError as error:
        close_recording(repository.library, claim, "There was no space for the video")
        raise LibraryError(
            disk_full_message(error) or f"the video cannot be recorded: {error.strerror or error}"
        ) from error
    return Recorder(repository, claim, about, clip, baseline)


class _Marks:
    """Events and baselines not yet saved to the library."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self.baselines: deque[dict[int, Span]] = deque()

    def save(self, repository: Repository, entry_id: str) -> None:
        """Merge them into the analysis' edits, which may have changed in the meantime."""
        events, baselines = tuple(self.events), tuple(self.baselines)
        if not events and not baselines:
            return
        stored = repository.get(entry_id).saved_edits
        edits, at_rest = stored.edits, dict(stored.edits.baselines)
        for each in baselines:
            at_rest |= each
        marked = replace(edits, events=edits.events + events, baselines=at_rest)
        repository.save_edits(entry_id, marked, stored)
        for waiting, saved in ((self.events, events), (self.baselines, baselines)):
            for _ in saved:
                waiting.popleft()


def _recorded(result: FrameResult, index: int, time_s: float) -> FrameResult:
    """Return a result as recorded: renumbered, in the recording's time, without the mesh."""
    faces = tuple(replace(face, landmarks=None) for face in result.faces)
    return replace(result, frame_index=index, time_s=time_s, faces=faces)
