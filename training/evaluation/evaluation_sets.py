"""Reads RAF-DB, on which models are calibrated and evaluated beside their data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from emotion.errors import DatasetError
from emotion.evaluation.scoring import recode
from emotion.labels import RAFDB
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import read_split, split_files

RAFDB_FOLDER = "rafdb"
HOW_TO_MAKE = "make it with `python -m training faces`"


def has_rafdb(faces: Path) -> bool:
    """Return whether a folder of aligned faces holds RAF-DB."""
    return bool(split_files(faces / RAFDB_FOLDER))


def read_rafdb(faces: Path, split: Literal["validation", "test"]) -> FaceSet:
    """Read RAF-DB's faces with labels of :data:`emotion.labels.RAFDB`.

    Args:
        faces: Folder of aligned faces; RAF-DB is its sub-folder ``rafdb``.
        split: ``"validation"``, a tenth of RAF-DB's training split, or ``"test"``.

    Raises:
        DatasetError: The split is missing or is not laid out as prepared faces are.
    """
    folder = faces / RAFDB_FOLDER
    if split not in split_files(folder):
        raise DatasetError(f"expected RAF-DB's {split} faces in {folder}; there are none: {HOW_TO_MAKE}")
    read = read_split(folder, split)
    # The folder may order the labels differently.
    return replace(read, labels=recode(read.labels, read.label_set, RAFDB.labels), label_set=RAFDB)
