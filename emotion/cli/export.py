"""The command ``export``: a saved timeline in any other format."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_edits, load_parquet
from emotion.cli.common.output import progress_bar
from emotion.cli.common.session_parts import EDITS, SUFFIX, load_interrupted
from emotion.cli.common.status import OK
from emotion.errors import Cancelled, InputError, brief
from emotion.output_names import expect_inputs_kept
from emotion.report.file_names import file_name
from emotion.report.formats import FORMATS, Options, export, format_named
from emotion.types import Analysis

_EDITS = {
    "names": '{"1": "Ada"}',
    "merged": '{"3": 1}',
    "hidden": "[2]",
    "baselines": '{"1": {"start_s": 0, "end_s": 2}}',
    "events": '[{"label": "film", "span": {"start_s": 3, "end_s": 9}, "excluded": false}]',
}
"""Key of a file of edits → an example of its value, as :meth:`Edits.to_dict` writes it."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    names = [known.name for known in FORMATS]
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE.parquet",
        help="timeline, from “emotion video” or downloaded from the app; or the folder "
        f"{SUFFIX} that an interrupted “emotion video” or “emotion live” left",
    )
    parser.add_argument("--format", choices=names, required=True, metavar="NAME", help=", ".join(names))
    parser.add_argument(
        "--out", metavar="PATH", help="output file, or folder if it exists or ends in / (default: beside FILE)"
    )
    parser.add_argument("--edits", type=Path, metavar="JSON", help="names, events, … (default: those in FILE)")
    parser.add_argument("--video", type=Path, metavar="FILE", help="mp4: the analysed video")
    parser.add_argument("--blur", action="store_true", help="mp4: blur every detected face")
    parser.add_argument("--no-boxes", action="store_true", help="mp4: draw no boxes, names or expressions")
    width_mm = Options().width_mm
    parser.add_argument(
        "--width-mm", type=float, default=width_mm, metavar="N", help=f"figures: their width (default: {width_mm:g})"
    )
    parser.add_argument("--greyscale", action="store_true", help="figures: patterns instead of colours")


def run(options: argparse.Namespace) -> int:
    """Write the file, print its path, and return 0.

    Raises:
        EmotionError: A file cannot be read, the format needs a video that is not given, or Ctrl-C was pressed.
    """
    chosen = format_named(options.format)
    _expect_used(options)
    analysis = load_interrupted(options.file) if options.file.is_dir() else load_parquet(options.file)
    edits = edits_of(options)
    if options.edits is not None:
        _say_unknown_tracks(edits, analysis, options.edits.name)
    target = _target(options, chosen.suffix)
    expect_inputs_kept([file for file in (options.file, options.video, options.edits) if file is not None], [target])
    choices = Options(
        options.video, options.blur, not options.no_boxes, width_mm=options.width_mm, greyscale=options.greyscale
    )
    with progress_bar(target.name, chosen.steps) as show:
        try:
            written = export(analysis, target, chosen, edits, choices, show)
        except KeyboardInterrupt:
            raise Cancelled("The export was cancelled; nothing was written.") from None
    print(written)
    return OK


def edits_of(options: argparse.Namespace) -> Edits:
    """Return the edits of the option ``--edits``, or those of the timeline.

    Raises:
        InputError: The file of edits cannot be read.
    """
    if options.edits is not None:
        return _read_edits(options.edits)
    if not options.file.is_dir():
        return load_edits(options.file)
    saved = options.file / EDITS
    return _read_edits(saved) if saved.exists() else Edits()


def _read_edits(path: Path) -> Edits:
    name = path.name
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"expected edits as JSON in {name}; they cannot be read: {error}") from error
    unknown = [part for part in given if part not in _EDITS] if isinstance(given, dict) else [given]
    if unknown:
        raise InputError(f"expected edits as an object of {', '.join(_EDITS)} in {name}; got {brief(unknown[0])}")
    for part, value in given.items():
        try:
            Edits.from_dict({part: value})
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            got = brief(json.dumps(value, ensure_ascii=False))
            raise InputError(f"expected {part} like {_EDITS[part]} in {name}; got {got}") from error
        except InputError as error:
            raise InputError(f"{part} in {name}: {error}") from error
    return Edits.from_dict(given)


def _say_unknown_tracks(edits: Edits, analysis: Analysis, name: str) -> None:
    """Report tracks in a file of edits that the timeline lacks: after a merge they are right, else mistyped."""
    named = {*edits.names, *edits.merged, *edits.merged.values(), *edits.hidden, *edits.baselines}
    if unknown := sorted(named - set(analysis.timeline["track_id"])):
        shown = brief(", ".join(map(str, unknown)))
        print(f"emotion: {name} has tracks that are not in the timeline: {shown}", file=sys.stderr)


def _expect_used(options: argparse.Namespace) -> None:
    """Refuse options that the format would ignore: somebody might think that a report is blurred."""
    for name, given, format_name in (
        ("--blur", options.blur, "mp4"),
        ("--no-boxes", options.no_boxes, "mp4"),
        ("--width-mm", options.width_mm != Options().width_mm, "figures"),
        ("--greyscale", options.greyscale, "figures"),
    ):
        if given and options.format != format_name:
            raise InputError(f"expected {name} with --format {format_name} only; got {options.format}")


def _target(options: argparse.Namespace, suffix: str) -> Path:
    """Return the file to write: exactly as named, or in a folder under the timeline's own name."""
    folder: Path = options.file.parent
    if options.out is not None:
        folder = Path(options.out)
        if not folder.is_dir() and not options.out.endswith(("/", os.sep)):
            folder.parent.mkdir(parents=True, exist_ok=True)
            return folder
        folder.mkdir(parents=True, exist_ok=True)
    stem = Path(options.file.name.removesuffix(SUFFIX)).stem
    return folder / file_name(stem.removesuffix(".timeline"), suffix)
