"""Exports that take a while: written on a thread, kept until replaced or discarded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.errors import Cancelled
from emotion.report.formats import Format, Options, export, export_limited
from emotion.types import Analysis
from ui.common.background import BackgroundJob


@dataclass(frozen=True, slots=True, eq=False)
class ExportRequest:
    """An export: format, analysis, edits and options."""

    chosen: Format
    analysis: Analysis
    edits: Edits
    options: Options

    def is_same(self, other: ExportRequest) -> bool:
        """Return whether another request would give the same file."""
        mine, theirs = ((one.chosen.name, one.edits, one.options) for one in (self, other))
        return mine == theirs and self.analysis is other.analysis

    def write(self, path: Path) -> bytes:
        """Write the file synchronously and return its bytes."""
        return export(self.analysis, path, self.chosen, self.edits, self.options).read_bytes()


class ExportJob(BackgroundJob):
    """A running or finished export.

    Attributes:
        request: What to write.
        file: The finished file; None while running, if cancelled and if failed.
    """

    def __init__(self, request: ExportRequest) -> None:
        super().__init__()
        self.request = request
        self.file: Path | None = None

    def start(self) -> None:
        """Start writing; returns at once."""
        self._start_thread(self._run)

    def _run(self) -> None:
        request = self.request
        target = Path(self._folder.name) / "export"
        wanted = (request.analysis, target, request.chosen, request.edits, request.options)
        file = export_limited(*wanted, self._report) if request.chosen.needs_video else export(*wanted, self._report)
        if self._cancelled.is_set():
            raise Cancelled("The export was cancelled.")
        self.file = file
