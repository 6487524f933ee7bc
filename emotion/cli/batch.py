"""The command ``batch``: any number of videos, on all cores of a machine or of many."""

from __future__ import annotations

import argparse
import sys

from emotion.bad_file import with_name
from emotion.batch.results import ERRORS, SUMMARY
from emotion.batch.run import Report, run_batch
from emotion.batch.settings import Settings
from emotion.cli.common.analyzer_options import add_analyzer_options
from emotion.cli.common.arguments import positive
from emotion.cli.common.output import progress_bar
from emotion.cli.common.status import OK, SOME_FAILED
from emotion.cli.video import add_sampling_options
from emotion.errors import Cancelled, printable_line
from emotion.vision.decode.sampling import Sampling

_INTERRUPTED = "interrupted; run the same command to continue"


def add_options(batch: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    batch.add_argument(
        "inputs", nargs="+", metavar="INPUT", help="videos, folders, globs or URLs of them, or one manifest.csv alone"
    )
    batch.add_argument("--out", required=True, metavar="DIR", help="folder or URL of timelines and tables")
    batch.add_argument("--workers", type=positive(int), metavar="N", help="videos at once (default: one per core)")
    batch.add_argument("--ray", metavar="ADDRESS", help="use Ray: local, or the address of a cluster")
    batch.add_argument("--retry", action="store_true", help="retry the videos that failed")
    add_sampling_options(batch)
    add_analyzer_options(batch)


def run(options: argparse.Namespace) -> int:
    """Analyse the videos that have no result yet, print a summary, and return the exit status.

    Raises:
        EmotionError: The batch cannot start or continue, or Ctrl-C stopped it.
    """
    try:
        report = _report(options)
    except KeyboardInterrupt:
        raise Cancelled(_INTERRUPTED) from None
    print(_sentence(report, options.out))
    for name, reason in report.reasons:
        print(f"emotion: {printable_line(with_name(reason, name))}", file=sys.stderr)
    if report.interrupted:
        raise Cancelled(_INTERRUPTED)
    return SOME_FAILED if report.errors else OK


def _report(options: argparse.Namespace) -> Report:
    sampling = Sampling(options.every, options.fps, options.start, options.end)
    settings = Settings.of(options.model, options.detector, sampling, eyes=options.eyes, movements=options.movements)
    with progress_bar("batch", "videos") as show:
        return run_batch(
            options.inputs,
            options.out,
            settings,
            workers=options.workers,
            ray=options.ray,
            retry=options.retry,
            on_step=show,
        )


def _sentence(report: Report, out: str) -> str:
    text = f"{report.timelines} of {report.videos} videos analysed, {report.errors} failed"
    if report.incomplete:
        text += f", {report.incomplete} damaged and analysed in part"
    if report.before:
        text += f", {report.before} of these by an earlier run"
    return f"{text}; {report.elapsed_s:.0f} s; see {SUMMARY} and {ERRORS} in {out}"
