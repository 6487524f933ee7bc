"""The command ``fairness``: compares a model's accuracy between groups of people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

import emotion
from emotion.cli.common.output import console, progress_bar
from emotion.csv_text import csv_bytes
from emotion.engine.analyzer import Analyzer
from emotion.errors import count_text
from emotion.evaluation.fairness.folders import GroupFolders, read_groups
from emotion.evaluation.fairness.report import Fairness, judge_groups
from emotion.evaluation.fairness.tables import DIFFERS, differences_table, groups_table, recalls_table, to_table
from emotion.evaluation.user_evaluation.run import Framing, run_user_evaluation
from emotion.labels import CODES
from emotion.models.registry import resolve
from emotion.version import program_version

FRAMINGS = {"by-size": Framing.BY_SIZE, "photographs": Framing.PHOTOGRAPHS, "cut-out": Framing.CUT_OUT}
CSV_FILE, JSON_FILE = "fairness.csv", "fairness.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="pictures in folders named after their expression: group/class/picture"
    )
    parser.add_argument(
        "--by", type=Path, metavar="CSV", help="CSV with the columns file and group, instead of group folders"
    )
    parser.add_argument("--column", metavar="NAME", help="column of the table that names the groups")
    parser.add_argument("--model", default="default", metavar="NAME", help="model (see “emotion models”)")
    parser.add_argument("--codes", choices=sorted(CODES), help="numbering of the class folders, if they are numbers")
    parser.add_argument(
        "--framing",
        choices=sorted(FRAMINGS),
        default="by-size",
        help="kind of pictures: photographs, cropped faces, or decided by size (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"write {CSV_FILE} and {JSON_FILE}")
    parser.add_argument("--json", action="store_true", help="print only JSON to stdout")


def run(options: argparse.Namespace) -> int:
    """Evaluate a model on every group, print and write the results, and return 0.

    Raises:
        EmotionError: The folder, the table or the model cannot be used.
    """
    groups = None if options.by is None else read_groups(options.by, options.folder, options.column)
    folders = GroupFolders(options.folder, groups, options.codes)
    analyzer = Analyzer(options.model)
    model = resolve(options.model)
    with progress_bar(options.folder.name, "pictures") as show:
        evaluation = run_user_evaluation(
            folders, {model: emotion.load_classifier(model)}, analyzer.largest_face, FRAMINGS[options.framing], show
        )
    found = judge_groups(evaluation, model, folders.groups)
    record = found.to_dict() | {
        "sha256": evaluation.cards[model].sha256,
        "version": program_version(),
        "without_group": len(folders.ungrouped),
        "without_class": len(folders.unlabelled),
    }
    text = json.dumps(record, ensure_ascii=False, indent=2)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / CSV_FILE).write_bytes(csv_bytes(to_table(found)))
        (options.out / JSON_FILE).write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    else:
        _print(found, folders)
    return 0


def _print(found: Fairness, folders: GroupFolders) -> None:
    out = console()
    out.print(*map(_table, (groups_table(found), recalls_table(found), differences_table(found))), sep="\n")
    for words in found.warnings:
        out.print(Text(f"! {words}", style="yellow"))
    for words in found.notes:
        out.print(Text(f"  {words}", style="dim"))
    left_out = {
        "in no group": len(folders.ungrouped),
        "in no folder of an expression": len(folders.unlabelled),
        "without a picture's ending": folders.others,
    }
    for which, count in left_out.items():
        if count:
            out.print(Text(f"! {count_text(count, 'file')} {which}: left out", style="yellow"))


def _table(rows: pd.DataFrame) -> Table:
    table = Table(*rows.columns, box=None)
    for row in rows.astype(str).itertuples(index=False):
        table.add_row(*(Text(cell, "bold red" if cell == DIFFERS else "") for cell in row))
    return table
