"""Reads Kaggle's facial-keypoints tables: thirty coordinates and a 96×96 picture per row."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotion.errors import DatasetError
from emotion.models.face_parts import KEYPOINTS
from training.datasets.keypoint_set import KEYPOINT_IMAGE_SIZE, KeypointSet
from training.datasets.manifest import load_manifest
from training.datasets.readers.csv_rows import CsvTable, find_table, parse_pixels
from training.datasets.readers.parquet import open_parquet, read_pictures
from training.datasets.samples import BrokenRowError, Sample, Source, attempt

COORDINATES: tuple[str, ...] = tuple(f"{name}_{axis}" for name in KEYPOINTS for axis in "xy")
"""Columns of a prepared set: x and y of each point, px."""

_TRAINING_FILES = ("training.csv", "training.zip", "train.csv", "train.zip")
_TEST_FILES = ("test.csv", "test.zip")


def open_keypoints(source: Path) -> Source:
    """Open ``training.csv``, and ``test.csv`` if it has coordinates (Kaggle's has none).

    Args:
        source: One table, .csv or .zip, or the folder of both.

    Raises:
        DatasetError: There is no table, or it lacks a column.
    """
    tables = {"train": find_table(source, *_TRAINING_FILES).expect("Image", *COORDINATES)}
    tests = [source / name for name in _TEST_FILES if (source / name).is_file()]
    if tests and (test := CsvTable.open(tests[0])).find(COORDINATES[0]):
        tables["test"] = test.expect("Image", *COORDINATES)
    total = sum(1 for table in tables.values() for _ in table.rows())
    items = (item for split, table in tables.items() for item in attempt(table.rows(), _parser(table, split)))
    return Source(None, tuple(tables), total, items, COORDINATES, "keypoints", KEYPOINT_IMAGE_SIZE)


def read_keypoints(folder: Path) -> dict[str, KeypointSet]:
    """Read every split of a prepared data set of keypoints.

    Args:
        folder: Output of ``prepare keypoints-csv``.

    Raises:
        DatasetError: The folder has other content.
    """
    manifest = load_manifest(folder)
    if manifest is None or manifest.kind != "keypoints":
        found = "no dataset.json" if manifest is None else manifest.kind
        raise DatasetError(f"expected a prepared data set of keypoints in {folder}; got {found}")
    return {split: _read_split(folder / name, split) for split, name in manifest.files.items()}


def _read_split(path: Path, split: str) -> KeypointSet:
    file = open_parquet(path, ("image", *COORDINATES))
    table = file.read(list(COORDINATES))
    points = np.stack([table[name].to_numpy() for name in COORDINATES], axis=1)
    return KeypointSet(split, read_pictures(file, path.name), points.reshape(-1, len(KEYPOINTS), 2))


def _parser(table: CsvTable, split: str) -> Callable[[dict[str, str]], Sample]:
    columns = {name: str(table.find(name)) for name in COORDINATES}
    image = str(table.find("Image"))

    def parse(fields: dict[str, str]) -> Sample:
        values = {name: _coordinate(fields[column]) for name, column in columns.items()}
        return Sample(split, "", parse_pixels(fields[image], KEYPOINT_IMAGE_SIZE), values)

    return parse


def _coordinate(text: str) -> float:
    """Return a coordinate in px, NaN if the field is empty.

    Raises:
        BrokenRowError: It is not a number, or far outside the picture.
    """
    expected = "coordinates within a picture's side of the picture, or nothing"
    try:
        value = float(text or "nan")
    except ValueError:
        raise BrokenRowError(expected, repr(text)) from None
    if not (math.isnan(value) or -KEYPOINT_IMAGE_SIZE <= value <= 2 * KEYPOINT_IMAGE_SIZE):
        raise BrokenRowError(expected, text)
    return value
