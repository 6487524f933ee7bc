"""Prepares additional face sets for training: aligns faces, removes duplicates, writes one folder per set."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from emotion.errors import DatasetError
from emotion.labels import NO_LABEL
from emotion.progress import OnProgress
from emotion.types import Progress
from training.datasets.face_set import FaceSet
from training.datasets.manifest import ALL, Manifest
from training.datasets.pictures import encode_png
from training.datasets.readers.parquet import IMAGE_TYPE, POSSIBLE, read_dataset
from training.datasets.splits import ROLES
from training.preparation.alignment import FaceAligner, align_all
from training.preparation.leaks import find_duplicates, leaked_rows
from training.preparation.sources import UNLABELLED, FaceSource, read_source
from training.preparation.writer import remove_prepared
from training.provenance import command

SUMMARY_FILE = "faces.json"
"""File with the counts of all prepared sets."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedSet:
    """The ``n`` faces of one set.

    Attributes:
        source: The set.
        images: ``(n, s, s)`` uint8 grey, aligned.
        codes: ``(n,)`` int8 labels, −1 for none.
        possible: ``(n,)`` int16 partial labels.
        splits: ``(n,)`` names of splits.
        paths: ``(n,)`` names of files.
        found: ``(n,)`` mask of the faces that the mesh found; others are aligned by the set's mean points.
    """

    source: FaceSource
    images: NDArray[np.uint8]
    codes: NDArray[np.int8]
    possible: NDArray[np.int16]
    splits: NDArray[np.str_]
    paths: NDArray[np.str_]
    found: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[np.bool_]) -> AlignedSet:
        """Return the faces selected by a mask."""
        names = ("images", "codes", "possible", "splits", "paths", "found")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def build_faces(
    sources: Sequence[FaceSource], shared: Path, fer2013: Path, out: Path, size: int, report: OnProgress | None = None
) -> dict[str, Any]:
    """Write one prepared folder per set under ``out``, and return the counts.

    Leaves out training faces that duplicate a validation or test face of any set, including FER2013, or an earlier
    training face. Sets with a ``hold_out`` get a validation split if they have none.

    Args:
        sources: The sets.
        shared: Folder of their files.
        fer2013: Folder of FER2013, to find duplicates.
        out: Folder to write.
        size: Side of the faces, px.
        report: Receives the progress, in sets.

    Raises:
        DatasetError: A set is missing or damaged.
    """
    started = time.monotonic()
    aligner, sets = FaceAligner(), []
    for done, source in enumerate(sources, start=1):
        sets.append(held_out(align_source(source, shared, size, aligner)))
        if report is not None:
            report(Progress(done, len(sources), time.monotonic() - started))
    summary: dict[str, Any] = {"command": command(), "size": size, "sets": {}}
    for faces, counts in _without_copies(sets, read_dataset(fer2013)):
        _write(faces, out / faces.source.name, size)
        summary["sets"][faces.source.name] = counts
    (out / SUMMARY_FILE).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return summary


def align_source(source: FaceSource, shared: Path, size: int, aligner: FaceAligner) -> AlignedSet:
    """Read a set and align its faces.

    Raises:
        DatasetError: The set has no faces or is damaged.
    """
    rows = list(read_source(source, shared))
    if not rows:
        raise DatasetError(f"expected faces in the set {source.name}; there are none")
    images, found = align_all([row.image for row in rows], [aligner.points(row.image) for row in rows], size)
    return AlignedSet(
        source,
        images,
        np.array([row.code for row in rows], np.int8),
        np.array([row.possible for row in rows], np.int16),
        np.array([row.split for row in rows]),
        np.array([row.path for row in rows]),
        found,
    )


def held_out(faces: AlignedSet) -> AlignedSet:
    """Make a missing validation split from the training faces, drawn by file name; near copies share a split."""
    train = np.flatnonzero(faces.splits == "train")
    if not faces.source.hold_out or "validation" in faces.splits or not len(train):
        return faces
    first = _first_of_copies(faces.images[train])
    chosen = np.array([_draw(faces.paths[train[row]]) < faces.source.hold_out for row in first])
    splits = faces.splits.astype("U10")
    splits[train[chosen]] = "validation"
    return replace(faces, splits=splits)


def _first_of_copies(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return, for each face, the row of the first of its group of copies."""
    first = find_duplicates(images).of
    first = np.where(first == NO_LABEL, np.arange(len(images)), first)
    while not np.array_equal(first, first[first]):  # copies of copies
        first = first[first]
    return first


def _draw(name: str) -> float:
    """Return a pseudo-random number from 0 to 1 that depends only on a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little") / 2**64


def _without_copies(sets: Sequence[AlignedSet], fer2013: dict[str, FaceSet]) -> list[tuple[AlignedSet, dict]]:
    """Return each set without copied training faces, and its counts."""
    held_out_faces = [faces.images for split, faces in fer2013.items() if ROLES[split] != "train"]
    held_out_faces += [faces.images[faces.splits != "train"] for faces in sets]
    training_faces = [faces.images for split, faces in fer2013.items() if ROLES[split] == "train"]
    cleaned = []
    for faces in sets:
        train = np.flatnonzero(faces.splits == "train")
        images = faces.images[train]
        leaked = np.any([leaked_rows(images, others) for others in held_out_faces if len(others)], axis=0)
        repeated = find_duplicates(images).of != NO_LABEL
        for others in training_faces:
            repeated |= leaked_rows(images, others)
        kept = np.ones(len(faces), bool)
        kept[train[leaked | repeated]] = False
        training_faces.append(images[~(leaked | repeated)])
        counts = {
            "read": len(faces),
            "framed_by_average": int(np.sum(~faces.found)),
            "copies_of_judged_faces": int(leaked.sum()),
            "copies_of_training_faces": int(np.sum(repeated & ~leaked)),
            "splits": dict(Counter(faces.splits[kept].tolist())),
        }
        cleaned.append((faces.take(kept), counts))
    return cleaned


def _write(faces: AlignedSet, folder: Path, size: int) -> None:
    """Write a set for :func:`training.datasets.readers.parquet.read_dataset`."""
    folder.mkdir(parents=True, exist_ok=True)
    remove_prepared(folder)
    labels = faces.source.label_set
    files, counts = {}, {}
    for split in [split for split in ROLES if split in faces.splits]:
        rows = np.flatnonzero(faces.splits == split)
        pq.write_table(_table(faces, rows), folder / f"{split}.parquet")
        files[split] = f"{split}.parquet"
        names = [UNLABELLED if code == NO_LABEL else labels.labels[code] for code in faces.codes[rows]]
        counts[split] = {ALL: len(rows), **dict(sorted(Counter(names).items()))}
    Manifest("faces", "faces", labels, size, False, files, counts, command=command()).save(folder)


def _table(faces: AlignedSet, rows: NDArray[np.intp]) -> pa.Table:
    images = [{"bytes": encode_png(faces.images[row]), "path": str(faces.paths[row])} for row in rows]
    return pa.table(
        {
            "image": pa.array(images, IMAGE_TYPE),
            "emotion": pa.array(faces.codes[rows], pa.int8()),
            POSSIBLE: pa.array(faces.possible[rows], pa.int16()),
        }
    )


def print_summary(summary: dict[str, Any]) -> None:
    """Print the counts, a row per set."""
    columns = ("read", "framed_by_average", "copies_of_judged_faces", "copies_of_training_faces")
    table = Table("", *(column.replace("_", " ") for column in columns), "train", "validation", "test", box=None)
    for name, counts in summary["sets"].items():
        splits = (counts["splits"].get(split, 0) for split in ("train", "validation", "test"))
        table.add_row(name, *(f"{count:,}" for count in (*(counts[column] for column in columns), *splits)))
    Console().print(table)
