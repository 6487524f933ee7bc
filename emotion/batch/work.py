"""Analyses one video of a batch: downloads it, identifies it by its digest, and returns its row.

A worker keeps its models loaded. Errors become rows too, even those that end the batch, as only rows can be sent
between processes and machines.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from threadpoolctl import threadpool_limits

from emotion.analytics.behaviour.span_figures import behaviour_of
from emotion.analytics.behaviour.summary import behaviour_headline
from emotion.analytics.files import load_parquet
from emotion.analytics.summary import headline
from emotion.batch.inputs import Video, is_url, place_of
from emotion.batch.settings import Settings
from emotion.engine.analyzer import Analyzer
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.run import Source, analyse_with_checkpoints
from emotion.engine.storage import Storage, disk_full_message
from emotion.errors import BatchError, Cancelled, EmotionError, InputError, ModelError, SettingsError, TimelineError
from emotion.limits import out_of_memory_message
from emotion.models.registry import sha256_of
from emotion.sandbox.rlimits import kill_after
from emotion.settings import read_settings
from emotion.types import Analysis, Progress

Row = dict[str, Any]
"""A row of the summary, or of the errors, with ``reason`` and ``kind``."""

FILE, MISSING, MACHINE, KILLED, UNEXPECTED, STOP = "file", "missing", "machine", "killed", "unexpected", "stop"
"""Kinds of errors: an unreadable file; a missing one; a failed disk, network or server; a worker that was killed at
every attempt; a bug; an error that ends the batch."""

TRIES = 3
"""Attempts at a video that kills its worker."""
COUNTS = "tries"
"""Folder of the attempt counts; see :class:`Worker`."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all videos of a batch have in common.

    Attributes:
        out: Folder or URL of the results, valid on every machine that runs a worker.
        settings: How to analyse.
    """

    out: str
    settings: Settings


def timeline_key(video_id: str) -> str:
    """Return the key of a timeline, in one of 256 folders, as millions of files in one folder are slow."""
    return f"timelines/{video_id[:2]}/{video_id}.parquet"


def failure(video: Video, settings: Settings, kind: str, reason: str, *, tries: int = 1, detail: str = "") -> Row:
    """Return the row of a video that has no timeline."""
    about = {"kind": kind, "reason": reason, "detail": detail, "tries": tries, "finished_at": _now()}
    return _origin(video, settings) | about


def killed(video: Video, settings: Settings, tries: int) -> Row:
    """Return the row of a video that killed its worker at every attempt."""
    died = f"its process crashed {tries} times"
    why = f"it was killed, its decoder crashed, or no frame arrived for {read_settings().stall_s:g} s"
    return failure(video, settings, KILLED, f"{video.name} has no timeline: {died} ({why})", tries=tries)


class Worker:
    """Analyses videos one by one on a single thread; there are as many workers as cores.

    Args:
        job: What all videos have in common.
        is_stopped: Called after every frame; returns whether to stop. The results so far are kept.
        counts: Count the attempts at each video in the storage and give up after :data:`TRIES`; for callers that retry
            without knowing which video killed a worker.
    """

    def __init__(self, job: Job, is_stopped: Callable[[], bool] = lambda: False, *, counts: bool = False) -> None:
        self._settings, self._out, self._is_stopped, self._counts = job.settings, job.out, is_stopped, counts
        self._loaded: tuple[Analyzer, Storage] | None = None

    def __call__(self, video: Video) -> Row | None:
        """Return the video's row of the summary or of the errors; None if the worker was stopped."""
        try:
            analyzer, storage = self._load()
            if not self._counts:
                return self._row(video, analyzer, storage)
            with _counted(storage, video) as number:
                if number > TRIES:
                    return killed(video, self._settings, number - 1)
                return self._row(video, analyzer, storage)
        except Cancelled:
            return None
        except Exception as error:
            kind, reason = _describe(error, video)
            detail = traceback.format_exc() if kind == UNEXPECTED else ""
            return failure(video, self._settings, kind, reason, detail=detail)

    def _load(self) -> tuple[Analyzer, Storage]:
        """Return the models and the storage, which are opened once."""
        if self._loaded is None:
            cv2.setNumThreads(1)
            threadpool_limits(1)
            wanted = self._settings
            wanted.check_here()
            analyzer = Analyzer(wanted.model, wanted.detector, eyes=wanted.eyes, movements=wanted.movements)
            self._loaded = analyzer, Storage(self._out)
        return self._loaded

    def _row(self, video: Video, analyzer: Analyzer, storage: Storage) -> Row:
        started = time.monotonic()
        with self._fetched(video) as path:
            source = Source(path, video.name, sha256_of(path))
            video_id = self._settings.id_of(source.sha256)
            analysis = _read(storage, timeline_key(video_id))
            if is_new := analysis is None:
                analysis = self._analyse(analyzer, storage, source, video, video_id)
            size = path.stat().st_size
        return (
            _origin(video, self._settings)
            | {"id": video_id, "timeline": timeline_key(video_id), "sha256": source.sha256, "bytes": size}
            | self._settings.row()
            | {"complete": analysis.complete, "note": analysis.remarks}
            | {"width": analysis.info.width, "height": analysis.info.height, "faces": len(analysis.timeline)}
            | headline(analysis)
            | behaviour_headline(behaviour_of(analysis))
            | {"work_s": time.monotonic() - started if is_new else None, "finished_at": _now()}
        )

    def _analyse(self, analyzer: Analyzer, storage: Storage, source: Source, video: Video, video_id: str) -> Analysis:
        # Two videos may have the same bytes and be analysed at the same time.
        folder = f"parts/{video_id}-{_short(video)}"
        checkpoint, whole = Checkpoint(storage, folder), f"{folder}.whole"
        # A decoder that hangs kills this process, which counts as an attempt.
        with kill_after(read_settings().stall_s) as rearm:

            def on_step(_: Progress) -> None:
                rearm()
                if self._is_stopped():
                    raise Cancelled

            note = analyse_with_checkpoints(
                analyzer, source, self._settings.sampling, checkpoint, on_step, parallel=False
            )
        if self._is_stopped():
            raise Cancelled
        checkpoint.merge(whole, note)
        storage.move(whole, timeline_key(video_id))
        checkpoint.clear()
        analysis = _read(storage, timeline_key(video_id))
        if analysis is None:
            raise OSError(f"{timeline_key(video_id)} was written but cannot be read")
        return analysis

    @contextlib.contextmanager
    def _fetched(self, video: Video) -> Iterator[Path]:
        """Yield a local path of the video. A remote video is downloaded for the duration of the block."""
        if not is_url(video.source):
            yield Path(video.source)
            return
        fs, path = place_of(video.source)
        with tempfile.TemporaryDirectory(prefix="emotion-") as folder:
            copy = Path(folder) / "video"
            try:
                fs.get_file(path, str(copy))
            except OSError:
                raise
            except Exception as error:  # file systems have their own exceptions
                raise OSError(f"{video.name} cannot be downloaded: {type(error).__name__}: {error}") from error
            yield copy


def _origin(video: Video, settings: Settings) -> Row:
    return {"source": video.shown, "name": video.name, "settings": settings.id, "stamp": video.stamp}


def _short(video: Video) -> str:
    return hashlib.sha256(video.shown.encode()).hexdigest()[:16]


@contextlib.contextmanager
def _counted(storage: Storage, video: Video) -> Iterator[int]:
    """Yield the number of this attempt. The count remains if the process dies within the block."""
    key = f"{COUNTS}/{_short(video)}"
    number = 1
    if storage.exists(key):
        with storage.reading(key) as file:
            number += int(file.read())
    with storage.writing(key) as file:
        file.write(str(number).encode())
    try:
        yield number
    finally:
        storage.remove(key)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _read(storage: Storage, key: str) -> Analysis | None:
    """Return a timeline from the storage; None if it is missing or damaged."""
    try:
        with storage.local(key) as path:
            return load_parquet(path) if path.is_file() else None
    except (FileNotFoundError, TimelineError):
        return None


def _describe(error: Exception, video: Video) -> tuple[str, str]:
    """Return an error's kind and its message in one sentence."""
    if isinstance(error, OSError):
        return _describe_os_error(error, video)
    if isinstance(error, InputError):
        return FILE, str(error)
    if isinstance(error, BatchError | ModelError | SettingsError):
        return STOP, str(error)
    if isinstance(error, MemoryError):
        return KILLED, f"{video.name} has no timeline: {out_of_memory_message()}"
    if isinstance(error, EmotionError):
        return MACHINE, str(error)
    return UNEXPECTED, f"{video.name} ended with an unexpected error: {type(error).__name__}: {error}"


def _describe_os_error(error: OSError, video: Video) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return MISSING, f"{video.name} cannot be opened: there is no such file"
    full = disk_full_message(error)
    return (STOP, full) if full else (MACHINE, f"{video.name}: {error.strerror or error}")
