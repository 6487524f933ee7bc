"""``dataset.json``, the description of a prepared data set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from emotion.errors import DatasetError
from emotion.labels import LabelSet

MANIFEST_FILE = "dataset.json"
FACTS_FILE = "facts.json"
"""Output of the command ``facts``, possibly in the same folder."""

ALL = "all"
UNLABELLED = "none"
"""Keys in the counts besides classes: the sum, and faces without a label."""

Kind = Literal["faces", "keypoints"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts of a prepared data set.

    Attributes:
        format: Name of the source's format.
        kind: Labelled faces or keypoints.
        label_set: Meaning of the codes in the column ``emotion``; None for keypoints.
        size: Side of the pictures, px.
        colour: Whether the pictures are RGB.
        files: Split → name of its Parquet file.
        counts: Split → class (``"none"`` for a face without label, ``"all"`` for the sum) → pictures.
        left_out: Class → number of pictures left out by ``--classes``.
        skipped: Expectation → ``count`` and the ``first`` few rows that did not meet it.
        held_out: Splits made from the training split, with their share and seed; empty if none.
        command: The command that made it.
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
        """Write :data:`MANIFEST_FILE`, which marks the folder as complete."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def load_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or None.

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
    """Return ``largest`` if a data set's pictures are larger, px, else None.

    Args:
        folder: Folder of the data set; without a manifest, it is FER2013, whose pictures are small.
        largest: Maximum side, px.
    """
    manifest = load_manifest(folder)
    return largest if manifest is not None and manifest.size > largest else None
