"""Reads Parquet splits row by row, to prepare a subset of the classes or another size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from emotion.errors import DatasetError
from emotion.labels import NO_LABEL
from training.datasets.face_set import FACE_SIZE
from training.datasets.manifest import load_manifest
from training.datasets.pictures import decode_cell
from training.datasets.readers.parquet import (
    BATCH_ROWS,
    MEASURES,
    VOTE_COLUMNS,
    known_labels,
    open_parquet,
    split_files,
)
from training.datasets.samples import BrokenRowError, Sample, Source, attempt


def open_prepared(source: Path) -> Source:
    """Open a folder of Parquet splits; without a manifest, its codes are FER2013's.

    Args:
        source: The folder.

    Raises:
        DatasetError: There are no splits, or a column is missing.
    """
    labels = known_labels(load_manifest(source))
    files = {split: open_parquet(path, ("image", "emotion")) for split, path in split_files(source).items()}
    if not files:
        raise DatasetError(f"expected <split>.parquet or fer2013-<split>.parquet in {source}; there are none")
    shape = _first_shape(files.values())
    columns = _common_columns(list(files.values()))
    items = (
        item
        for split, file in files.items()
        for item in attempt(iter_rows(file, split, ("image", *columns)), _parser(split, columns, len(labels)))
    )
    total = sum(file.metadata.num_rows for file in files.values())
    return Source(labels, tuple(files), total, items, columns, size=min(shape[:2]), colour=len(shape) == 3)


def _first_shape(files: Iterable[pq.ParquetFile]) -> tuple[int, ...]:
    """Return the shape of the first readable picture, the default for all."""
    for file in files:
        for _, fields in iter_rows(file, "", ("image",)):
            image = decode_cell(fields["image"])
            if image is not None:
                return image.shape
    return (FACE_SIZE, FACE_SIZE)


def _common_columns(files: list[pq.ParquetFile]) -> tuple[str, ...]:
    """Return the known columns of numbers that every split has; votes only if all ten are present."""
    names = set.intersection(*(set(file.schema_arrow.names) for file in files))
    votes = VOTE_COLUMNS if names.issuperset(VOTE_COLUMNS) else ()
    return ("emotion", *votes, *(name for name in MEASURES if name in names))


def iter_rows(file: pq.ParquetFile, name: str, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row's name in messages, and its fields.

    Args:
        file: The file.
        name: Name of the file in messages.
        columns: Columns to read.
    """
    row = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
        for fields in batch.to_pylist():
            yield f"row {row} of {name}", fields
            row += 1


def _parser(split: str, columns: tuple[str, ...], classes: int) -> Callable[[dict[str, Any]], Sample]:
    def parse(fields: dict[str, Any]) -> Sample:
        image = decode_cell(fields["image"])
        if image is None:
            raise BrokenRowError("a picture that can be read", "unreadable bytes")
        if fields["emotion"] not in range(NO_LABEL, classes):
            raise BrokenRowError(f"a label code of {NO_LABEL} to {classes - 1}", fields["emotion"])
        if missing := [name for name in columns if fields[name] is None]:
            raise BrokenRowError("a number in every column", f"none in {', '.join(missing)}")
        return Sample(split, fields["image"].get("path") or "", image, {name: fields[name] for name in columns})

    return parse
