"""The command ``video``: one file, several, or a folder of them, in parts that a later run can go on from."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from emotion.analytics.files import load_parquet, to_csv
from emotion.analytics.summary import headline, summarise
from emotion.batch.inputs import VIDEO_ENDINGS
from emotion.errors import Cancelled, EmotionError, InputError
from emotion.library.analyse import Source, analyse_in_parts
from emotion.library.parts import Parts
from emotion.library.storage import Storage, no_room
from emotion.registry import sha256_of
from emotion.terminal import progress_bar, summary_table, videos_table
from emotion.types import Analysis, Progress
from emotion.vision.pipeline import Analyzer
from emotion.vision.sampling import Sampling

TABLE = "summary.csv"
_CANCELLED = "The analysis was cancelled; what was done until then is kept, and --resume goes on from there."


@dataclass(frozen=True, slots=True)
class _Job:
    file: Path
    stem: str
    """What its results are called."""


def add_video_options(video: argparse.ArgumentParser, positive: Callable[[type], Any]) -> None:
    """Declare the command's own options.

    Args:
        video: Its parser.
        positive: Makes the parser of a number above 0.
    """
    video.add_argument("files", nargs="+", type=Path, metavar="FILE", help="videos, or folders of them")
    video.add_argument(
        "--out", type=Path, metavar="DIR", required=True, help="where timelines and summaries are written"
    )
    add_sampling_options(video, positive)
    video.add_argument("--resume", action="store_true", help="go on where an earlier run with the same options ended")


def add_sampling_options(video: argparse.ArgumentParser, positive: Callable[[type], Any]) -> None:
    """Declare which frames are analysed.

    Args:
        video: The parser of a command.
        positive: Makes the parser of a number above 0.
    """
    sampling = video.add_mutually_exclusive_group()
    sampling.add_argument("--every", type=positive(int), default=1, metavar="N", help="analyse every n-th frame")
    sampling.add_argument("--fps", type=positive(float), metavar="F", help="analyse at most F frames per second")
    video.add_argument("--start", type=_time, default=0.0, metavar="TIME", help="begin here: seconds, m:ss or h:mm:ss")
    video.add_argument("--end", type=_time, metavar="TIME", help="end here")


def run_video(options: argparse.Namespace) -> tuple[list[str], int]:
    """Analyse the files one after the other, and write and print what came out.

    Returns:
        What went wrong, one sentence each, and the number of files.

    Raises:
        EmotionError: Nothing can be done at all.
    """
    jobs, sampling = _jobs(options.files), Sampling(options.every, options.fps, options.start, options.end)
    analyzer = Analyzer(options.model, options.detector)
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
        pd.DataFrame(rows).to_csv(options.out / TABLE, index=False, float_format="%.6g")
        Console().print(videos_table(rows))
    notes = [(Path(row["file"]).name, row["note"]) for row in rows if row["note"]]
    named = [note if is_alone or note.startswith(name) else f"{name}: {note}" for name, note in notes]
    return named, len(jobs)


def _print_alone(summary: Path, row: dict[str, Any]) -> None:
    """Print the figures of the only video, unless it has none."""
    if "frames" in row:
        Console().print(summary_table(json.loads(summary.read_text(encoding="utf-8")), Path(row["file"]).name))


def _row(
    job: _Job, analyzer: Analyzer, sampling: Sampling, options: argparse.Namespace, is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """Analyse a video and return its line of the summary table: its figures, or why there are none."""
    try:
        analysis = _analyse(analyzer, job, sampling, options, is_cancelled)
    except (EmotionError, OSError) as error:
        return {"file": str(job.file), "note": _sentence(error)}
    return {"file": str(job.file)} | headline(analysis) | {"note": analysis.note}


def _jobs(files: Sequence[Path]) -> list[_Job]:
    found: list[Path] = []
    for file in files:
        inside = (
            sorted(path for path in file.iterdir() if path.suffix.lower() in VIDEO_ENDINGS) if file.is_dir() else []
        )
        if file.is_dir() and not inside:
            raise InputError(f"expected videos in {file}; there are none")
        found += inside or [file]
    # a.mp4 and a.mov may both be there, and so may one name in two folders.
    stems = Counter(path.stem for path in found)
    names = Counter(path.name for path in found)
    if twice := [name for name, count in names.items() if count > 1]:
        raise InputError(f"expected files of different names, as their results lie side by side; got {twice[0]} twice")
    return [_Job(path, path.stem if stems[path.stem] == 1 else path.name) for path in found]


def _analyse(
    analyzer: Analyzer, job: _Job, sampling: Sampling, options: argparse.Namespace, is_cancelled: Callable[[], bool]
) -> Analysis:
    storage = Storage(options.out)
    parts, timeline = Parts(storage, f"{job.stem}.parts"), options.out / f"{job.stem}.timeline.parquet"
    if not job.file.is_file():
        raise InputError(f"{job.file.name} cannot be opened: there is no such file")
    source = Source(job.file, job.file.name, sha256_of(job.file))
    if options.resume and (finished := _finished(timeline, analyzer, sampling, source)) is not None:
        return finished
    if not options.resume:
        parts.clear()
    with progress_bar(job.file.name) as show:

        def on_step(progress: Progress) -> None:
            show(progress)
            if is_cancelled():
                raise Cancelled(_CANCELLED)

        note = analyse_in_parts(analyzer, source, sampling, parts, on_step)
    parts.assemble(timeline.name, note)
    if not is_cancelled():
        parts.clear()
    analysis = load_parquet(timeline)
    _write(analysis, options.out / job.stem)
    return analysis


def _finished(timeline: Path, analyzer: Analyzer, sampling: Sampling, source: Source) -> Analysis | None:
    """Return what an earlier run with the same options finished."""
    if not timeline.is_file():
        return None
    analysis = load_parquet(timeline)
    same = (analysis.model, analysis.settings) == (analyzer.model, analyzer.settings(sampling, source.sha256))
    return analysis if same and analysis.complete else None


def _write(analysis: Analysis, stem: Path) -> None:
    Path(f"{stem}.timeline.csv").write_text(to_csv(analysis.timeline), encoding="utf-8")
    text = json.dumps(summarise(analysis), ensure_ascii=False, indent=2)
    Path(f"{stem}.summary.json").write_text(text, encoding="utf-8")


def _sentence(error: EmotionError | OSError) -> str:
    if isinstance(error, OSError) and (full := no_room(error)):
        return f"{full} with --resume, which goes on from what is done"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} cannot be written or read: {error.strerror}"
    return str(error)


def _time(text: str) -> float:
    """Return the seconds of ``90``, ``1:30`` or ``1:02:03.5``."""
    try:
        fields = [float(field) for field in text.split(":")]
    except ValueError:
        fields = []
    if not 1 <= len(fields) <= 3 or not all(0 <= field < float("inf") for field in fields):
        raise argparse.ArgumentTypeError(f"expected seconds, m:ss or h:mm:ss; got {text}")
    seconds = 0.0
    for field in fields:
        seconds = seconds * 60 + field
    return seconds


@contextlib.contextmanager
def _cancelled_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C into a wish that the analysis asks about, so that it can keep what is done; a second one stops."""
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
