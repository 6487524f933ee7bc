"""Output of readers: samples, one picture with its labels each, and skipped rows with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from emotion.bad_file import sentence_for
from emotion.errors import DatasetError
from emotion.labels import LabelSet
from emotion.types import Image
from training.datasets.face_set import FACE_SIZE
from training.datasets.manifest import Kind

Row = TypeVar("Row")


class BrokenRowError(DatasetError):
    """One row or file of a data set cannot be used; the others can.

    Args:
        expected: The expectation, by which skipped rows are counted.
        got: The row's content.
    """

    def __init__(self, expected: str, got: object) -> None:
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = str(got)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture.

    Attributes:
        split: Its split in the data set.
        path: Its name in the data set; if empty, :func:`attempt` sets the row's name.
        image: ``(H, W)`` grey or ``(H, W, 3)`` RGB uint8 of any size.
        values: Column → number: ``emotion`` (code), ``votes_*``, ``valence``, ``arousal``, or coordinates in px.
    """

    split: str
    path: str
    image: Image
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A skipped row: its name, the expectation, and its content."""

    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A data set that is about to be read.

    Attributes:
        label_set: Meaning of the codes in ``emotion``; None for keypoints.
        splits: Its splits.
        total: Number of rows or files.
        items: Iterates over all rows, to limit memory.
        columns: Keys of each sample's values.
        kind: Labelled faces or keypoints.
        size: Default side of its pictures, px.
        colour: Whether they are RGB by default.
    """

    label_set: LabelSet | None
    splits: tuple[str, ...]
    total: int
    items: Iterable[Sample | Skipped]
    columns: tuple[str, ...] = ("emotion",)
    kind: Kind = "faces"
    size: int = FACE_SIZE
    colour: bool = False


def attempt(rows: Iterable[tuple[str, Row]], parse: Callable[[Row], Sample]) -> Iterator[Sample | Skipped]:
    """Parse rows; broken ones become :class:`Skipped`.

    Args:
        rows: Each row's name in messages, and the row.
        parse: Returns the sample of a row or raises :class:`BrokenRowError`.
    """
    for where, row in rows:
        try:
            sample = parse(row)
            yield sample if sample.path else replace(sample, path=where)
        except BrokenRowError as fault:
            yield Skipped(where, fault.expected, fault.got)
        except Exception as error:  # a damaged file may raise anything in a decoder; go on with the others
            yield Skipped(where, "a picture that can be read", sentence_for(error, where, "a picture"))
