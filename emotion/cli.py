"""The command line: ``python -m emotion image | video | models | doctor``.

Answers go to stdout, progress and complaints to stderr, so that output can be piped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from PIL import Image
from rich.console import Console

from emotion.added_models import CardDetails, add_model, remove_model, suggest_name
from emotion.analytics.draw import annotate
from emotion.analytics.files import save_parquet, to_csv
from emotion.analytics.records import image_record, image_table
from emotion.analytics.summary import summarise
from emotion.doctor import examine
from emotion.errors import Cancelled, EmotionError, InputError
from emotion.labels import CODES, parse_labels
from emotion.terminal import faces_table, findings_table, models_table, progress_bar, summary_table
from emotion.types import Progress
from emotion.vision.decode_image import load_image
from emotion.vision.detect import DETECTORS
from emotion.vision.normalise import NORMALISATIONS, UNIT
from emotion.vision.pipeline import Analyzer

OK, FAILED = 0, 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message} (see --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command and option."""
    parser = _Parser(prog="python -m emotion", description="Facial-expression analytics for pictures and videos.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    image = commands.add_parser("image", help="find the faces in pictures and name what they show")
    image.add_argument("files", nargs="+", type=Path, metavar="FILE")
    image.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    image.add_argument("--out", type=Path, metavar="DIR", help="write an annotated PNG, CSV and JSON for each picture")
    image.set_defaults(run=_image)

    video = commands.add_parser("video", help="analyse a video frame by frame")
    video.add_argument("file", type=Path, metavar="FILE")
    video.add_argument("--out", type=Path, metavar="DIR", required=True, help="where timeline and summary are written")
    sampling = video.add_mutually_exclusive_group()
    sampling.add_argument("--every", type=_positive(int), default=1, metavar="N", help="analyse every n-th frame")
    sampling.add_argument("--fps", type=_positive(float), metavar="F", help="analyse at most F frames per second")
    video.set_defaults(run=_video)

    for command in (image, video):
        command.add_argument("--model", default="default", metavar="NAME", help="see the command models")
        command.add_argument("--detector", default="blazeface", choices=sorted(DETECTORS))

    models = commands.add_parser("models", help="list the installed models, add one of your own or remove it")
    change = models.add_mutually_exclusive_group()
    change.add_argument("--add", type=Path, metavar="FILE", help="check a .tflite file and add it; needs --labels")
    change.add_argument("--remove", metavar="NAME", help="delete an added model")
    models.add_argument(
        "--labels", metavar="NAMES", help=f"meaning of the outputs in order, a,b,c or one of {', '.join(CODES)}"
    )
    models.add_argument("--name", help="for commands (default: the file's)")
    models.add_argument("--title", default="", help="for people (default: the name)")
    models.add_argument("--normalisation", choices=NORMALISATIONS, default=UNIT, help="(default: %(default)s)")
    models.add_argument("--licence", default="", help="terms and source (default: not stated)")
    models.set_defaults(run=_models)
    doctor = commands.add_parser("doctor", help="check what is installed and what is missing")
    doctor.set_defaults(run=_doctor)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, or 2 after one clear line on stderr."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except EmotionError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'a file'} cannot be written or read: {error.strerror}")


def _fail(message: str) -> int:
    print(f"emotion: {message}", file=sys.stderr)
    return FAILED


def _positive(kind: type[int] | type[float]) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number above 0; got {text}")
        return value

    parse.__name__ = "number"
    return parse


def _image(options: argparse.Namespace) -> int:
    analyzer = Analyzer(options.model, options.detector)
    records = [_analyse_picture(analyzer, file, options.out) for file in options.files]
    if options.json:
        print(json.dumps(records, ensure_ascii=False, indent=2))
    else:
        Console().print(faces_table(records))
    if failures := [record["error"] for record in records if "error" in record]:
        return _fail("; ".join(failures))
    return OK


def _analyse_picture(analyzer: Analyzer, file: Path, out: Path | None) -> dict[str, Any]:
    try:
        rgb = load_image(file)
        result = analyzer.image(rgb)
    except InputError as error:
        return {"file": str(file), "error": str(error)}
    record = image_record(result, str(file))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        # The whole name, not the stem: a.jpg and a.png may both be here.
        Image.fromarray(annotate(rgb, result)).save(out / f"{file.name}.annotated.png")
        (out / f"{file.name}.faces.csv").write_text(to_csv(image_table(result, file.name)), encoding="utf-8")
        (out / f"{file.name}.faces.json").write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
    return record


def _video(options: argparse.Namespace) -> int:
    analyzer = Analyzer(options.model, options.detector)
    options.out.mkdir(parents=True, exist_ok=True)
    with progress_bar(options.file.name) as show, _cancelled_by_ctrl_c() as is_cancelled:

        def on_progress(progress: Progress) -> None:
            show(progress)
            if is_cancelled():
                raise Cancelled("The analysis was cancelled; what was done until then is kept.")

        analysis = analyzer.video(options.file, options.every, on_progress, fps=options.fps)
    stem = options.out / options.file.stem
    save_parquet(analysis, Path(f"{stem}.timeline.parquet"))
    Path(f"{stem}.timeline.csv").write_text(to_csv(analysis.timeline), encoding="utf-8")
    summary = summarise(analysis)
    Path(f"{stem}.summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), encoding="utf-8")
    Console().print(summary_table(summary, analysis.source))
    return OK if analysis.complete else _fail(analysis.note)


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


def _models(options: argparse.Namespace) -> int:
    if options.add is not None:
        _add_model(options)
    elif options.remove is not None:
        remove_model(options.remove)
    Console().print(models_table())
    return OK


def _add_model(options: argparse.Namespace) -> None:
    if options.labels is None:
        raise InputError("expected --labels with --add: what the outputs mean, in their order")
    name = suggest_name(options.add.name) if options.name is None else options.name
    labels = parse_labels(options.labels)
    add_model(options.add, CardDetails(name, labels, options.normalisation, options.title, options.licence))


def _doctor(options: argparse.Namespace) -> int:
    del options
    findings = examine()
    Console().print(findings_table(findings))
    missing = [finding.subject for finding in findings if not finding.good]
    return _fail(f"missing or damaged: {', '.join(missing)}") if missing else OK
