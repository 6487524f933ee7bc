"""The command ``video``: analyses files or folders of videos with checkpoints, so a later run can continue."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from emotion.analytics.behaviour.span_figures import Behaviour, behaviour_of
from emotion.analytics.behaviour.summary import behaviour_headline, behaviour_summary
from emotion.analytics.files import load_parquet
from emotion.analytics.summary import headline, summarise
from emotion.bad_file import sentence_for
from emotion.batch.inputs import is_video
from emotion.cli.common.analyzer_options import add_analyzer_options, analyzer_of
from emotion.cli.common.arguments import positive
from emotion.cli.common.output import console, progress_bar, summary_table, videos_table
from emotion.cli.common.status import OK, fail
from emotion.csv_text import csv_bytes
from emotion.engine.analyzer import Analyzer
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.exclusive import exclusive
from emotion.engine.run import Source, analyse_with_checkpoints
from emotion.engine.storage import Storage, disk_full_message
from emotion.errors import Cancelled, InputError
from emotion.input_files import files_in
from emotion.models.registry import sha256_of
from emotion.output_names import shown_names, unique_names, without_duplicates
from emotion.paths import unicode_name
from emotion.report.edited import NO_EDITS, Edited
from emotion.types import Analysis, Progress
from emotion.vision.decode.sampling import Sampling

log = logging.getLogger(__name__)

TABLE = "summary.csv"
_CANCELLED = "Analysis stopped. The results so far are kept; continue with --resume."


@dataclass(frozen=True, slots=True)
class _Job:
    file: Path
    stem: str
    """Suffixes of the results."""


def add_options(video: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    video.add_argument("files", nargs="+", type=Path, metavar="FILE", help="videos, or folders of them")
    video.add_argument(
        "--out", type=Path, metavar="DIR", required=True, help="where timelines and summaries are written"
    )
    add_sampling_options(video)
    video.add_argument("--resume", action="store_true", help="continue an earlier run with the same options")
    add_analyzer_options(video)


def add_sampling_options(video: argparse.ArgumentParser) -> None:
    """Add the options that select frames."""
    sampling = video.add_mutually_exclusive_group()
    sampling.add_argument("--every", type=positive(int), default=1, metavar="N", help="analyse every n-th frame")
    sampling.add_argument("--fps", type=positive(float), metavar="F", help="analyse at most F frames per second")
    video.add_argument("--start", type=_time, default=0.0, metavar="TIME", help="start time: seconds, m:ss or h:mm:ss")
    video.add_argument("--end", type=_time, metavar="TIME", help="end time")


def run(options: argparse.Namespace) -> int:
    """Analyse files one by one, write and print the results, and return the exit status.

    Raises:
        Cancelled: Ctrl-C stopped it.
        EmotionError: No video can be analysed, as when the model is missing.
    """
    jobs, sampling = _jobs(options.files), Sampling(options.every, options.fps, options.start, options.end)
    analyzer = analyzer_of(options)
    options.out.mkdir(parents=True, exist_ok=True)
    is_alone = len(jobs) == 1 and not options.files[0].is_dir()
    rows: list[dict[str, Any]] = []
    with _cancelled_by_ctrl_c() as is_cancelled:
        for job in jobs:
            rows.append(_row(job, analyzer, sampling, options, is_cancelled))
            if is_cancelled():
                break
    if is_alone:
        _print_alone(options.out / f"{jobs[0].stem}.summary.json", rows[0])
    else:
        (options.out / TABLE).write_bytes(csv_bytes(pd.DataFrame(rows)))
        console().print(videos_table(rows))
    names = shown_names([row["file"] for row in rows])
    notes = [(name, row["note"]) for name, row in zip(names, rows, strict=True) if row["note"]]
    named = [note if is_alone or note.startswith(name) else f"{name}: {note}" for name, note in notes]
    if not named:
        return OK
    text = "; ".join(named) if len(jobs) == 1 else f"{len(named)} of {len(jobs)} videos: {'; '.join(named)}"
    if is_cancelled():
        raise Cancelled(text)
    return fail(text)


def _print_alone(summary: Path, row: dict[str, Any]) -> None:
    """Print the figures of a single video, if it has any."""
    if "frames" in row:
        console().print(summary_table(json.loads(summary.read_text(encoding="utf-8")), Path(row["file"]).name))


def _row(
    job: _Job, analyzer: Analyzer, sampling: Sampling, options: argparse.Namespace, is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """Analyse a video, and return its row of the summary table: its figures, or why it failed."""
    try:
        analysis, behaviour = _analyse(analyzer, job, sampling, options, is_cancelled)
    except Exception as error:  # any error of a decoder concerns this file only
        log.debug("%s cannot be analysed", job.file, exc_info=True)
        return {"file": unicode_name(str(job.file)), "note": _sentence(error, job.file.name)}
    return (
        {"file": unicode_name(str(job.file))}
        | headline(analysis)
        | behaviour_headline(behaviour)
        | {"note": analysis.note}
    )


def _jobs(files: Sequence[Path]) -> list[_Job]:
    found = without_duplicates([video for file in files for video in files_in(file, is_video, "videos")])
    return [_Job(file, name) for file, name in zip(found, unique_names(found, stems=True), strict=True)]


def _analyse(
    analyzer: Analyzer, job: _Job, sampling: Sampling, options: argparse.Namespace, is_cancelled: Callable[[], bool]
) -> tuple[Analysis, Behaviour]:
    if not job.file.is_file():
        raise InputError(f"{job.file.name} cannot be opened: there is no such file")
    refusal = InputError(f"expected results that no other run is writing; one is writing those of {job.file.name}")
    with exclusive(options.out / f".{job.stem}.lock", refusal):
        return _analyse_alone(analyzer, job, sampling, options, is_cancelled)


def _analyse_alone(
    analyzer: Analyzer, job: _Job, sampling: Sampling, options: argparse.Namespace, is_cancelled: Callable[[], bool]
) -> tuple[Analysis, Behaviour]:
    storage = Storage(options.out)
    checkpoint, timeline = Checkpoint(storage, f"{job.stem}.parts"), options.out / f"{job.stem}.timeline.parquet"
    source = Source(job.file, unicode_name(job.file.name), sha256_of(job.file))
    if options.resume and (finished := _finished(timeline, analyzer, sampling, source)) is not None:
        return finished, behaviour_of(finished)
    if not options.resume:
        checkpoint.clear()
    with progress_bar(unicode_name(job.file.name)) as show:

        def on_step(progress: Progress) -> None:
            show(progress)
            if is_cancelled():
                raise Cancelled(_CANCELLED)

        note = analyse_with_checkpoints(analyzer, source, sampling, checkpoint, on_step)
    checkpoint.merge(timeline.name, note)
    if not is_cancelled():
        checkpoint.clear()
    analysis = load_parquet(timeline)
    behaviour = behaviour_of(analysis)
    _write(analysis, behaviour, options.out / job.stem)
    return analysis, behaviour


def _finished(timeline: Path, analyzer: Analyzer, sampling: Sampling, source: Source) -> Analysis | None:
    """Return the analysis if an earlier run with the same options finished it."""
    if not timeline.is_file():
        return None
    analysis = load_parquet(timeline)
    same = (analysis.model, analysis.settings) == (analyzer.model, analyzer.settings(sampling, source.sha256))
    return analysis if same and analysis.complete else None


def _write(analysis: Analysis, behaviour: Behaviour, stem: Path) -> None:
    named = Edited(analysis, NO_EDITS, analysis).named_timeline()
    Path(f"{stem}.timeline.csv").write_bytes(csv_bytes(named))
    summary = summarise(analysis) | {"behaviour": behaviour_summary(analysis, behaviour)}
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    Path(f"{stem}.summary.json").write_text(text, encoding="utf-8")


def _sentence(error: Exception, name: str) -> str:
    if isinstance(error, OSError) and (full := disk_full_message(error)):
        return f"{full} with --resume, which continues from the saved results"
    return sentence_for(error, name, "a video")


def _time(text: str) -> float:
    """Return the seconds of ``90``, ``1:30`` or ``1:02:03.5``."""
    try:
        fields = [float(field) for field in text.split(":")]
    except ValueError:
        fields = []
    is_time = 1 <= len(fields) <= 3 and all(0 <= field < math.inf for field in fields)
    if not is_time or any(field >= 60 for field in fields[1:]):
        raise argparse.ArgumentTypeError(f"expected seconds, m:ss or h:mm:ss; got {text}")
    seconds = 0.0
    for field in fields:
        seconds = seconds * 60 + field
    return seconds


@contextlib.contextmanager
def _cancelled_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C set a flag that the analysis checks, so that it keeps its results; a second one ends at once."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
