"""Reads data sets in Parquet, one file per split, with PNG bytes in a column.

A folder is the output of ``python -m training prepare``, or has only ``fer2013-<split>.parquet`` files.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.labels import FER2013, FERPLUS_LABELS, LabelSet
from emotion.paths import ROOT, is_checkout, work_dir
from emotion.settings import read_settings
from emotion.types import Image
from training.datasets.face_set import FaceSet
from training.datasets.manifest import Manifest, load_manifest
from training.datasets.pictures import decode_cell, fit_square
from training.datasets.splits import ROLES

VOTE_COLUMNS = tuple(f"votes_{name}" for name in (*FERPLUS_LABELS, "unknown", "NF"))

MEASURES = ("valence", "arousal")
POSSIBLE = "possible"
"""Column of partial labels: bit i is set if the face may show ``EMOTIONS[i]``."""
NUMBERS = ("emotion", *VOTE_COLUMNS, *MEASURES, POSSIBLE)
"""Possible columns of numbers."""

IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""Type of the column ``image``."""

BATCH_ROWS = 512
"""Rows read at a time."""


def default_data_dir() -> Path:
    """Return the default data set: ``fer2013`` in ``$EMOTION_SHARED_DATA``.

    Without that setting, it is in ``../shared/data`` beside a checkout, and among the prepared sets of an installed
    package.
    """
    default = ROOT.parent / "shared" / "data" if is_checkout() else default_datasets_dir()
    return (read_settings().shared_data or default) / "fer2013"


def data_option(folder: Path) -> str:
    """Return ``--data`` with a folder, to print after a command; empty for the default data set."""
    return "" if folder == default_data_dir() else f" --data {shlex.quote(str(folder))}"


def default_datasets_dir() -> Path:
    """Return the folder of prepared data sets and their facts; Git ignores it."""
    return work_dir() / "datasets"


def default_faces_dir() -> Path:
    """Return the folder of the aligned sets for training besides FER2013."""
    return default_datasets_dir() / "faces"


def read_dataset(folder: Path, *, size: int | None = None) -> dict[str, FaceSet]:
    """Read every split of a data set.

    Args:
        folder: Output of ``prepare``, or a folder of FER2013's files.
        size: Side to which pictures are resized, px; as stored by default.

    Raises:
        DatasetError: The folder has no split, or one has another layout.
    """
    files = split_files(folder)
    if not files:
        found = (
            "there are none: `python -m training prepare` makes them" if folder.is_dir() else "there is no such folder"
        )
        raise DatasetError(f"expected Parquet files of the splits ({', '.join(ROLES)}) in {folder}; {found}")
    return {split: read_split(folder, split, size=size) for split in files}


def read_split(folder: Path, split: str, *, size: int | None = None) -> FaceSet:
    """Read one split.

    Args:
        folder: A folder with ``fer2013-<split>.parquet`` or ``<split>.parquet``, with the columns ``image`` (struct
            with picture ``bytes``), ``emotion`` (label code) and, if known, the ten ``votes_*``, ``valence`` and
            ``arousal``.
        split: A name in :data:`~training.datasets.splits.ROLES`.
        size: Side to which pictures are resized, px; as stored by default.

    Raises:
        DatasetError: The file is missing or has another layout.
    """
    path = split_files(folder).get(split)
    if path is None:
        raise DatasetError(f"expected the data set's file fer2013-{split}.parquet or {split}.parquet in {folder}")
    label_set = known_labels(load_manifest(folder))
    file = open_parquet(path, ("image", "emotion"))
    numbers = _numbers(file, path.name)
    votes = set(VOTE_COLUMNS) <= set(numbers)
    return FaceSet(
        split,
        read_pictures(file, path.name, size),
        numbers["emotion"],
        np.stack([numbers[name] for name in VOTE_COLUMNS], axis=1) if votes else None,
        label_set,
        valence=numbers.get("valence"),
        arousal=numbers.get("arousal"),
        possible=numbers.get(POSSIBLE),
    )


def split_files(folder: Path) -> dict[str, Path]:
    """Return split → file of a folder, in the order of ``ROLES``."""
    found = {split: [folder / f"{split}.parquet", folder / f"fer2013-{split}.parquet"] for split in ROLES}
    return {split: path for split, paths in found.items() for path in paths if path.is_file()}


def known_labels(manifest: Manifest | None) -> LabelSet:
    """Return the label set of a folder's codes.

    Raises:
        DatasetError: The folder has keypoints.
    """
    if manifest is None:
        return FER2013
    if manifest.label_set is None:
        raise DatasetError(f"expected a data set of labelled faces; got {manifest.kind} ({manifest.format})")
    return manifest.label_set


def column_type(name: str) -> pa.DataType:
    """Return the stored type of a column of numbers."""
    if name == POSSIBLE:
        return pa.int16()
    return pa.int8() if name == "emotion" or name in VOTE_COLUMNS else pa.float32()


def open_parquet(path: Path, columns: tuple[str, ...]) -> pq.ParquetFile:
    """Open a Parquet file with these columns.

    Raises:
        DatasetError: It is not a Parquet file, or a column is missing.
    """
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"expected a Parquet file; {path.name} cannot be read: {error}") from error
    if missing := sorted(set(columns) - set(file.schema_arrow.names)):
        raise DatasetError(f"expected the columns {' and '.join(columns)} in {path.name}; {missing} missing")
    return file


def read_pictures(file: pq.ParquetFile, name: str, size: int | None = None) -> NDArray[np.uint8]:
    """Return all pictures of a file as ``(n, s, s)`` or ``(n, s, s, 3)`` uint8.

    Args:
        file: A file with the column ``image``.
        name: Name of the file in messages.
        size: Side to which they are resized, px; as stored by default.

    Raises:
        DatasetError: A picture is unreadable, not square, or differs in shape from the first.
    """
    pictures: NDArray[np.uint8] | None = None
    cells = (cell for batch in file.iter_batches(BATCH_ROWS, columns=["image"]) for cell in batch.column(0).to_pylist())
    for row, cell in enumerate(cells):
        image = decode_cell(cell)
        if image is not None and size is not None:
            image = fit_square(image, size, colour=image.ndim == 3)
        if pictures is None and image is not None and image.shape[0] == image.shape[1]:
            pictures = np.empty((file.metadata.num_rows, *image.shape), np.uint8)
        if pictures is None or image is None or image.shape != pictures.shape[1:]:
            raise _mismatch(pictures, image, f"row {row} of {name}")
        pictures[row] = image
    return np.empty((0, size or 1, size or 1), np.uint8) if pictures is None else pictures


def _mismatch(pictures: NDArray[np.uint8] | None, image: Image | None, where: str) -> DatasetError:
    expected = "square" if pictures is None else "x".join(map(str, pictures.shape[1:]))
    found = "unreadable bytes" if image is None else "x".join(map(str, image.shape))
    return DatasetError(f"expected a {expected} picture in {where}; got {found}")


def _numbers(file: pq.ParquetFile, name: str) -> dict[str, NDArray[Any]]:
    """Return the known columns of numbers in their types.

    Raises:
        DatasetError: A field is empty, not a number, or out of range.
    """
    numbers = {}
    for column in (column for column in NUMBERS if column in file.schema_arrow.names):
        values = file.read([column])[column]
        if values.null_count:
            raise DatasetError(f"expected a number in every row of {column} in {name}; {values.null_count} are empty")
        try:
            numbers[column] = values.cast(column_type(column)).to_numpy()
        except pa.ArrowException as error:
            raise DatasetError(
                f"expected {column_type(column)} in the column {column} of {name}; got {error}"
            ) from error
    return numbers
