"""Reads FER2013 as published on Kaggle, ``emotion,pixels,Usage``, with or without FER+ votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from emotion.errors import DatasetError, LabelError
from emotion.labels import FER2013, FERPLUS_LABELS, parse_label
from training.datasets.face_set import FACE_SIZE
from training.datasets.readers.csv_rows import CsvTable, find_table, parse_code, parse_pixels
from training.datasets.readers.parquet import VOTE_COLUMNS
from training.datasets.samples import BrokenRowError, Sample, Skipped, Source, attempt
from training.datasets.splits import parse_split

FACES_FILES = ("fer2013.csv", "icml_face_data.csv", "fer2013.zip", "icml_face_data.zip", "train.csv")
VOTES_FILES = ("fer2013new.csv", "fer2013new.zip")

_TAGGERS = 10
_NO_EXPRESSION = {"unknown": "votes_unknown", "nf": "votes_NF"}

Fields = dict[str, str]


def open_fer2013(source: Path) -> Source:
    """Open ``fer2013.csv`` or ``icml_face_data.csv``; without ``Usage``, all rows are for training.

    Args:
        source: The file, or its folder.

    Raises:
        DatasetError: There is no such table.
    """
    table, usages = _faces(source)
    return Source(FER2013, _splits(usages), sum(usages.values()), attempt(table.rows(), _parser(table)))


def open_ferplus(source: Path) -> Source:
    """Open ``fer2013.csv`` with the votes in ``fer2013new.csv``; rows are matched by their order.

    Args:
        source: The folder.

    Raises:
        DatasetError: A table is missing, or their lengths differ.
    """
    table, usages = _faces(source)
    votes = find_table(source if source.is_dir() else source.parent, *VOTES_FILES).expect("Usage")
    _vote_columns(votes)
    rows, others = sum(usages.values()), sum(1 for _ in votes.rows())
    if rows != others:
        raise DatasetError(f"expected as many rows in {votes.path.name} as in {table.path.name}, {rows}; got {others}")
    return Source(FER2013, _splits(usages), rows, _with_votes(table, votes), ("emotion", *VOTE_COLUMNS))


def _faces(source: Path) -> tuple[CsvTable, Counter[str]]:
    """Open the table of faces and count its rows by usage."""
    table = find_table(source, *FACES_FILES).expect("emotion", "pixels")
    return table, Counter(_usage(table, fields) for _, fields in table.rows())


def _usage(table: CsvTable, fields: Fields) -> str:
    column = table.find("Usage")
    return "Training" if column is None else fields[column]


def _splits(usages: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted({split for split in map(parse_split, usages) if split is not None}))


def _parser(table: CsvTable) -> Callable[[Fields], Sample]:
    """Return the function that parses one row of the table of faces."""
    emotion, pixels, last = str(table.find("emotion")), str(table.find("pixels")), len(FER2013) - 1

    def parse(fields: Fields) -> Sample:
        split = parse_split(_usage(table, fields))
        if split is None:
            raise BrokenRowError("a Usage of Training, PublicTest or PrivateTest", repr(_usage(table, fields)))
        code = _code(fields[emotion], f"an emotion of 0 to {last}, or its name", range(last + 1))
        return Sample(split, "", parse_pixels(fields[pixels], FACE_SIZE), {"emotion": code})

    return parse


def _code(text: str, expected: str, allowed: range) -> int:
    """Return FER2013's code of an emotion, given as a number or a name."""
    try:
        return FER2013.labels.index(parse_label(text))
    except (LabelError, ValueError):  # a number, or an emotion that FER2013 lacks
        return parse_code(text, expected, allowed)


def _with_votes(table: CsvTable, votes: CsvTable) -> Iterator[Sample | Skipped]:
    """Read both tables in step; a row that is broken in one of them is skipped."""
    columns, parse_face = _vote_columns(votes), _parser(table)

    def parse(pair: tuple[Fields, Fields]) -> Sample:
        face, taggers = pair
        sample = parse_face(face)
        sample.values.update({name: _votes(taggers[column]) for name, column in columns.items()})
        return sample

    return attempt(_pairs(table, votes), parse)


def _pairs(table: CsvTable, votes: CsvTable) -> Iterator[tuple[str, tuple[Fields, Fields]]]:
    """Yield each face's row with its votes' row.

    Raises:
        DatasetError: The splits differ, so the tables are not in the same order.
    """
    for (where, face), (_, taggers) in zip(table.rows(), votes.rows(), strict=True):
        face_split, votes_split = _usage(table, face), _usage(votes, taggers)
        if parse_split(face_split) != parse_split(votes_split) and parse_split(face_split) is not None:
            raise DatasetError(
                f"expected {votes.path.name} in the order of {table.path.name}; "
                f"{where} is {face_split}, but its votes are {votes_split or 'nothing'}"
            )
        yield where, (face, taggers)


def _votes(text: str) -> int:
    return parse_code(text, f"votes of 0 to {_TAGGERS}", range(_TAGGERS + 1))


def _vote_columns(table: CsvTable) -> dict[str, str]:
    """Return name in :data:`VOTE_COLUMNS` → name in the file.

    Raises:
        DatasetError: A column is missing.
    """
    found = {_vote_column(name): name for name in table.header}
    if missing := [name for name in VOTE_COLUMNS if name not in found]:
        raise DatasetError(
            f"expected columns of votes for {', '.join(FERPLUS_LABELS)}, unknown and NF in {table.path.name}; "
            f"{', '.join(missing)} missing"
        )
    return {name: found[name] for name in VOTE_COLUMNS}


def _vote_column(name: str) -> str:
    if name.lower() in _NO_EXPRESSION:
        return _NO_EXPRESSION[name.lower()]
    try:
        return f"votes_{parse_label(name)}"
    except LabelError:
        return name
