"""The command ``study``: create and fill studies, aggregate them, and write their files."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rich.table import Table

from emotion.cli.common.output import console, progress_bar
from emotion.cli.study_add import add_study_add_options, run_study_add
from emotion.cli.study_pairs import add_study_pairs_options, print_problems, run_study_pairs
from emotion.errors import InputError, brief
from emotion.library import LOCAL, Library
from emotion.library.entries import MAX_TITLE
from emotion.library.studies import StudyRepository
from emotion.library.studies.annotations import FORMATS, add_events, write_annotations
from emotion.library.studies.archive import SUFFIX, export_zip, import_zip
from emotion.library.studies.exchange import export_study, import_study
from emotion.library.studies.results import study_results
from emotion.studies import Study
from emotion.studies.formats.event_tables import KINDS, Columns, in_video, offset_by, read_log
from emotion.studies.formats.folder import write_results
from emotion.studies.results import StudyResults


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="list all studies")
    create = actions.add_parser("create", help="create an empty study")
    create.add_argument("title", metavar="TITLE", help="title of the new study")
    add_study_add_options(_of_study(actions, "add", "add videos, analyses of the library, or a CSV sheet"))
    results = _of_study(actions, "results", "show the means, and write tables, a codebook and scripts")
    results.add_argument("--out", type=Path, metavar="DIR", help="where to write CSV, .sav, codebook and scripts")
    results.add_argument(
        "--measure", default="happiness", metavar="NAME", help="measure to show (default: %(default)s)"
    )
    add_study_pairs_options(_of_study(actions, "pairs", "say whether two people's expressions move together"))
    marks = _of_study(actions, "annotations", "write a file of expressions and events for each cell")
    marks.add_argument("out", type=Path, metavar="DIR", help="where to write the files")
    marks.add_argument("--format", choices=FORMATS, required=True)
    events = _of_study(actions, "events", "add events of another program's log to the video of a cell")
    for name in ("participant", "stimulus"):
        events.add_argument(name, metavar=name.upper(), help=f"name of the {name}")
    events.add_argument("file", type=Path, metavar="FILE", help="the log")
    events.add_argument("--format", choices=KINDS, required=True)
    for name, about in {"start": "start", "label": "label", "end": "end", "duration": "length"}.items():
        events.add_argument(f"--{name}", metavar="COLUMN", help=f"csv: column with each event's {about}")
    events.add_argument(
        "--unit", type=float, default=1.0, metavar="S", help="csv: unit of time in s; 0.001 for ms (default: 1)"
    )
    events.add_argument("--align", metavar="LABEL", help="an event of the log that the video shows too")
    events.add_argument("--at", type=float, metavar="S", help="time of that event in the video; needed with --align")
    export = _of_study(actions, "export", "write the study with its timelines as a folder or ZIP file")
    export.add_argument("out", type=Path, metavar="DIR", help="a new or empty folder, or a new file that ends in .zip")
    back = actions.add_parser("import", help="add an exported study")
    back.add_argument("folder", type=Path, metavar="DIR", help="the folder or ZIP file")
    _of_study(actions, "delete", "delete a study; its analyses stay")


def _of_study(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=about)
    parser.add_argument("study", metavar="STUDY", help="title or ID")
    return parser


def run(options: argparse.Namespace) -> int:
    """Run the command and return the exit status.

    Raises:
        EmotionError: A file, the study or the library cannot be used.
    """
    with closing(Library.open()) as library:
        studies = StudyRepository(library.for_owner(LOCAL))
        return _ACTIONS[options.action](studies, options)


def _list(studies: StudyRepository, options: argparse.Namespace) -> int:
    del options
    table = Table(box=None)
    table.add_column("study", overflow="fold")
    for heading in ("participants", "stimuli", "analyses"):
        table.add_column(heading)
    # Not truncated, because other commands need it if two studies have the same title.
    table.add_column("ID", no_wrap=True, min_width=32)
    for each in studies.summaries():
        table.add_row(each.title, str(each.participants), str(each.stimuli), str(each.cells), each.id)
    console().print(table)
    return 0


def _create(studies: StudyRepository, options: argparse.Namespace) -> int:
    title = options.title.strip()
    if not title:
        raise InputError("expected a title for the study; it is empty")
    if len(title) > MAX_TITLE:
        raise InputError(f"expected a title of at most {MAX_TITLE} characters; got {len(title):,}")
    if any(each.title == title for each in studies.summaries()):
        raise InputError(f"expected a title that no study has; got {brief(title)!r}")
    print(studies.create(Study(title)).id)
    return 0


def _results(studies: StudyRepository, options: argparse.Namespace) -> int:
    with progress_bar("results", "analyses") as show:
        results = study_results(studies, studies.find(options.study), show)
    print_problems(results.problems)
    console().print(_means_table(results, options.measure))
    if options.out is not None:
        for path in write_results(results, options.out, options.measure):
            print(path)
    return 0


def _means_table(results: StudyResults, measure: str) -> Table:
    if not results.measures:
        raise InputError("expected a study with a finished analysis; got one without results")
    if measure not in results.measures:
        raise InputError(f"expected a measure: {', '.join(results.measures)}; got {measure!r}")
    table = Table("participant", "stimulus", measure, "seconds", "frames", "seen", box=None)
    for row in results.means.to_dict("records"):
        mean = "–" if math.isnan(row[measure]) else f"{row[measure]:.3f}"
        seen = f"{row['seen']:.0%}" if row["frames"] else "not seen"
        numbers = mean, f"{row['seconds']:.1f}", str(row["frames"]), seen
        table.add_row(row["participant"], row["stimulus"], *numbers)
    return table


def _annotations(studies: StudyRepository, options: argparse.Namespace) -> int:
    with progress_bar("annotations", "cells") as show:
        written = write_annotations(studies, studies.find(options.study), options.out, options.format, show)
    print(f"{len(written)} files in {options.out}")
    return 0


def _events(studies: StudyRepository, options: argparse.Namespace) -> int:
    key = options.participant, options.stimulus
    cell = next((cell for cell in studies.find(options.study).study.cells if cell.key == key), None)
    if cell is None:
        raise InputError(f"expected a participant and stimulus with an analysis; got {', '.join(key)}")
    if (options.align is None) != (options.at is None):
        raise InputError("expected both --align and --at, or neither; got one of them")
    start = options.start
    columns = None if start is None else Columns(start, options.label, options.end, options.duration, options.unit)
    logged = read_log(options.file, options.format, columns)
    offset = 0.0 if options.align is None else offset_by(logged, options.align, options.at)
    print(f"{', '.join(key)}: events added: {add_events(studies, cell, in_video(logged, offset))}")
    return 0


def _export(studies: StudyRepository, options: argparse.Namespace) -> int:
    write = export_zip if options.out.suffix.lower() == SUFFIX else export_study
    with progress_bar("export", "timelines") as show:
        without = write(studies, studies.find(options.study), options.out, show)
    print(f"exported to {options.out}")
    if without:
        print(f"emotion: left out {len(without)} analyses without a timeline", file=sys.stderr)
    return 0


def _import(studies: StudyRepository, options: argparse.Namespace) -> int:
    read = import_zip if options.folder.suffix.lower() == SUFFIX else import_study
    with progress_bar("import", "timelines") as show:
        saved = read(studies, options.folder, show)
    print(f"{saved.study.title}: cells imported: {len(saved.study.cells)}")
    return 0


def _delete(studies: StudyRepository, options: argparse.Namespace) -> int:
    studies.delete(studies.find(options.study).id)
    return 0


_ACTIONS: dict[str, Callable[[StudyRepository, argparse.Namespace], int]] = {
    "list": _list,
    "create": _create,
    "add": run_study_add,
    "results": _results,
    "pairs": run_study_pairs,
    "annotations": _annotations,
    "events": _events,
    "export": _export,
    "import": _import,
    "delete": _delete,
}
