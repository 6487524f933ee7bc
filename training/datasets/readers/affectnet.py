"""Reads AffectNet in its original layout: ``images/N.jpg`` with ``annotations/N_exp.npy``, ``_val``, ``_aro``.

A. Mollahosseini, B. Hasani and M. Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal Computing
in the Wild", IEEE Transactions on Affective Computing, 2017. Landmarks (``N_lnd.npy``) are not read, because the
pictures are already cropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emotion.errors import DatasetError, brief
from emotion.input_files import is_litter
from emotion.labels import AFFECTNET
from training.datasets.readers.picture_files import read_picture, subfolders
from training.datasets.samples import BrokenRowError, Sample, Source, attempt
from training.datasets.splits import parse_split

AFFECTNET_SIZE = 224
"""Side of an AffectNet picture, px."""

_UNKNOWN = -2.0
"""Valence or arousal of a face with an unknown expression."""

Row = tuple[str, Path, str]
"""Split, folder of images and annotations, number of the picture."""


def open_affectnet(source: Path) -> Source:
    """Open AffectNet: one part, or ``train_set`` and ``val_set``.

    ``val_set`` is the test split here, because the authors' test split is unpublished and scores are reported on it.

    Args:
        source: A folder with ``images`` and ``annotations``, or one with such folders.

    Raises:
        DatasetError: There are no such folders.
    """
    parts = _parts(source)
    rows = [(split, folder, number) for split, folder in parts.items() for number in _numbers(folder)]
    return Source(
        AFFECTNET,
        tuple(sorted(parts)),
        len(rows),
        attempt(_named(rows, source), _sample),
        ("emotion", "valence", "arousal"),
        size=AFFECTNET_SIZE,
        colour=True,
    )


def _parts(source: Path) -> dict[str, Path]:
    if _is_part(source):
        return {"train": source}
    inside = subfolders(source) if source.is_dir() else []
    names = {"validation": "test"}
    parts = {split: path for path in inside if _is_part(path) and (split := parse_split(path.name))}
    if not parts:
        found = ", ".join(path.name for path in inside) or "no folder"
        raise DatasetError(
            f"expected the folders images and annotations in {source}, or in train_set and val_set there; "
            f"got {brief(found)}"
        )
    return {names.get(split, split): path for split, path in parts.items()}


def _is_part(folder: Path) -> bool:
    return (folder / "images").is_dir() and (folder / "annotations").is_dir()


def _numbers(folder: Path) -> list[str]:
    """Return the numbers of all pictures and annotations; unpaired ones are skipped later with a reason."""
    pictures = {path.stem for path in (folder / "images").glob("*.jpg") if not is_litter(path.name)}
    files = (path.name for path in (folder / "annotations").glob("*_exp.npy") if not is_litter(path.name))
    annotated = {name.removesuffix("_exp.npy") for name in files}
    return sorted(pictures | annotated, key=lambda number: (len(number), number))


def _named(rows: list[Row], source: Path) -> Iterator[tuple[str, Row]]:
    for split, folder, number in rows:
        yield str((folder / "images" / f"{number}.jpg").relative_to(source)), (split, folder, number)


def _sample(row: Row) -> Sample:
    split, folder, number = row
    annotations = folder / "annotations"
    code = _read_number(annotations / f"{number}_exp.npy")
    if code not in range(len(AFFECTNET)):
        # 8, 9 and 10 mean no expression, an uncertain one and no face.
        raise BrokenRowError(f"an expression of 0 to {len(AFFECTNET) - 1}", f"{code:g}")
    values = {
        "emotion": code,
        "valence": _read_measure(annotations / f"{number}_val.npy"),
        "arousal": _read_measure(annotations / f"{number}_aro.npy"),
    }
    return Sample(split, "", read_picture(folder / "images" / f"{number}.jpg"), values)


def _read_measure(path: Path) -> float:
    value = _read_number(path)
    if value == _UNKNOWN:
        return float("nan")
    if not -1 <= value <= 1:
        raise BrokenRowError("valence and arousal of −1 to 1", f"{value:g} in {path.name}")
    return value


def _read_number(path: Path) -> float:
    """Return the number in a .npy file, saved as a number or as text.

    Raises:
        BrokenRowError: The file is missing or has other content, such as a pickled object, which could run code.
    """
    expected = "annotation files with one number each"
    try:
        with path.open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
        return float(array.reshape(1)[0])
    except FileNotFoundError:
        raise BrokenRowError(expected, f"no {path.name}") from None
    except (OSError, ValueError, TypeError, EOFError) as error:
        if "allow_pickle" in str(error):
            raise BrokenRowError(
                f"{expected}; save them again as plain numbers",
                f"a pickled object in {path.name}, which could run code when opened",
            ) from None
        raise BrokenRowError(expected, f"{path.name}: {brief(error)}") from None
