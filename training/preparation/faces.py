"""Prepares extra face sets for training: aligns faces, removes duplicates, writes one folder per set."""

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
from training.preparation.leaks import find_duplicates
from training.preparation.sources import UNLABELLED, FaceSource, read_source
from training.preparation.writer import remove_prepared
from training.provenance import command

SUMMARY_FILE = "faces.json"
"""Counts of the prepared sets, beside their folders."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedSet:
    """The faces of one set, in one array each.

    Attributes:
        source: Which set.
        images: ``(n, s, s)`` uint8 grey, aligned.
        codes: ``(n,)`` int8 labels, −1 for none.
        possible: ``(n,)`` int16 partial labels.
        splits: ``(n,)`` names of splits.
        paths: ``(n,)`` names of files.
        found: ``(n,)`` mask of the faces that the mesh found; the others are framed by the set's average.
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
        """Return the faces that a mask selects."""
        names = ("images", "codes", "possible", "splits", "paths", "found")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def build_faces(
    sources: Sequence[FaceSource], shared: Path, fer2013: Path, out: Path, size: int, report: OnProgress | None = None
) -> dict[str, Any]:
    """Write one prepared folder per set under ``out``, and return the counts.

    Training faces that duplicate a validation or test face of any set, FER2013 included, or an earlier training face,
    are left out. Sets without a validation split get one if their record says so.

    Args:
        sources: The sets.
        shared: Folder under which their files lie.
        fer2013: Folder of FER2013, whose faces are compared with theirs.
        out: Folder to write.
        size: Side of the faces, px.
        report: Receives the progress, in sets.

    Raises:
        DatasetError: A set is missing or broken.
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
        DatasetError: It has no faces, or is broken.
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
    """Give a set that has no validation split one, out of its training faces.

    A face's place is drawn from its file's name; near copies share the name of the first of them, and so the place.
    """
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
    """Return a number from 0 to 1 that depends on a name alone."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little") / 2**64


def _without_copies(sets: Sequence[AlignedSet], fer2013: dict[str, FaceSet]) -> list[tuple[AlignedSet, dict]]:
    """Return each set without training faces that are copies, and what was counted."""
    judged = [faces.images for split, faces in fer2013.items() if ROLES[split] != "train"]
    judged += [faces.images[faces.splits != "train"] for faces in sets]
    learned = [faces.images for split, faces in fer2013.items() if ROLES[split] == "train"]
    cleaned = []
    for faces in sets:
        train = np.flatnonzero(faces.splits == "train")
        images = faces.images[train]
        leaked = np.any([find_duplicates(images, others).of != NO_LABEL for others in judged if len(others)], axis=0)
        repeated = find_duplicates(images).of != NO_LABEL
        for others in learned:
            repeated |= find_duplicates(images, others).of != NO_LABEL
        kept = np.ones(len(faces), bool)
        kept[train[leaked | repeated]] = False
        learned.append(images[~(leaked | repeated)])
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
    """Write a set in the form that :func:`training.datasets.readers.parquet.read_dataset` reads."""
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
    """Print what was counted, a row per set."""
    columns = ("read", "framed_by_average", "copies_of_judged_faces", "copies_of_training_faces")
    table = Table("", *(column.replace("_", " ") for column in columns), "train", "validation", "test", box=None)
    for name, counts in summary["sets"].items():
        splits = (counts["splits"].get(split, 0) for split in ("train", "validation", "test"))
        table.add_row(name, *(f"{count:,}" for count in (*(counts[column] for column in columns), *splits)))
    Console().print(table)
