"""Pictures for the check of new faces: varied ones without people, and faces alone and on a larger picture."""

from __future__ import annotations

import hashlib
import importlib.util
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
from PIL import Image as Pillow

from bench.faces.drawn import KINDS, draw
from emotion.types import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
CANVAS = (480, 640)
_BACKGROUNDS = (255, 0, 128, 90, 200)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture to search for faces.

    Attributes:
        group: Row of the table.
        name: Name of the file or row that it was made from; its hash decides the half.
        image: ``(H, W, 3)`` uint8 RGB.
    """

    group: str
    name: str
    image: Image

    @property
    def half(self) -> int:
        """0: the check is fitted on it; 1: results are reported for it."""
        return hash_of(self.name) % 2


def hash_of(name: str) -> int:
    """Return a number that depends only on the name."""
    return int(hashlib.sha1(name.encode()).hexdigest()[:8], 16)


def without_people(folders: Sequence[Path], photos: Path, copies: int, drawings: int) -> Iterator[Picture]:
    """Yield pictures from folders, from scikit-image if installed, two photographs without a face, and drawings.

    Args:
        folders: Folders of pictures without people.
        photos: Folder with ``dogs.jpg`` and ``no-faces.jpg``. They are not varied, because a photograph of a person on
            the wall behind the dogs would be found if it were enlarged.
        copies: Varied copies of each picture.
        drawings: Number of drawings of each kind.
    """
    for name in ("dogs.jpg", "no-faces.jpg"):
        if (photos / name).is_file():
            yield Picture("photographs without a face", name, np.array(Pillow.open(photos / name).convert("RGB")))
    for group, file in _files(folders):
        yield from (Picture(group, file.name, image) for image in varied(_rgba(file), hash_of(file.name), copies))
    for kind in KINDS:
        for seed in range(drawings):
            name = f"{kind} {seed}"
            rgba = np.dstack([draw(kind, seed), np.full((320, 320), 255, np.uint8)])
            yield from (Picture("drawn here", name, image) for image in varied(rgba, hash_of(name), 2))


def _files(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec("skimage")
    if spec is not None and spec.submodule_search_locations:
        yield "scikit-image's cat", Path(spec.submodule_search_locations[0]) / "data" / "chelsea.png"
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        yield from ((folder.name, path) for path in files)


def _rgba(file: Path) -> Image:
    return np.array(Pillow.open(file).convert("RGBA"))


def varied(rgba: Image, seed: int, copies: int) -> Iterator[Image]:
    """Yield a picture unchanged, then cropped, scaled, rotated, mirrored and with other light, ``(H, W, 3)`` RGB.

    Args:
        rgba: ``(H, W, 4)`` uint8; transparent parts get a plain background.
        seed: Seed of the variations.
        copies: Number of pictures, the unchanged one included.
    """
    rng = np.random.default_rng(seed)
    opaque = rgba[..., 3:] / 255
    for copy in range(copies):
        image = (rgba[..., :3] * opaque + rng.choice(_BACKGROUNDS) * (1 - opaque)).astype(np.uint8)
        yield np.ascontiguousarray(_transformed(image, rng) if copy else image)


def _transformed(image: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    share = rng.uniform(0.3, 1)
    high, wide = max(24, int(height * share)), max(24, int(width * share))
    x, y = rng.integers(0, max(1, width - wide + 1)), rng.integers(0, max(1, height - high + 1))
    image = image[y : y + high, x : x + wide]
    scale = rng.uniform(120, 700) / max(image.shape[:2])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    high, wide = image.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), rng.uniform(-30, 30), rng.uniform(0.7, 1))
    image = cv2.warpAffine(image, turn, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        image = image[:, ::-1]
    return np.clip(image * rng.uniform(0.5, 1.4) + rng.uniform(-30, 30), 0, 255).astype(np.uint8)


def with_people(data: Path, faces: int) -> Iterator[Picture]:
    """Yield photographs with marked faces, pictures of GENKI-4K, and RAF-DB's training faces alone and on a larger one.

    Args:
        data: Folder of the shared data; missing data sets are left out.
        faces: Maximum number from each data set.
    """
    for file in sorted((data / "photos").glob("*")):
        if file.suffix in SUFFIXES and file.name not in {"dogs.jpg", "no-faces.jpg"}:
            yield Picture("boxed photographs", file.name, np.array(Pillow.open(file).convert("RGB")))
    for name, image in _rows(data / "genki4k/genki4k.parquet", faces):
        yield Picture("GENKI-4K", f"genki {name}", image)
    for name, image in _rows(data / "rafdb/rafdb-train.parquet", faces):
        yield Picture("RAF-DB train", f"rafdb {name}", image)
        yield Picture("RAF-DB train on a larger picture", f"rafdb {name}", _pasted(image, name))


def cropped_tightly(data: Path, faces: int) -> Iterator[Picture]:
    """Yield validation faces of FER2013 (PublicTest), which fill their pictures.

    Args:
        data: Folder of the shared data; nothing is yielded if the data set is missing.
        faces: Maximum number.
    """
    for name, image in _rows(data / "fer2013/fer2013-public-test.parquet", faces):
        yield Picture("FER2013 PublicTest", f"fer2013 {name}", image)


def _rows(file: Path, most: int) -> Iterator[tuple[int, Image]]:
    if not file.is_file():
        return
    column = pq.read_table(file, columns=["image"]).column("image")
    for index in np.sort(np.random.default_rng(7).permutation(len(column))[:most]).tolist():
        yield index, np.array(Pillow.open(io.BytesIO(column[index].as_py()["bytes"])).convert("RGB"))


def _pasted(image: Image, seed: int) -> Image:
    rng = np.random.default_rng(seed)
    canvas = np.full((*CANVAS, 3), rng.integers(40, 220), np.uint8)
    side = int(rng.integers(40, 220))
    y, x = rng.integers(0, CANVAS[0] - side), rng.integers(0, CANVAS[1] - side)
    canvas[y : y + side, x : x + side] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return canvas
