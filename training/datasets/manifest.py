"""``dataset.json``: what a prepared folder holds and how it came about."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from emotion.errors import DatasetError
from emotion.labels import LabelSet

MANIFEST_FILE = "dataset.json"
FACTS_FILE = "facts.json"
"""What ``facts`` measured; it may lie in the same folder."""

ALL = "all"
UNLABELLED = "none"
"""Names in the counts beside those of classes: the sum, and faces that carry no label."""

Kind = Literal["faces", "keypoints"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts of a prepared data set.

    Attributes:
        format: Name of the format it was read from.
        kind: Whether it holds labelled faces or keypoints.
        label_set: What the codes of the column ``emotion`` mean; None for keypoints.
        size: Side of the pictures, px.
        colour: Whether the pictures are RGB.
        files: Split → name of its Parquet file.
        counts: Split → class (``"none"`` for a face without label, ``"all"`` for the sum) → pictures.
        left_out: Class → pictures that ``--classes`` left out.
        skipped: What was expected of a row → ``count`` and the ``first`` few rows that were otherwise.
        held_out: Splits made out of the training split, with their share and seed; empty if none.
        command: How to make it again.
    """

    format: str
    kind: Kind
    label_set: LabelSet | None
    size: int
    colour: bool
    files: dict[str, str]
    counts: dict[str, dict[str, int]]
    left_out: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, dict[str, Any]] = field(default_factory=dict)
    held_out: dict[str, Any] = field(default_factory=dict)
    command: str = ""

    def save(self, folder: Path) -> None:
        """Write :data:`MANIFEST_FILE`; its presence says that the folder is complete."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def load_manifest(folder: Path) -> Manifest | None:
    """Return a folder's facts, or None where nothing was prepared.

    Raises:
        DatasetError: The file is damaged.
    """
    file = folder / MANIFEST_FILE
    if not file.is_file():
        return None
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        known = values["label_set"]
        label_set = known and LabelSet(known["name"], tuple(known["labels"]))
        return Manifest(**(values | {"label_set": label_set}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"expected a {MANIFEST_FILE} as `prepare` writes it in {folder}; got {error}") from error


def reduced_size(folder: Path, largest: int) -> int | None:
    """Return the side to which a data set's pictures are to be reduced to be no larger, px; None where none is.

    Args:
        folder: Of the data set. Bare Parquet files are FER2013's, which are small.
        largest: Side, px.
    """
    manifest = load_manifest(folder)
    return largest if manifest is not None and manifest.size > largest else None
