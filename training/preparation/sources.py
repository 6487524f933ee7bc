"""The additional face sets besides FER2013, with the meaning of their labels.

Their Parquet files have the columns ``image`` (struct of picture ``bytes`` and ``path``), ``label`` (a spelling of an
expression, or ``none``) and possibly ``split``. Labels can be partial: "no smile" only rules out happiness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emotion.errors import DatasetError, InputError
from emotion.labels import EMOTIONS, FERPLUS, NO_LABEL, RAFDB, LabelSet, parse_label
from emotion.types import Image
from training.datasets.pictures import decode_cell
from training.datasets.readers.parquet import open_parquet
from training.datasets.readers.parquet_rows import iter_rows
from training.datasets.splits import parse_split

UNLABELLED = "none"
EVERYTHING = (1 << len(EMOTIONS)) - 1
"""The partial label that rules out nothing."""


def bits(*labels: str) -> int:
    """Return the partial label of a face that shows one of these expressions."""
    return sum(1 << EMOTIONS.index(label) for label in labels)


@dataclass(frozen=True, slots=True)
class FaceSource:
    """One set of faces.

    Attributes:
        name: Name of its prepared folder.
        files: Its Parquet files in the shared data folder, or paths.
        label_set: Label set of its codes.
        possible: Label → partial label; by default, only the label itself is possible.
        hold_out: Share of its training faces for a validation split.
    """

    name: str
    files: tuple[str, ...]
    label_set: LabelSet = FERPLUS
    possible: Mapping[str, int] = field(default_factory=dict)
    hold_out: float = 0.0


_NO_SMILE = EVERYTHING - bits("happiness")

SOURCES: tuple[FaceSource, ...] = (
    FaceSource("rafdb", ("rafdb/rafdb-train.parquet", "rafdb/rafdb-test.parquet"), RAFDB, hold_out=0.1),
    FaceSource("affectnet-fear", ("affectnet/affectnet-fear.parquet",), possible={"fear": bits("fear", "surprise")}),
    FaceSource(
        "affectnet-contempt",
        ("affectnet/affectnet-contempt.parquet",),
        possible={"contempt": bits("contempt", "neutral", "happiness")},
    ),
    FaceSource("ffhq", ("ffhq/ffhq-happy-neutral.parquet",), possible={"neutral": _NO_SMILE}),
    FaceSource("genki4k", ("genki4k/genki4k.parquet",), possible={UNLABELLED: _NO_SMILE}),
)
"""RAF-DB has labels by about forty people per face. AffectNet's contempt and FFHQ's neutral are noisy. GENKI-4K has
only smiles and other faces."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFace:
    """One row of a set.

    Attributes:
        path: File name in the set.
        split: Its split in the set.
        image: ``(H, W, 3)`` RGB or ``(H, W)`` grey uint8.
        code: Position of its label in the set's label set, −1 if it has none.
        possible: Its partial label.
    """

    path: str
    split: str
    image: Image
    code: int
    possible: int


def custom_source(text: str) -> FaceSource:
    """Return a user's set, given as ``NAME=FILE``, with a tenth held out for validation.

    Raises:
        InputError: The text is malformed.
    """
    name, _, file = text.partition("=")
    if not name.isidentifier() or not file:
        raise InputError(f"expected --add NAME=FILE.parquet; got {text!r}")
    return FaceSource(name, (str(Path(file).resolve()),), hold_out=0.1)


def read_source(source: FaceSource, shared: Path) -> Iterator[LabelledFace]:
    """Yield the faces of a set.

    Args:
        source: The set.
        shared: Folder under which its files lie.

    Raises:
        DatasetError: A file is missing, has no such columns, or has a picture or label that cannot be read.
    """
    for name in source.files:
        file = open_parquet(shared / name, ("image", "label"))
        columns = [column for column in ("image", "label", "split") if column in file.schema_arrow.names]
        for where, fields in iter_rows(file, Path(name).name, columns):
            yield _face(source, fields, where)


def _face(source: FaceSource, fields: dict, where: str) -> LabelledFace:
    image = decode_cell(fields["image"])
    if image is None:
        raise DatasetError(f"expected a picture in {where}; got unreadable bytes")
    split = parse_split(fields.get("split") or "train")
    if split is None:
        raise DatasetError(f"expected a split in {where}; got {fields['split']!r}")
    text = str(fields["label"] or UNLABELLED).strip().lower()
    label = UNLABELLED if text == UNLABELLED else parse_label(text)
    known = EVERYTHING if label == UNLABELLED else bits(label)
    code = NO_LABEL if label == UNLABELLED else source.label_set.labels.index(label)
    return LabelledFace(fields["image"].get("path") or where, split, image, code, source.possible.get(label, known))
