"""Writes a prepared data set row by row, one Parquet file per split, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emotion.bad_file import sentence_for
from emotion.labels import NO_LABEL, LabelSet
from emotion.paths import unicode_name
from training.datasets.manifest import ALL, FACTS_FILE, MANIFEST_FILE, UNLABELLED
from training.datasets.pictures import encode_png, fit_square
from training.datasets.readers.parquet import BATCH_ROWS, IMAGE_TYPE, column_type, split_files
from training.datasets.samples import Sample, Skipped
from training.datasets.splits import ROLES, HoldOut

NAMED_ROWS = 5
"""Number of skipped rows that are named per expectation; others are only counted."""

PART = ".part"
"""Suffix of unfinished files."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of a prepared data set.

    Attributes:
        columns: Columns of numbers.
        source_labels: Label set of the samples' codes; None for keypoints.
        labels: Label set of the written codes; faces of other classes are left out.
        size: Side of the written pictures, px.
        colour: Whether they are RGB.
        hold_out: Makes the missing splits.
    """

    columns: tuple[str, ...]
    source_labels: LabelSet | None
    labels: LabelSet | None
    size: int
    colour: bool
    hold_out: HoldOut


class DatasetWriter:
    """A context manager that writes samples in batches, and leaves complete files or none.

    Attributes:
        layout: The form of the data set.
        counts: Split → class → number of pictures written.
        left_out: Class → number of pictures left out.
        skipped: Expectation → ``count`` and the ``first`` rows that did not meet it.
    """

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.layout = layout
        self.counts: dict[str, Counter[str]] = {}
        self.left_out: Counter[str] = Counter()
        self.skipped: dict[str, dict[str, Any]] = {}
        self._folder = folder
        self._schema = _schema(layout.columns)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._files: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> DatasetWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Replace earlier files if all went well, else remove the new ones."""
        complete = False
        try:
            for split in [*self._rows] if error is None else []:
                self._flush(split)
            complete = error is None
        finally:
            self._close(complete)

    def _close(self, complete: bool) -> None:
        for file in self._files.values():
            file.close()
        if complete:
            remove_prepared(self._folder)
        for split in self._files:
            part = self._path(split, PART)
            part.replace(self._path(split)) if complete else part.unlink()

    @property
    def files(self) -> dict[str, str]:
        """Split → file name, in the usual order of splits."""
        return {split: self._path(split).name for split in ROLES if split in self.counts}

    def ordered_counts(self) -> dict[str, dict[str, int]]:
        """Return split → class → number of pictures, in the usual order, with the sum first."""
        labels = self.layout.labels.labels if self.layout.labels else ()
        return {
            split: {name: self.counts[split][name] for name in (ALL, *labels, UNLABELLED) if self.counts[split][name]}
            for split in self.files
        }

    def add(self, item: Sample | Skipped) -> None:
        """Write a sample, or count a skipped row."""
        if isinstance(item, Skipped):
            self._skip(item)
        elif self.layout.source_labels is None or self.layout.labels is None:
            self._write(item, item.values, None)
        else:
            self._add_face(item, self.layout.source_labels, self.layout.labels)

    def _add_face(self, sample: Sample, source_labels: LabelSet, labels: LabelSet) -> None:
        code = int(sample.values["emotion"])
        label = UNLABELLED if code == NO_LABEL else source_labels.labels[code]
        if label in labels.labels:
            self._write(sample, sample.values | {"emotion": labels.labels.index(label)}, label)
        elif label == UNLABELLED and labels == source_labels:
            self._write(sample, sample.values, label)
        else:
            self.left_out[label] += 1

    def _skip(self, row: Skipped) -> None:
        known = self.skipped.setdefault(row.expected, {"count": 0, "first": []})
        known["count"] += 1
        if len(known["first"]) < NAMED_ROWS:
            known["first"].append(unicode_name(f"{row.where}: {row.got}"))

    def _write(self, sample: Sample, values: dict[str, float], label: str | None) -> None:
        try:
            image = fit_square(sample.image, self.layout.size, colour=self.layout.colour)
        except Exception as error:  # OpenCV refuses some shapes; go on with the other pictures
            self._skip(Skipped(sample.path, "a picture that can be resized", sentence_for(error, sample.path)))
            return
        split = self.layout.hold_out.place(sample.split, image.tobytes())
        row = {"image": {"bytes": encode_png(image), "path": unicode_name(sample.path)}, **values}
        self._rows.setdefault(split, []).append(row)
        self.counts.setdefault(split, Counter()).update([ALL] if label is None else [ALL, label])
        if len(self._rows[split]) >= BATCH_ROWS:
            self._flush(split)

    def _flush(self, split: str) -> None:
        if split not in self._files:
            self._files[split] = pq.ParquetWriter(self._path(split, PART), self._schema)
        self._files[split].write_table(pa.Table.from_pylist(self._rows.pop(split), self._schema))

    def _path(self, split: str, ending: str = "") -> Path:
        return self._folder / f"{split}.parquet{ending}"


def remove_prepared(folder: Path) -> None:
    """Remove an earlier preparation with its facts."""
    for file in (folder / MANIFEST_FILE, folder / FACTS_FILE, *split_files(folder).values()):
        file.unlink(missing_ok=True)


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([("image", IMAGE_TYPE), *((name, column_type(name)) for name in columns)])
