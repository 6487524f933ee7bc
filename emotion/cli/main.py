"""The command line: ``emotion app | serve | image | video | batch | live | export | compare | study | …``.

Results go to stdout, progress and errors to stderr, so output can be piped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from emotion.cli.app import add_app_options, run_app
from emotion.cli.batch import add_batch_options
from emotion.cli.batch import run as run_batch
from emotion.cli.card import add_card_options, run_card
from emotion.cli.compare import add_compare_options, run_compare
from emotion.cli.doctor import examine
from emotion.cli.export import add_export_options, run_export
from emotion.cli.fairness import add_fairness_options, run_fairness
from emotion.cli.image import add_image_options, run_image
from emotion.cli.library import add_library_options, run_library
from emotion.cli.live import add_live_options, run_live
from emotion.cli.output import console, faces_table, findings_table, models_table
from emotion.cli.serve import add_serve_options, run_serve
from emotion.cli.status import FAILED, INTERRUPTED, OK
from emotion.cli.study import add_study_options, run_study
from emotion.cli.video import add_video_options, run_video
from emotion.errors import Cancelled, EmotionError, InputError
from emotion.imported_models.importer import CardDetails, import_model, remove_model, suggest_name
from emotion.labels import CODES, parse_labels
from emotion.version import program_version
from emotion.vision.detection.detect import DETECTORS
from emotion.vision.normalise import NORMALISATIONS, UNIT


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message} (see --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command and option."""
    parser = _Parser(
        prog="emotion",
        description="Facial-expression analytics for pictures, videos and cameras.",
        epilog="Limits of sizes, lengths, storage and memory are environment variables; “emotion doctor” lists them.",
    )
    parser.add_argument("--version", action="version", version=program_version())
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    _add_servers(commands)
    _add_analyses(commands)
    _add_results(commands)
    _add_models(commands)
    doctor = commands.add_parser("doctor", help="check what is installed and what is missing, and list the limits")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_servers(commands: Any) -> None:
    app = commands.add_parser("app", help="open the app in a browser")
    add_app_options(app)
    app.set_defaults(run=run_app)

    serve = commands.add_parser("serve", help="serve the HTTP API without the app, and manage its tokens")
    add_serve_options(serve)
    serve.set_defaults(run=run_serve)


def _add_analyses(commands: Any) -> None:
    image = commands.add_parser("image", help="detect the faces in pictures and classify their expressions")
    add_image_options(image)
    image.set_defaults(run=_image)

    video = commands.add_parser("video", help="analyse videos frame by frame")
    add_video_options(video, _positive)
    video.set_defaults(run=_video)

    batch = commands.add_parser("batch", help="analyse many videos on all cores, or on many machines with Ray")
    add_batch_options(batch, _positive)
    batch.set_defaults(run=run_batch)

    live = commands.add_parser("live", help="analyse a camera without a browser, and send the values to other programs")
    add_live_options(live, _positive)
    live.set_defaults(run=run_live)

    for command in (image, video, batch, live):
        command.add_argument("--model", default="default", metavar="NAME", help="model (see “emotion models”)")
        command.add_argument(
            "--detector", default="blazeface", choices=sorted(DETECTORS), help="face detector (default: %(default)s)"
        )
        command.add_argument(
            "--no-movements",
            dest="movements",
            action="store_false",
            help="skip brows, lids, lips and jaw (“emotion doctor” shows what each stage costs)",
        )
        command.add_argument("--no-eyes", dest="eyes", action="store_false", help="skip eye openness and gaze (faster)")


def _add_results(commands: Any) -> None:
    export = commands.add_parser("export", help="export a saved timeline as a report, captions, video, workbook, …")
    add_export_options(export)
    export.set_defaults(run=_export)

    compare = commands.add_parser("compare", help="say whether two people's expressions move together")
    add_compare_options(compare)
    compare.set_defaults(run=run_compare)

    card = commands.add_parser("card", help="write a model's card: data, scores, known weaknesses, when not to use it")
    add_card_options(card)
    card.set_defaults(run=run_card)

    fairness = commands.add_parser(
        "fairness", help="compare a model's accuracy between groups of people, on your labelled pictures"
    )
    add_fairness_options(fairness)
    fairness.set_defaults(run=run_fairness)

    library = commands.add_parser("library", help="back up, check or restore the app's library")
    add_library_options(library)
    library.set_defaults(run=run_library)

    study = commands.add_parser("study", help="compare people over stimuli: means, tables and files for other programs")
    add_study_options(study)
    study.set_defaults(run=run_study)


def _add_models(commands: Any) -> None:
    models = commands.add_parser("models", help="list the installed models, add one of your own or remove it")
    change = models.add_mutually_exclusive_group()
    change.add_argument("--add", type=Path, metavar="FILE", help="check a .tflite file and add it; needs --labels")
    change.add_argument("--remove", metavar="NAME", help="delete an added model")
    models.add_argument(
        "--labels", metavar="NAMES", help=f"labels of the outputs in order: a,b,c or one of {', '.join(CODES)}"
    )
    models.add_argument("--name", metavar="NAME", help="name in commands (default: from the file's name)")
    models.add_argument("--title", default="", metavar="TEXT", help="display title (default: the name)")
    models.add_argument(
        "--normalisation", choices=NORMALISATIONS, default=UNIT, help="pixel scaling (default: %(default)s)"
    )
    models.add_argument("--licence", default="", metavar="TEXT", help="licence and source (default: not stated)")
    models.set_defaults(run=_models)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Returns:
        0; 2 after one line on stderr; or 130 after one line, if Ctrl-C stopped the command. ``batch`` has others.
    """
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (KeyboardInterrupt, Cancelled) as stop:
        return _fail(str(stop) or "interrupted", INTERRUPTED)
    except EmotionError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'a file'} cannot be written or read: {error.strerror}")


def _fail(message: str, status: int = FAILED) -> int:
    print(f"emotion: {message}", file=sys.stderr)
    return status


def _positive(kind: type[int] | type[float]) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number above 0; got {text}")
        return value

    parse.__name__ = "number"
    return parse


def _image(options: argparse.Namespace) -> int:
    records = run_image(options)
    failures = [record["error"] for record in records if "error" in record]
    if options.json:
        print(json.dumps(records, ensure_ascii=False, indent=2))
    elif len(records) > 1 or not failures:
        console().print(faces_table(records))
    if not failures:
        return OK
    if options.json or len(records) == 1:
        return _fail("; ".join(failures))
    return _fail(f"{len(failures)} of {len(records)} pictures cannot be analysed")  # the table has the reasons


def _video(options: argparse.Namespace) -> int:
    outcome = run_video(options)
    if not outcome.notes:
        return OK
    notes = "; ".join(outcome.notes)
    text = notes if outcome.files == 1 else f"{len(outcome.notes)} of {outcome.files} videos: {notes}"
    if outcome.interrupted:
        raise Cancelled(text)
    return _fail(text)


def _export(options: argparse.Namespace) -> int:
    print(run_export(options))
    return OK


def _models(options: argparse.Namespace) -> int:
    if options.add is not None:
        _import_model(options)
    elif options.remove is not None:
        remove_model(options.remove)
    console().print(models_table())
    return OK


def _import_model(options: argparse.Namespace) -> None:
    if options.labels is None:
        raise InputError("expected --labels with --add: the labels of the outputs, in order")
    name = suggest_name(options.add.name) if options.name is None else options.name
    labels = parse_labels(options.labels)
    import_model(options.add, CardDetails(name, labels, options.normalisation, options.title, options.licence))


def _doctor(options: argparse.Namespace) -> int:
    del options
    findings = examine()
    console().print(findings_table(findings))
    missing = [finding.subject for finding in findings if not finding.good]
    return _fail(f"missing or damaged: {', '.join(missing)}") if missing else OK
