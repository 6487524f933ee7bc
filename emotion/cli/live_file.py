"""The file of one session of ``emotion live``: parts that grow every second, and the whole file at the end."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from emotion.analytics.edits import Edits, Event, Span
from emotion.cli.common.session_parts import SUFFIX, SessionParts
from emotion.engine.storage import disk_full_message
from emotion.errors import InputError, LiveError
from emotion.live.stream_time import Gaps
from emotion.live.timeline_writer import RecordingInfo, TimelineWriter
from emotion.report.formats import FORMATS, Format, export
from emotion.types import FrameResult

_FORMATS = {each.suffix.rpartition(".")[2]: each for each in FORMATS if each.name in {"csv", "json", "parquet"}}


class LiveFile:
    """Writes the file of one session. Add and write frames on one thread; events may come from any.

    Args:
        path: The file, which must not exist.
        written: Its format (:func:`format_of`).
        about: Model and settings.
        gaps: Finds interruptions; None if a long time between frames is not one.

    Raises:
        InputError: The parts of an interrupted session of this name are still there.
        LibraryError: The folder of the parts cannot be made.
    """

    def __init__(self, path: Path, written: Format, about: RecordingInfo, gaps: Gaps | None) -> None:
        self._path, self._format, self._gaps = path, written, gaps
        self._folder = path.with_name(f"{path.name}{SUFFIX}")
        self._parts = SessionParts(self._folder)
        if self._parts:
            raise InputError(
                f"expected no interrupted session of this name; write the earlier one with “{self._command}”, and "
                f"then remove {self._folder.name}"
            )
        self._writer = TimelineWriter(self._parts.timeline, about)
        self._events: list[Event] = []
        self._saved_events = 0

    def add(self, result: FrameResult) -> None:
        """Append a frame."""
        if self._gaps is not None and (gap := self._gaps.add(result.time_s)) is not None:
            self._events.append(gap)
        self._writer.add(result)

    def mark(self, label: str, time_s: float) -> None:
        """Add an event at a time of the stream, s."""
        self._events.append(Event(label, Span(time_s, time_s)))

    def write(self) -> None:
        """Write what was added since the last call.

        Raises:
            LiveError: The disk is full or broken. What was written before remains.
        """
        try:
            self._writer.write(0.0 if self._gaps is None else self._gaps.left_out_s)
            edits = self._edits
            if len(edits.events) > self._saved_events:
                self._parts.save_edits(edits)
                self._saved_events = len(edits.events)
        except OSError as error:
            raise self._unwritten(error) from error

    def finish(self) -> str:
        """Write the file, remove the parts, and return what was written, in a few words.

        Raises:
            LiveError: The disk is full or broken. The parts remain.
        """
        self.write()
        done = f"{self._path}: not written, as no frame came"
        if self._writer.frames:
            edits = self._edits
            try:
                export(self._parts.timeline.load(""), self._path, self._format, edits)
            except OSError as error:
                raise self._unwritten(error) from error
            done = f"{self._path}: {self._writer.frames:,} frames, {len(edits.events)} events"
        shutil.rmtree(self._folder, ignore_errors=True)
        return done

    @property
    def _edits(self) -> Edits:
        return Edits(events=tuple(self._events))

    @property
    def _command(self) -> str:
        """The command that writes the file from the parts."""
        where, to = str(self._folder), str(self._path)
        return shlex.join(["emotion", "export", where, "--format", self._format.name, "--out", to])

    def _unwritten(self, error: OSError) -> LiveError:
        reason = (
            disk_full_message(error) or f"{self._path.name} cannot be written ({error.strerror or error}); try again"
        )
        return LiveError(f"{reason} with “{self._command}”, which writes what was recorded")


def format_of(path: Path, *, with_events: bool) -> Format:
    """Return the format of a file by its ending.

    Args:
        path: The file.
        with_events: Whether it must keep events.

    Raises:
        InputError: There is no such format or folder, or the file exists.
    """
    wanted = path.suffix.removeprefix(".").lower()
    if wanted not in _FORMATS:
        raise InputError(f"expected a file that ends in .parquet, .csv or .json; got {path.name}")
    if with_events and wanted == "csv":
        raise InputError(f"expected .parquet or .json, as a CSV file has no markers; got {path.name}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"expected a file in an existing folder; there is no {path.parent}")
    if path.exists():
        raise InputError(f"expected the name of a new file, as no session can be repeated; {path.name} exists")
    return _FORMATS[wanted]
