"""The commands ``prepare``, ``faces`` and ``facts``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from emotion.cli.common.output import progress_bar
from emotion.labels import CODES
from training.cli.arguments import FER2013_DEFAULT, SHARED_DEFAULT
from training.datasets.manifest import ALL, Manifest
from training.datasets.readers.formats import FORMATS, Format
from training.datasets.readers.index import IndexOptions
from training.datasets.readers.parquet import default_data_dir, default_datasets_dir, default_faces_dir


def add_faces(command: argparse.ArgumentParser) -> None:
    """Add the options of ``faces``."""
    command.add_argument(
        "--shared", type=Path, default=default_data_dir().parent, help=f"folder of the sets' files {SHARED_DEFAULT}"
    )
    command.add_argument(
        "--fer2013", type=Path, default=default_data_dir(),
        help=f"FER2013, whose faces are left out of the sets {FER2013_DEFAULT}",
    )  # fmt: skip
    command.add_argument(
        "--out", type=Path, default=default_faces_dir(), help="folder to write (default: data/datasets/faces)"
    )
    command.add_argument("--size", type=int, default=64, help="side of the faces, px (default: %(default)s)")
    command.add_argument(
        "--add", action="append", default=[], metavar="NAME=FILE",
        help="a Parquet file of your own, with the columns image and label; repeatable",
    )  # fmt: skip
    command.set_defaults(run=_faces)


def _faces(options: argparse.Namespace) -> None:
    from training.preparation.faces import build_faces, print_summary
    from training.preparation.sources import SOURCES, custom_source

    sources = [*SOURCES, *(custom_source(text) for text in options.add)]
    with progress_bar("aligning", "sets") as report:
        summary = build_faces(sources, options.shared, options.fer2013, options.out, options.size, report)
    print_summary(summary)
    print(f"wrote {options.out}")


def add_prepare(command: argparse.ArgumentParser) -> None:
    """Add one sub-command per format, each with the options that it knows."""
    formats = command.add_subparsers(required=True, metavar="FORMAT")
    for name, form in FORMATS.items():
        parser = formats.add_parser(name, help=form.summary, description=form.summary)
        parser.add_argument("--source", type=Path, required=True, help="file or folder of the data set")
        parser.add_argument("--out", type=Path, help="folder to write (default: data/datasets/FORMAT)")
        parser.add_argument("--limit", type=int, help="maximum number of rows or files to read")
        parser.add_argument(
            "--hold-out", type=float, default=0.1, metavar="SHARE",
            help="share of the training split for each of validation and test that is missing (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, default=2024, help="seed of that draw (default: %(default)s)")
        _add_face_options(parser, form)
        _add_reader_options(parser, form)
        parser.set_defaults(run=_prepare, format=name)


def _add_face_options(parser: argparse.ArgumentParser, form: Format) -> None:
    parser.set_defaults(classes=None, size=None, colour=None)
    if form.has_classes:
        parser.add_argument("--classes", type=_names, help="only these classes, in this order: anger,neutral,sadness")
    if form.resizable:
        parser.add_argument("--size", type=int, help="side of the pictures, px")
        colours = parser.add_mutually_exclusive_group()
        colours.add_argument("--grey", dest="colour", action="store_false", default=None, help="one channel")
        colours.add_argument("--colour", dest="colour", action="store_true", default=None, help="three channels")


def _add_reader_options(parser: argparse.ArgumentParser, form: Format) -> None:
    parser.set_defaults(index=None, file_column=None, label_column=None, codes=None)
    if "index" in form.options:
        parser.add_argument("--index", type=Path, help="the CSV file, if the folder holds several or none")
        parser.add_argument("--file-column", help="column with each picture's file (default: found by its name)")
        parser.add_argument("--label-column", help="column with each picture's expression (default: found by its name)")
    if "codes" in form.options:
        parser.add_argument("--codes", choices=sorted(CODES), help="numbering of the classes, if they are numbers")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


SOME_SKIPPED = 1
"""Exit status if some rows or files were skipped."""


def _prepare(options: argparse.Namespace) -> int:
    from training.preparation.prepare import PrepareOptions, prepare

    reader = IndexOptions(options.index, options.file_column, options.label_column, options.codes)
    how = PrepareOptions(
        options.classes, options.size, options.colour, options.limit, options.hold_out, options.seed, reader
    )
    out = options.out or default_datasets_dir() / options.format
    with progress_bar(options.format, "rows") as report:
        manifest = prepare(options.format, options.source, out, how, report)
    print_manifest(manifest)
    print(f"wrote {out}")
    return SOME_SKIPPED if manifest.skipped else 0


def add_facts(command: argparse.ArgumentParser) -> None:
    """Add the options of ``facts``."""
    command.add_argument(
        "--data", type=Path, default=default_data_dir(), help="prepared folder, or folder of Parquet splits"
    )
    command.add_argument("--out", type=Path, help="folder to write (default: data/datasets/NAME, after the data)")
    command.set_defaults(run=_facts)


def _facts(options: argparse.Namespace) -> None:
    from training.preparation.facts import write_facts

    out = options.out or default_datasets_dir() / options.data.resolve().name
    with progress_bar("finding duplicates", "rows") as report:
        facts = write_facts(options.data, out, report)
    print_facts(facts)
    print(f"wrote {out}")


def print_facts(facts: dict[str, Any]) -> None:
    """Print the counts, the agreement with FER+ and the number of copies."""
    console = Console()
    splits = facts["splits"]
    console.print(_counts_table({name: split["classes"] | {ALL: split["faces"]} for name, split in splits.items()}))
    for name, split in splits.items():
        pixels = split["pixels"]
        shown = f"pixels {pixels['mean']:.1f} ± {pixels['deviation']:.1f}, {pixels['blank']} blank pictures"
        console.print(f"{name}: {shown}")
    agreement = facts["agreement"] or {"splits": {}, "foretold": {}}
    for name, split in agreement["splits"].items():
        if split["decided"]:
            console.print(f"{name}: {split['share']:.1%} of {split['decided']:,} labels agree with the FER+ majority")
    for name, share in agreement["foretold"].items():
        console.print(f"{name}: {share:.1%} of the labels can be predicted from the FER+ votes")
    for name, copies in facts["duplicates"]["within"].items():
        console.print(f"{name}: {copies['exact']:,} exact and {copies['near']:,} near copies of earlier pictures")
    for copies in facts["duplicates"]["across"]:
        console.print(f"{copies['of']} in {copies['in']}: {copies['exact']:,} exact, {copies['near']:,} near copies")


def print_manifest(manifest: Manifest) -> None:
    """Print how many pictures each split and class has, and what was skipped and left out."""
    console = Console()
    console.print(_counts_table(manifest.counts))
    for expected, fault in manifest.skipped.items():
        console.print(f"skipped {fault['count']:,}: expected {expected}", style="yellow", markup=False)
        for row in fault["first"]:
            console.print(f"  {row}", markup=False)
    for label, count in manifest.left_out.items():
        console.print(f"left out {count:,} of the class {label}", markup=False)


def _counts_table(counts: dict[str, dict[str, int]]) -> Table:
    """Return one column per split and one row per class, the sum last."""
    table = Table("", *counts, box=None)
    classes = dict.fromkeys(name for split in counts.values() for name in split if name != ALL)
    for name in [*classes, ALL]:
        table.add_row(name, *(f"{split.get(name, 0):,}" for split in counts.values()))
    return table
