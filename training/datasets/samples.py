"""What a reader hands on: one picture with its labels at a time, or the reason why a row has none."""

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
        expected: What such a row should be like; rows are counted by it.
        got: What this row is like.
    """

    def __init__(self, expected: str, got: object) -> None:
        super().__init__(f"expected {expected}; got {got}")
        self.expected = expected
        self.got = str(got)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture.

    Attributes:
        split: Where the data set has it.
        path: Its name there, kept for people; where empty, :func:`attempt` names its row.
        image: ``(H, W)`` grey or ``(H, W, 3)`` RGB uint8 of any size.
        values: Column → number: ``emotion`` (code), ``votes_*``, ``valence``, ``arousal``, or coordinates in px.
    """

    split: str
    path: str
    image: Image
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be used: which one, what was expected of it, and what it was."""

    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A data set that is about to be read.

    Attributes:
        label_set: What the codes in ``emotion`` mean; None for keypoints.
        splits: The splits it has.
        total: Rows or files to come.
        items: Them, one after another, so that memory stays flat.
        columns: What each sample's values hold.
        kind: Labelled faces or keypoints.
        size: Side of its pictures, or what they become unless asked otherwise, px.
        colour: Whether they are RGB unless asked otherwise.
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
    """Parse row after row; one that is broken in whatever way becomes a :class:`Skipped`.

    Args:
        rows: What to call each row in messages, and the row.
        parse: Makes a sample of a row or raises :class:`BrokenRowError`.
    """
    for where, row in rows:
        try:
            sample = parse(row)
            yield sample if sample.path else replace(sample, path=where)
        except BrokenRowError as fault:
            yield Skipped(where, fault.expected, fault.got)
        except Exception as error:  # whatever a file brings a decoder to raise ends that file alone
            yield Skipped(where, "a picture that can be read", sentence_for(error, where, "a picture"))
