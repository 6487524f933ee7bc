"""Reads pictures in class folders: ``train/<class>/…`` and ``test/<class>/…``, or ``<class>/…``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion.errors import DatasetError, LabelError, brief
from emotion.labels import EMOTIONS, LabelSet, parse_class
from training.datasets.readers.own_labels import own_labels
from training.datasets.readers.picture_files import files_below, read_picture, subfolders
from training.datasets.samples import Sample, Skipped, Source, attempt
from training.datasets.splits import parse_split

_DEEPEST = 3
"""Maximum number of wrapping folders, as zip files often have them."""


@dataclass(frozen=True, slots=True)
class _ClassFolder:
    split: str
    label: str
    path: Path


def open_folders(source: Path, codes: str | None = None) -> Source:
    """Open a folder of class folders; without folders of splits, everything is for training.

    Args:
        source: The folder.
        codes: Numbering of the classes, a key of ``emotion.labels.CODES``, if folders are numbered.

    Raises:
        DatasetError: There are no class folders, or fewer than two classes.
    """
    root = _unwrap(source, codes)
    folders, strangers = _class_folders(root, codes)
    labels = _label_set(root, folders, codes)
    found = [(folder, path) for folder in folders for path in files_below(folder.path)]
    rows = ((str(path.relative_to(root)), (folder, path)) for folder, path in found)
    items = itertools.chain(strangers, attempt(rows, _parser(root, labels)))
    splits = tuple(sorted({folder.split for folder in folders}))
    return Source(labels, splits, len(strangers) + len(found), items)


def _parser(root: Path, labels: LabelSet) -> Callable[[tuple[_ClassFolder, Path]], Sample]:
    def parse(row: tuple[_ClassFolder, Path]) -> Sample:
        folder, path = row
        values = {"emotion": float(labels.labels.index(folder.label))}
        return Sample(folder.split, str(path.relative_to(root)), read_picture(path), values)

    return parse


def _unwrap(source: Path, codes: str | None) -> Path:
    """Descend through wrapping folders, which contain one folder that is neither a split nor a class."""
    if not source.is_dir():
        raise DatasetError(f"expected a folder of class folders; {source} is a file")
    root = source
    for _ in range(_DEEPEST):
        inside = subfolders(root)
        if len(inside) != 1 or parse_split(inside[0].name) or _label(inside[0], codes):
            break
        root = inside[0]
    return root


def _class_folders(root: Path, codes: str | None) -> tuple[list[_ClassFolder], list[Skipped]]:
    """Return the class folders of all splits, and the other folders as skipped."""
    split_folders = [(split, path) for path in subfolders(root) if (split := parse_split(path.name))]
    known, strangers = [], []
    for split, parent in split_folders or [("train", root)]:
        for path in subfolders(parent):
            if label := _label(path, codes):
                known.append(_ClassFolder(split, label, path))
            else:
                where = f"folder {path.relative_to(root)}"
                strangers.append(Skipped(where, "a folder named like an expression", path.name))
    return known, strangers


def _label(path: Path, codes: str | None) -> str | None:
    try:
        return parse_class(path.name, codes)
    except LabelError:
        return None


def _label_set(root: Path, folders: list[_ClassFolder], codes: str | None) -> LabelSet:
    try:
        return own_labels({folder.label for folder in folders}, root, codes)
    except LabelError as error:
        found = ", ".join(path.name for path in subfolders(root)) or "no folder"
        raise DatasetError(
            f"expected folders of at least two expressions ({', '.join(EMOTIONS)}), alone or inside train, test and "
            f"validation, or numbers and --codes; got {brief(found)}"
        ) from error
