"""The command line of the training room. TensorFlow is imported inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from emotion.errors import EmotionError
from training.cli.angles import add_angles
from training.cli.data import add_faces, add_facts, add_prepare
from training.cli.models import add_calibrate, add_ensemble, add_evaluate, add_export, add_import
from training.cli.networks import add_ablate, add_check, add_search, add_train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0; 1 where the work is done but rows or files had to be left out, which are listed;
        or 2 after one line that says what was expected and what came.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except EmotionError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or 'a file'} cannot be written or read: {error.strerror}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_prepare(commands.add_parser("prepare", help="bring a public data set, whatever its format, into one form"))
    add_faces(commands.add_parser("faces", help="align further sets of faces, to be learned beside FER2013"))
    add_facts(commands.add_parser("facts", help="measure what is in a data set: counts, mean faces, copies, agreement"))
    add_check(commands.add_parser("check", help="ask a network a few quick questions before training it"))
    add_train(commands.add_parser("train", help="train a network by a recipe; the same command resumes it"))
    add_search(commands.add_parser("search", help="look for better settings with Optuna"))
    add_ablate(commands.add_parser("ablate", help="measure what each idea in the default recipe is worth"))
    add_export(commands.add_parser("export", help="make an int8 model with a card out of a run"))
    add_import(commands.add_parser("import", help="make one out of somebody's JSON and H5 files"))
    add_ensemble(commands.add_parser("ensemble", help="make a model that averages the answers of others, for the lab"))
    add_calibrate(commands.add_parser("calibrate", help="fix how sure a model's answers are, on the validation split"))
    add_angles(commands.add_parser("angles", help="add accuracy by the head's angle to a model's evaluation"))
    add_evaluate(commands.add_parser("evaluate", help="score a model on the validation and test splits"))
    return parser
