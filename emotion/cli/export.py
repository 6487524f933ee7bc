"""The command ``export``: a saved timeline in any other format."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_edits, load_parquet
from emotion.cli.common.output import progress_bar
from emotion.cli.common.session_parts import EDITS, SUFFIX, load_interrupted
from emotion.cli.common.status import OK
from emotion.errors import Cancelled, InputError
from emotion.output_names import expect_inputs_kept
from emotion.report.file_names import file_name
from emotion.report.formats import FORMATS, Options, export, format_named


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    names = [known.name for known in FORMATS]
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE.parquet",
        help="timeline, from “emotion video” or downloaded from the app; or the folder "
        f"FILE{SUFFIX} that an interrupted “emotion live” left",
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
    analysis = load_interrupted(options.file) if options.file.is_dir() else load_parquet(options.file)
    edits = edits_of(options)
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
    try:
        return Edits.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except KeyError as error:
        raise InputError(f"expected edits as JSON in {path.name}; an entry lacks {error}") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"expected edits as the app writes them; {path.name} has another layout") from error
    except ValueError as error:
        raise InputError(f"expected edits as JSON in {path.name}; they cannot be read: {error}") from error


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
