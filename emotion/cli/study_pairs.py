"""``emotion study pairs``: how the two people of each video of a study go together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from emotion.cli.common.output import console, progress_bar
from emotion.cli.compare import add_pair_options, json_text
from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.library.studies import StudyRepository
from emotion.library.studies.results import study_pairs
from emotion.studies.pair_people import MIN_SEEN_S
from emotion.studies.pair_results import StudyPairs
from emotion.studies.pair_sentences import SHUFFLED_ASSUME, stimulus_sentence, stimulus_smiles
from emotion.studies.study import Key

PAIRS_FILE, TESTS_FILE = "pairs.csv", "pair_tests.csv"


def add_study_pairs_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_pair_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"where to write {PAIRS_FILE} and {TESTS_FILE}")
    parser.add_argument("--json", action="store_true", help="print both tables as JSON")


def run_study_pairs(studies: StudyRepository, options: argparse.Namespace) -> int:
    """Run the command and return the exit status.

    Raises:
        EmotionError: The study or an option cannot be used, or no video shows two people.
    """
    saved = studies.find(options.study)
    with progress_bar("pairs", "steps") as show:
        found = study_pairs(studies, saved, options.measure, over=options.smile_over, on_step=show)
    print_problems(found.problems)
    if found.table.empty:
        raise InputError(f"expected two people in a video, each seen for {MIN_SEEN_S:g} s; no pair can be compared")
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / PAIRS_FILE).write_bytes(csv_bytes(found.table))
        (options.out / TESTS_FILE).write_bytes(csv_bytes(found.tests))
    if options.json:
        print(json_text({"pairs": found.table.to_dict("records"), "tests": found.tests.to_dict("records")}))
    else:
        _print(found)
    return 0


def print_problems(problems: Mapping[Key, str]) -> None:
    """Print each reason once, with all cells that have no result because of it."""
    for reason in dict.fromkeys(problems.values()):
        cells = "; ".join(", ".join(key) for key, why in problems.items() if why == reason)
        print(f"emotion: {cells}: {reason}", file=sys.stderr)


def _print(found: StudyPairs) -> None:
    table = Table("participant", "stimulus", "partner", "seconds", "r", "lag, s", "smile together", box=None)
    for row in found.table.to_dict("records"):
        numbers = f"{row['seconds']:.0f}", f"{row['r']:.2f}", f"{row['lag_s']:+.1f}", f"{row['smiling_together']:.0%}"
        table.add_row(row["participant"], row["stimulus"], row["partner"], *numbers)
    console().print(table)
    for test in found.tests.to_dict("records"):
        words = stimulus_sentence(test, found.measure), stimulus_smiles(test)
        print("\n".join(each for each in words if each))
    print(SHUFFLED_ASSUME)
