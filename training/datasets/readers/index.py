"""Reads a folder of pictures with a CSV file of their emotions."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from emotion.errors import DatasetError, LabelError, brief
from emotion.input_files import is_litter
from emotion.labels import LabelSet, parse_class
from training.datasets.readers.csv_rows import CsvTable
from training.datasets.readers.own_labels import own_labels
from training.datasets.readers.picture_files import files_below, read_picture
from training.datasets.samples import BrokenRowError, Sample, Source, attempt
from training.datasets.splits import parse_split

_FILE_COLUMNS = ("file", "filename", "filepath", "image", "imagename", "imagepath", "imagefile", "path", "img", "pth",
                 "pic", "picture", "name", "subDirectory_filePath")  # fmt: skip
_LABEL_COLUMNS = ("emotion", "label", "expression", "class", "classname", "category", "target", "emotionlabel")
_SPLIT_COLUMNS = ("split", "usage", "subset", "set", "partition")


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """Options of an index.

    Attributes:
        index: The CSV file; by default, the only one in the folder.
        file_column: Column of file names; by default, one with a usual name.
        label_column: Column of emotions; by default, one with a usual name.
        codes: Numbering of the emotions, a key of ``emotion.labels.CODES``, if they are numbers.
    """

    index: Path | None = None
    file_column: str | None = None
    label_column: str | None = None
    codes: str | None = None


def open_index(source: Path, options: IndexOptions) -> Source:
    """Open a folder of pictures with its index; without a column of splits, everything is for training.

    Args:
        source: The folder; files are named by their path in it, or by a unique name.
        options: Options of the index.

    Raises:
        DatasetError: There is no index, a column is missing, or fewer than two emotions occur.
    """
    table = CsvTable.open(options.index or _only_csv(source))
    file = _column(table, options.file_column, _FILE_COLUMNS, "--file-column")
    label = _column(table, options.label_column, _LABEL_COLUMNS, "--label-column")
    split = table.find(*_SPLIT_COLUMNS)
    root = source if source.is_dir() else source.parent
    total, labels, splits = _survey(table, label, split, root, options.codes)
    parse = _parser(_Pictures(root), file, label, split, labels, options.codes)
    return Source(labels, splits, total, attempt(table.rows(), parse))


class _Pictures:
    """Finds the pictures that an index names."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def find(self, name: str) -> Path:
        """Return the file with a path or name.

        Raises:
            BrokenRowError: There is none or more than one, or it is outside the folder.
        """
        # A link to itself stays as it is, where Path.resolve raises.
        path = Path(os.path.realpath(self._root / name.replace("\\", "/")))
        if not path.is_relative_to(self._root):
            raise BrokenRowError("a file inside the data set's folder", name)
        if name and path.is_file():
            return path
        elsewhere = self._by_name.get(path.name, [])
        if len(elsewhere) != 1:
            found = f"{len(elsewhere)} files named {path.name}" if elsewhere else f"no file {name!r}"
            raise BrokenRowError("one file of that name in the data set's folder", found)
        return elsewhere[0]

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """All files by name, listed only if a name is not a path."""
        known: dict[str, list[Path]] = {}
        for path in files_below(self._root):
            known.setdefault(path.name, []).append(path)
        return known


def _parser(
    pictures: _Pictures, file: str, label: str, split: str | None, labels: LabelSet, codes: str | None
) -> Callable[[dict[str, str]], Sample]:
    def parse(fields: dict[str, str]) -> Sample:
        place = "train" if split is None else parse_split(fields[split])
        if place is None:
            raise BrokenRowError("a split such as train, validation or test", repr(fields[str(split)]))
        try:
            code = labels.labels.index(parse_class(fields[label], codes))
        except LabelError:
            expected = "an emotion's name" + (f" or code of {codes}" if codes else "; for numbers give --codes")
            raise BrokenRowError(expected, repr(brief(fields[label]))) from None
        return Sample(place, fields[file], read_picture(pictures.find(fields[file])), {"emotion": code})

    return parse


def _only_csv(source: Path) -> Path:
    if source.is_file():
        return source
    found = sorted(path for path in source.glob("*.csv") if not is_litter(path.name))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise DatasetError(f"expected one CSV file in {source}, or its name by --index; got {brief(names)}")
    return found[0]


def _column(table: CsvTable, wanted: str | None, spellings: tuple[str, ...], option: str) -> str:
    column = table.find(*([wanted] if wanted is not None else spellings))
    if column is None:
        raise DatasetError(
            f"expected a column {wanted or ' or '.join(spellings[:4])} in {table.path.name} ({option} names another); "
            f"got {brief(', '.join(table.header)) or 'no header'}"
        )
    return column


def _survey(
    table: CsvTable, label: str, split: str | None, root: Path, codes: str | None
) -> tuple[int, LabelSet, tuple[str, ...]]:
    """Return the index's number of rows, emotions and splits."""
    total, labels, splits, strangers = 0, set(), set(), set()
    for _, fields in table.rows():
        total += 1
        splits.add("train" if split is None else parse_split(fields[split]))
        try:
            labels.add(parse_class(fields[label], codes))
        except LabelError:
            strangers.add(fields[label])
    try:
        return total, own_labels(labels, root, codes), tuple(sorted(name for name in splits if name))
    except LabelError as error:
        found = ", ".join(sorted(labels | strangers)) or "no rows"
        raise DatasetError(
            f"expected at least two emotions, or numbers and --codes, in the column {label} of {table.path.name}; "
            f"got {brief(found)}"
        ) from error
