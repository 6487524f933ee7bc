"""The command ``fairness``: compares a model's accuracy between groups of people."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.table import Table
from rich.text import Text

import emotion
from emotion.cli.common.output import console, progress_bar
from emotion.csv_text import csv_bytes
from emotion.engine.analyzer import Analyzer
from emotion.errors import count_text
from emotion.evaluation.fairness.folders import GroupFolders, read_groups
from emotion.evaluation.fairness.report import LEVEL, Fairness, Share, judge_groups, to_table
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
    out.print(groups_table(found), recalls_table(found), tests_table(found), sep="\n")
    for words in found.warnings:
        out.print(Text(f"! {words}", style="yellow"))
    for words in found.notes:
        out.print(Text(f"  {words}", style="dim"))
    for files, where in ((folders.ungrouped, "in no group"), (folders.unlabelled, "in no folder of an expression")):
        if files:
            out.print(Text(f"! {count_text(len(files), 'file')} {where}: left out", style="yellow"))


def groups_table(found: Fairness) -> Table:
    """Return a row per group, with 95% intervals."""
    table = Table("group", "judged", "accuracy", "expected", "balanced", "faces not found", box=None)
    for group in found.groups:
        balanced = "–" if group.balanced is None else _with_interval(*group.balanced)
        expected = "–" if group.expected is None else f"{group.expected:.1%}"
        table.add_row(
            group.name, str(group.accuracy.of), _share(group.accuracy), expected, balanced, _share(group.not_found)
        )
    return table


def recalls_table(found: Fairness) -> Table:
    """Return a row per expression and a column per group."""
    table = Table("recall of", *(group.name for group in found.groups), box=None)
    for label in found.groups[0].recalls:
        table.add_row(label, *(f"{_share(one.recalls[label])} of {one.recalls[label].of}" for one in found.groups))
    return table


def tests_table(found: Fairness) -> Table:
    """Return a row per test."""
    table = Table("difference between groups in", "statistic", "p", "p (Holm)", f"at {LEVEL:.0%}", box=None)
    for test in found.tests:
        answer = Text("they differ", style="bold red") if test.differs else Text("not shown")
        table.add_row(test.what, f"{test.statistic:.2f}", f"{test.p:.4f}", f"{test.p_holm:.4f}", answer)
    return table


def _share(share: Share) -> str:
    return "–" if share.value is None else _with_interval(share.value, share.low, share.high)


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%} ({100 * low:.1f} – {100 * high:.1f})"
