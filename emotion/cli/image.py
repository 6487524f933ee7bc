"""The command ``image``: analyses pictures, or folders of them, one by one."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from PIL import Image

from emotion.bad_file import sentence_for
from emotion.cli.common.analyzer_options import add_analyzer_options, analyzer_of
from emotion.cli.common.output import console, faces_table, progress_bar
from emotion.cli.common.status import OK, fail
from emotion.csv_text import csv_bytes
from emotion.drawing.boxes import annotate
from emotion.engine.analyzer import Analyzer
from emotion.input_files import files_in
from emotion.output_names import expect_inputs_kept, unique_names, without_duplicates
from emotion.paths import unicode_name
from emotion.progress import ProgressReporter
from emotion.report.picture_records import image_record, image_table
from emotion.vision.decode.formats import is_picture
from emotion.vision.decode.image import load_image

log = logging.getLogger(__name__)

PICTURE, TABLE, RECORD = ".annotated.png", ".faces.csv", ".faces.json"
"""Suffixes of the files written for each picture."""


def add_options(image: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    image.add_argument("files", nargs="+", type=Path, metavar="FILE", help="pictures, or folders of them")
    image.add_argument("--json", action="store_true", help="print only JSON to stdout")
    image.add_argument("--out", type=Path, metavar="DIR", help="write an annotated PNG, CSV and JSON for each picture")
    add_analyzer_options(image)


def run(options: argparse.Namespace) -> int:
    """Analyse pictures one by one, print what was found, and return the exit status.

    Raises:
        EmotionError: No picture can be analysed, as when the model is missing.
    """
    records = _records(options)
    failures = [record["error"] for record in records if "error" in record]
    if options.json:
        print(json.dumps(records, ensure_ascii=False, indent=2))
    elif len(records) > 1 or not failures:
        console().print(faces_table(records))
    if not failures:
        return OK
    if options.json or len(records) == 1:
        return fail("; ".join(failures))
    return fail(f"{len(failures)} of {len(records)} pictures cannot be analysed")  # the table has the reasons


def _records(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a record per picture (:func:`emotion.report.picture_records.image_record`), or ``{file, error}``."""
    files = without_duplicates([one for file in options.files for one in files_in(file, is_picture, "pictures")])
    # The whole name, not the stem, as there may be both a.jpg and a.png.
    names = unique_names(files)
    if options.out is not None:
        outputs = [options.out / f"{name}{ending}" for name in names for ending in (PICTURE, TABLE, RECORD)]
        expect_inputs_kept(files, outputs)
    analyzer, records = analyzer_of(options), []
    with progress_bar("pictures", "pictures") as show:
        # Programs that read stderr expect only errors there.
        done = ProgressReporter(len(files), show if len(files) > 1 and console(stderr=True).is_terminal else None)
        for file, name in zip(files, names, strict=True):
            records.append(_record(analyzer, file, name, options.out))
            done.advance()
    return records


def _record(analyzer: Analyzer, file: Path, name: str, out: Path | None) -> dict[str, Any]:
    try:
        return _analyse(analyzer, file, name, out)
    except Exception as error:  # any error of a decoder concerns this file only
        log.debug("%s cannot be analysed", file, exc_info=True)
        return {"file": unicode_name(str(file)), "error": sentence_for(error, file.name, "a picture")}


def _analyse(analyzer: Analyzer, file: Path, name: str, out: Path | None) -> dict[str, Any]:
    rgb = load_image(file)
    result = analyzer.image(rgb)
    record = image_record(result, unicode_name(str(file)))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        Image.fromarray(annotate(rgb, result)).save(out / f"{name}{PICTURE}")
        (out / f"{name}{TABLE}").write_bytes(csv_bytes(image_table(result, name)))
        (out / f"{name}{RECORD}").write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
    return record
