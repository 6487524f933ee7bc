"""Analyses a video in parts, so that a run that ends in whatever way loses the last few seconds at most.

This is the engine of both the background jobs and the command line.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from emotion.analytics.timeline import TimelineBuilder
from emotion.engine.analyzer import Analyzer
from emotion.engine.checkpoint import Parts
from emotion.errors import Cancelled, InputError, VideoError
from emotion.settings import read_settings
from emotion.stream_state import State
from emotion.types import Analysis, FrameResult, Progress
from emotion.vision.decode.sampling import Sampling
from emotion.vision.decode.video import probe

OnStep = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A video to be analysed.

    Attributes:
        path: Where it lies.
        name: What people call it.
        sha256: Its digest.
    """

    path: Path
    name: str
    sha256: str

    def in_their_words(self, error: InputError) -> str:
        """Return what is wrong with the video, which is told by the name of the file, with its name for people."""
        rest = str(error).removeprefix(self.path.name)
        return self.name + rest if rest != str(error) else rest


def analyse_in_parts(
    analyzer: Analyzer,
    source: Source,
    sampling: Sampling,
    parts: Parts,
    on_step: OnStep,
    *,
    parallel: bool = True,
    longest_s: float = math.inf,
) -> str:
    """Analyse a video, or go on where an earlier run left off, and return why it is not complete.

    Args:
        analyzer: Model and detector.
        source: The video.
        sampling: Which frames.
        parts: Where the results go, and where an earlier run's may be.
        on_step: Called after every frame with the progress of all runs together, whose rate is this run's; may
            raise :class:`Cancelled` to stop, which keeps what is done.
        parallel: Use several threads; one is right where as many videos are analysed at once as there are cores.
        longest_s: Stop after so many seconds of video, whatever its head says of its length.

    Returns:
        One sentence, empty if the analysis is complete.

    Raises:
        VideoError: Not a video that can be read. One that breaks off later is noted instead.
        LibraryError: The parts are of another file or made with other settings.
        OSError: A part cannot be written; those before are kept.
    """
    try:
        head = _Head(analyzer, source, sampling)
    except InputError as error:
        raise type(error)(source.in_their_words(error)) from error
    kept = parts.kept(head.analysis(TimelineBuilder(analyzer.labels)))
    run, note = _Run(head, parts, read_settings().part_s, kept.frames if kept else 0), ""
    after = kept.state if kept else None
    frames = analyzer.resumable_frames(source.path, sampling, run.wanted, after, parallel=parallel)
    try:
        with closing(frames) as results:
            for result, state in results:
                if result.time_s - sampling.start_s > longest_s:
                    raise VideoError(f"{source.path.name} is longer than the {longest_s:g} s that may be analysed here")
                run.add(result, state)
                on_step(run.progress())
    except Cancelled as stop:
        note = str(stop) or "The analysis was cancelled; what was done until then is kept."
    except VideoError as error:
        note = source.in_their_words(error)
        if run.done == 0:
            raise VideoError(note) from error
    run.finish()
    return note


class _Head:
    """What all parts of an analysis have in common."""

    def __init__(self, analyzer: Analyzer, source: Source, sampling: Sampling) -> None:
        self.info, self.labels, self.model = probe(source.path), analyzer.labels, analyzer.model
        self.settings, self.name = analyzer.settings(sampling, source.sha256), source.name
        self.expected_frames = sampling.expected_frames(self.info)

    def analysis(self, builder: TimelineBuilder) -> Analysis:
        return Analysis(self.info, *builder.build(), self.model, self.labels, self.settings, self.name)


class _Run:
    """Collects results and writes them away, part by part."""

    def __init__(self, head: _Head, parts: Parts, between_s: float, kept_frames: int) -> None:
        self._head, self._parts, self._between_s = head, parts, between_s
        self.done, self._kept_frames = kept_frames, kept_frames
        self.wanted = threading.Event()
        self._builder = TimelineBuilder(head.labels)
        self._waiting, self._asked = 0, False
        self._started = self._written = time.monotonic()

    def add(self, result: FrameResult, state: State | None) -> None:
        self._builder.add(result)
        self.done += 1
        self._waiting += 1
        if state is not None:
            self._write(state)
        elif not self._asked and time.monotonic() - self._written >= self._between_s:
            # Once: a state that was taken is still behind the frames that wait between the threads.
            self._asked = True
            self.wanted.set()

    def finish(self) -> None:
        if self._waiting:
            self._write(None)

    def progress(self) -> Progress:
        new, elapsed_s = self.done - self._kept_frames, time.monotonic() - self._started
        # As if the frames of earlier runs had come at this run's rate.
        return Progress(self.done, max(self._head.expected_frames, self.done), elapsed_s * self.done / new)

    def _write(self, state: State | None) -> None:
        self._parts.append(self._head.analysis(self._builder), state)
        self._builder, self._waiting, self._asked = TimelineBuilder(self._head.labels), 0, False
        self._written = time.monotonic()
