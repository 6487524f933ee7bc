"""The list of formats that ``python -m training prepare`` reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.datasets.readers.affectnet import open_affectnet
from training.datasets.readers.fer2013_csv import open_fer2013, open_ferplus
from training.datasets.readers.folders import open_folders
from training.datasets.readers.index import IndexOptions, open_index
from training.datasets.readers.keypoints_csv import open_keypoints
from training.datasets.readers.parquet_rows import open_prepared
from training.datasets.samples import Source


@dataclass(frozen=True, slots=True)
class Format:
    """A format of public data sets.

    Attributes:
        summary: One line for ``--help``.
        open: Checks the layout of a file or folder and returns its source.
        resizable: Whether size and colour can be chosen; not for keypoints, which are in pixels.
        has_classes: Whether classes can be chosen.
        options: Fields of :class:`IndexOptions` that apply.
    """

    summary: str
    open: Callable[[Path, IndexOptions], Source]
    resizable: bool = True
    has_classes: bool = True
    options: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "fer2013-csv": Format(
        "fer2013.csv or icml_face_data.csv: emotion, pixels, Usage", lambda source, _: open_fer2013(source)
    ),
    "ferplus": Format("fer2013.csv with fer2013new.csv beside it", lambda source, _: open_ferplus(source)),
    "folders": Format(
        "class folders, alone or inside train, test and validation",
        lambda source, options: open_folders(source, options.codes),
        options=("codes",),
    ),
    "index": Format(
        "pictures and a CSV file that names each one's expression",
        open_index,
        options=("index", "file_column", "label_column", "codes"),
    ),
    "parquet": Format("one Parquet file per split, also what `prepare` wrote", lambda source, _: open_prepared(source)),
    "affectnet": Format(
        "images/*.jpg with annotations/*_exp.npy, *_val.npy, *_aro.npy",
        lambda source, _: open_affectnet(source),
    ),
    "keypoints-csv": Format(
        "Kaggle's facial keypoints: training.csv or .zip, test beside it",
        lambda source, _: open_keypoints(source),
        resizable=False,
        has_classes=False,
    ),
}
