"""Options that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.datasets.readers.parquet import default_data_dir

FER2013_DEFAULT = "(default: fer2013 in EMOTION_SHARED_DATA, or in ../shared/data)"
SHARED_DEFAULT = "(default: EMOTION_SHARED_DATA, or ../shared/data)"
"""Defaults of options for a data set, and for the folder of all sets, as their help states them."""


def add_data_option(command: argparse.ArgumentParser) -> None:
    """Add ``--data``, the folder of the data set."""
    command.add_argument(
        "--data",
        type=Path,
        default=default_data_dir(),
        help=f"folder of the data set {FER2013_DEFAULT}",
    )
