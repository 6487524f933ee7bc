"""Analyses a video file: in memory, or with checkpoints from which a later run continues exactly.

Both read the same loop, :meth:`emotion.engine.stream.FaceStream.run`. Background jobs, batches and the command line
use checkpoints: a run that is killed loses a few seconds of work at most.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion.analytics.timeline import TimelineBuilder
from emotion.engine.checkpoint import Checkpoint
from emotion.errors import Cancelled, InputError, VideoError
from emotion.models.registry import sha256_of
from emotion.paths import unicode_name
from emotion.progress import OnProgress
from emotion.settings import read_settings
from emotion.stream_state import StreamState
from emotion.types import Analysis, FrameResult, Progress, VideoInfo
from emotion.vision.decode.sampling import Sampling
from emotion.vision.decode.video import probe

if TYPE_CHECKING:
    from emotion.engine.analyzer import Analyzer


@dataclass(frozen=True, slots=True)
class Source:
    """A video file to analyse.

    Attributes:
        path: Where the file is.
        name: Its name for people.
        sha256: Digest of its bytes.
    """

    path: Path
    name: str
    sha256: str

    def message(self, error: InputError) -> str:
        """Return an error's message with the file's name for people in place of the name on disk."""
        rest = str(error).removeprefix(self.path.name)
        return self.name + rest if rest != str(error) else rest


def analyse_video(
    analyzer: Analyzer, path: Path, sampling: Sampling, on_progress: OnProgress | None = None
) -> Analysis:
    """Analyse a video and keep the results in memory.

    Args:
        analyzer: Model and detector.
        path: The file.
        sampling: Which frames to analyse.
        on_progress: Called after every frame; may raise :class:`Cancelled` to stop, which keeps the results so far.

    Raises:
        VideoError: The file cannot be read. If it breaks off after some frames, the analysis says so in its note.
    """
    info = probe(path)
    run = _Run(analyzer, Source(path, unicode_name(path.name), sha256_of(path)), sampling, info)
    note = run.loop(on_progress)
    return replace(run.unsaved(), complete=not note, note=note)


def analyse_with_checkpoints(
    analyzer: Analyzer,
    source: Source,
    sampling: Sampling,
    checkpoint: Checkpoint,
    on_progress: OnProgress,
    *,
    parallel: bool = True,
    longest_s: float = math.inf,
) -> str:
    """Analyse a video, or continue an earlier run, and save the results to a checkpoint every few seconds.

    Args:
        analyzer: Model and detector.
        source: The video.
        sampling: Which frames to analyse.
        checkpoint: Where results are saved, and where those of an earlier run may be.
        on_progress: Called after every frame with the frames of all runs at the rate of this one; may raise
            :class:`Cancelled` to stop, which keeps the results so far.
        parallel: Use several threads. Pass False where as many videos are analysed at once as there are cores.
        longest_s: Stop after this many seconds of video, whatever length the file claims.

    Returns:
        Why the analysis is incomplete, in one sentence; empty if it is complete.

    Raises:
        VideoError: The file cannot be read. If it breaks off after some frames, the returned sentence says so.
        LibraryError: The checkpoint was made from another file or with other settings.
        OSError: Results cannot be written. What was saved before remains.
    """
    try:
        info = probe(source.path)
    except InputError as error:
        raise type(error)(source.message(error)) from error
    run = _Run(analyzer, source, sampling, info, checkpoint)
    note = run.loop(on_progress, parallel=parallel, longest_s=longest_s)
    run.save()
    return note


class _Run:
    """One run over a video: collects results and, if there is a checkpoint, saves them every few seconds."""

    def __init__(
        self,
        analyzer: Analyzer,
        source: Source,
        sampling: Sampling,
        info: VideoInfo,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._analyzer, self._source, self._sampling, self._info = analyzer, source, sampling, info
        self._settings = analyzer.settings(sampling, source.sha256)
        self._expected_frames = sampling.expected_frames(info)
        self._checkpoint, self._interval_s = checkpoint, math.inf if checkpoint is None else read_settings().part_s
        self._state_wanted, self._asked = threading.Event(), False
        self._start_part()
        saved = None if checkpoint is None else checkpoint.resume(self.unsaved())
        self._resume_from = saved.state if saved else None
        self._done = self._earlier = saved.frames if saved else 0
        self._started_s = self._first_s = time.monotonic()

    def loop(self, on_progress: OnProgress | None, *, parallel: bool = True, longest_s: float = math.inf) -> str:
        """Analyse frame after frame and return why the analysis is incomplete; empty if it is complete."""
        path, start_s = self._source.path, self._sampling.start_s
        frames = self._analyzer.resumable_frames(
            path, self._sampling, self._state_wanted, self._resume_from, parallel=parallel
        )
        try:
            with closing(frames) as results:
                for result, state in results:
                    if result.time_s - start_s > longest_s:
                        raise VideoError(f"{path.name} is longer than the limit of {longest_s:g} s")
                    self._add(result, state)
                    if on_progress is not None:
                        on_progress(self._progress())
        except Cancelled as stop:
            return str(stop) or "Analysis stopped. The results so far are kept."
        except VideoError as error:
            # A damaged file fails after its last good frame.
            if self._done == 0:
                raise VideoError(self._source.message(error)) from error
            return self._source.message(error)
        return ""

    def unsaved(self) -> Analysis:
        """Return the results since the last save; without a checkpoint, all of them."""
        timeline, frames = self._builder.build()
        analyzer = self._analyzer
        return Analysis(
            self._info, timeline, frames, analyzer.model, analyzer.labels, self._settings, self._source.name
        )

    def save(self, state: StreamState | None = None) -> None:
        """Write the results since the last save to the checkpoint, with the state to continue from, if known."""
        if self._checkpoint is not None and self._count:
            self._checkpoint.append(self.unsaved(), state)
            self._start_part()

    def _start_part(self) -> None:
        self._builder, self._count = TimelineBuilder(self._analyzer.labels), 0
        self._asked, self._saved_s = False, time.monotonic()

    def _add(self, result: FrameResult, state: StreamState | None) -> None:
        if self._done == self._earlier:
            self._first_s = time.monotonic()
        self._builder.add(result)
        self._done += 1
        self._count += 1
        if state is not None:
            self.save(state)
        elif not self._asked and time.monotonic() - self._saved_s >= self._interval_s:
            # Ask once: frames that are already queued between the threads arrive before the state.
            self._asked = True
            self._state_wanted.set()

    def _progress(self) -> Progress:
        elapsed_s, new = time.monotonic() - self._started_s, self._done - self._earlier
        if self._earlier:
            # Finding the frame to continue at takes long and says nothing about the rate, which begins with that frame.
            elapsed_s, new = time.monotonic() - self._first_s, new - 1
        # Assume that earlier runs worked at the rate of this one; the first frame alone has none.
        scale = self._done / new if new else 0.0
        return Progress(self._done, max(self._expected_frames, self._done), elapsed_s * scale)
