"""The command line's tables, and its progress bar with rate and time left."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from emotion.labels import ANSWER_COLOURS, UNCLEAR
from emotion.output_names import shown_names
from emotion.progress import OnProgress
from emotion.types import Progress

LONGEST_LINE = 10_000
"""Longest line where no terminal shows it, characters."""
_REFRESH_S = 0.1


class _Console(Console):
    """Leaves a closed pipe to the command line, as other prints do; rich would exit with 1, as if something failed."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints names as they are; rich would drop ``[edited]`` and draw ``:smile:``.

    Lines for a file or another program are as long as they need to be; rich would cut them at 80 characters.
    """
    made = _Console(stderr=stderr, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = LONGEST_LINE
    return made


def coloured(answer: str) -> Text:
    """Return a label or UNCLEAR in its colour."""
    return Text(answer, style=ANSWER_COLOURS[answer])


def faces_table(records: Sequence[dict[str, Any]]) -> Table:
    """Return one row per face of the records of pictures, one per picture without a face, one per failure."""
    table = Table(box=None)
    # Folded rather than cut, as paths with the same file name differ elsewhere.
    table.add_column("picture", overflow="fold")
    for heading in ("face", "expression", "confidence", "box (px)"):
        table.add_column(heading)
    for name, record in zip(shown_names([record["file"] for record in records]), records, strict=True):
        if "error" in record:
            table.add_row(name, "–", Text(record["error"], style="red"), "", "")
            continue
        if not record["faces"]:
            table.add_row(name, "–", Text("no face found", style="dim"), "", "")
        for number, face in enumerate(record["faces"], start=1):
            box = " ".join(f"{value:.0f}" for value in face["box_xyxy"])
            table.add_row(name, str(number), *_answer_cells(face), box)
    return table


def _answer_cells(face: dict[str, Any]) -> tuple[Text, str]:
    """Return the answer for a face and its probability; for an unclear one, the leading expression."""
    share = f"{face['probabilities'][face['emotion']]:.0%}"
    return (coloured(UNCLEAR), f"{face['emotion']} {share}") if face["unclear"] else (coloured(face["emotion"]), share)


def summary_table(summary: dict[str, Any], source: str) -> Table:
    """Return the headline figures of a video."""
    table = Table(title=source, show_header=False, box=None, title_justify="left")
    table.add_row("frames", f"{summary['frames']}, {summary['frames_with_face']} with a face")
    if summary["mended"]:
        table.add_row("remarks", summary["mended"])
    table.add_row("people", str(len(summary["tracks"])))
    if summary["dominant"] is not None:
        table.add_row("dominant expression", coloured(summary["dominant"]))
    if summary["smile_index"] is not None:
        table.add_row("smile index", f"{summary['smile_index']:.0%}")
    if summary["frames_with_face"]:
        for label, share in sorted(summary["shares"].items(), key=lambda item: -item[1]):
            table.add_row(coloured(label), f"{share:.1%}")
    for note in summary.get("behaviour", {}).get("notes", []):
        table.add_row("not measured", note)
    return table


def videos_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return a table with one line per video: its figures, or why it failed."""
    table = Table(box=None)
    table.add_column("video", overflow="fold")
    for heading in ("frames", "people", "dominant expression", "smile index", "note"):
        table.add_column(heading)
    for name, row in zip(shown_names([row["file"] for row in rows]), rows, strict=True):
        dominant, smile = row.get("dominant"), row.get("smile_index")
        table.add_row(
            name,
            str(row.get("frames", "–")),
            str(row.get("people", "–")),
            "–" if dominant is None else coloured(dominant),
            "–" if smile is None else f"{smile:.0%}",
            " ".join(filter(None, [row.get("note"), row.get("mended")])),
        )
    return table


def _rate(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


@contextlib.contextmanager
def progress_bar(title: str, unit: str = "frames") -> Iterator[OnProgress]:
    """Show a bar on stderr, and yield the function that updates it with a :class:`Progress`."""
    rate = TextColumn(f"{{task.fields[rate]}} {unit}/s")
    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), rate)
    bar = Bar(*columns, TimeRemainingColumn(), console=console(stderr=True))
    task = bar.add_task(title, total=None, rate="0")
    shown_at, done = float("-inf"), 0

    def show(progress: Progress) -> None:
        nonlocal shown_at, done
        now, done = time.monotonic(), progress.done
        if now - shown_at >= _REFRESH_S or progress.done >= progress.total:
            shown_at = now
            bar.start()  # starts with the first step; starting again has no effect
            bar.update(task, completed=progress.done, total=progress.total, rate=_rate(progress.rate))

    try:
        yield show
        if bar.live.is_started:  # all is done, and the total was an estimate
            bar.update(task, completed=done, total=done)
    finally:
        if bar.live.is_started:
            bar.stop()
