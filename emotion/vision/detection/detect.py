"""Detects faces in a picture with BlazeFace or the classic Haar cascade."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from emotion.errors import ModelError
from emotion.types import Detector, Face, FloatArray, Image, Region
from emotion.vision.litert import LiteRTModel
from emotion.vision.mediapipe_files import BLAZEFACE_BACK, BLAZEFACE_SHORT, mediapipe_file

MIN_CONFIDENCE = 0.5
"""Minimum confidence of a detection; low, as the mesh rejects detections that are not faces."""
MAX_IOU = 0.3
SINGLE_PASS_PX = 400
"""Pictures whose longer side is at most this need no tiles."""
TILE_PX = 640
"""Larger pictures are also searched in tiles of about this size, at least two per side."""
TILE_OVERLAP = 0.25
MAX_TILES_A_SIDE = 6
BORDER_PX = 4.0
_ANCHORS = ((16, 2), (8, 6))
"""Cells per side of a square input and anchors per cell, of each of the network's two grids."""


class BlazeFace:
    """MediaPipe's BlazeFace (Bazarevsky et al. 2019): the "back" model, 256×256.

    A detection has six landmarks: right eye, left eye, nose tip, mouth, right ear, left ear.

    Args:
        small: Use the "short-range" model, 128×128: several times as fast, but misses small faces.
    """

    def __init__(self, *, small: bool = False) -> None:
        self._model = LiteRTModel(mediapipe_file(BLAZEFACE_SHORT if small else BLAZEFACE_BACK), any_size=True)
        self.side = self._model.input_shape[1]
        """Side of the model's square input, px."""
        self._stride = self.side // _ANCHORS[-1][0]

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the whole picture and, unless it is small, overlapping tiles."""
        return [(0, 0, width, height), *_tiles(width, height)]

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``(H, W, 3)`` RGB ``image``, most confident first."""
        height, width = image.shape[:2]
        detections = [
            detection
            for region in (regions or self.regions(width, height))
            for detection in self._detect_region(image, region)
        ]
        return _suppress(detections)

    def best_logit(self, square: Image) -> float:
        """Return the highest face score in a ``(side, side, 3)`` RGB square, as a logit."""
        _, raw_scores = self._model((square.astype(np.float32) / 127.5 - 1)[None])
        return float(raw_scores.max())

    def _detect_region(self, image: Image, region: Region) -> list[Face]:
        left, top, right, bottom = region
        padded, scale, offset = _letterbox(image[top:bottom, left:right], self.side, self._stride)
        values = np.multiply(padded, 1 / 127.5, dtype=np.float32)
        values -= 1
        raw_boxes, raw_scores = self._model(values[None])
        scores = 1 / (1 + np.exp(-np.clip(raw_scores[0, :, 0], -50, 50)))
        kept = np.flatnonzero(scores >= MIN_CONFIDENCE)
        points = raw_boxes[0, kept].reshape(-1, 8, 2)
        points[:, [0, *range(2, 8)]] += _anchors(padded.shape[:2], self.side)[kept][:, None]
        half = points[:, 1] / 2
        corners = np.stack([points[:, 0] - half, points[:, 0] + half], axis=1)
        boxes = ((corners - offset) / scale).reshape(-1, 4)
        landmarks = (points[:, 2:] - offset) / scale
        whole = _not_cut_off(boxes, region, image.shape[1], image.shape[0])
        shift = np.array([left, top], np.float32)
        return [
            Face((box + np.tile(shift, 2)).astype(np.float32), float(score), (marks + shift).astype(np.float32))
            for box, score, marks in zip(boxes[whole], scores[kept][whole], landmarks[whole], strict=True)
        ]


class HaarCascade:
    """OpenCV's frontal-face cascade (Viola and Jones 2001), for comparison."""

    def __init__(self) -> None:
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        if not path.is_file():
            raise ModelError("expected OpenCV 4 with its Haar cascades; they are missing (OpenCV 5 has none)")
        self._path = str(path)

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the whole picture: the cascade searches at every scale itself."""
        return [(0, 0, width, height)]

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``(H, W, 3)`` RGB ``image``; ``regions`` are ignored."""
        del regions
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        smallest = max(24, min(grey.shape) // 20)
        # Loaded per call: it is not safe to share between threads, and loading is cheap beside the search.
        boxes, _, weights = cv2.CascadeClassifier(self._path).detectMultiScale3(
            grey, scaleFactor=1.1, minNeighbors=5, minSize=(smallest, smallest), outputRejectLevels=True
        )
        detections = [
            Face(np.array([x, y, x + w, y + h], np.float32), 1 / (1 + math.exp(-float(weight))))
            for (x, y, w, h), weight in zip(boxes, weights, strict=True)
        ]
        return sorted(detections, key=lambda face: -face.confidence)


DETECTORS: dict[str, Callable[[], Detector]] = {"blazeface": BlazeFace, "haar": HaarCascade}


def load_detector(name: str) -> Detector:
    """Return a detector by its name.

    Raises:
        ModelError: There is no such detector.
    """
    if name not in DETECTORS:
        raise ModelError(f"expected a detector from {', '.join(DETECTORS)}; got {name!r}")
    return DETECTORS[name]()


@functools.lru_cache(maxsize=32)
def _anchors(shape: tuple[int, int], side: int) -> FloatArray:
    """Return the ``(n, 2)`` anchor centres, px, of an input of this height and width; ``side`` is a square input's."""
    rows = []
    for cells, anchors in _ANCHORS:
        stride = side // cells
        y, x = (np.arange(0, length, stride, dtype=np.float32) + stride / 2 for length in shape)
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        rows.append(np.repeat(grid, anchors, axis=0))
    return np.concatenate(rows)


def _letterbox(image: Image, side: int, multiple: int) -> tuple[Image, float, FloatArray]:
    """Return the picture centred on black, its scale, and its offset in px.

    The longer side becomes ``side`` px. The shorter one is padded only to a multiple of the network's coarsest stride,
    as further padding would cost time.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    columns, rows = (max(-(-length // multiple) * multiple, 3 * side // 8) for length in (new_width, new_height))
    left, top = (columns - new_width) // 2, (rows - new_height) // 2
    padded = np.zeros((rows, columns, 3), np.uint8)
    padded[top : top + new_height, left : left + new_width] = _resized(image, new_width, new_height)
    return padded, scale, np.array([left, top], np.float32)


def _resized(image: Image, width: int, height: int) -> Image:
    """Halve repeatedly, then resize: OpenCV averages by a factor of 2 several times faster than by any other."""
    while image.shape[1] >= 2 * width and image.shape[0] >= 2 * height and min(image.shape[:2]) > 1:
        image = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), None, 0, 0, cv2.INTER_AREA)
    return cv2.resize(image, (width, height), None, 0, 0, cv2.INTER_LINEAR)


def _tiles(width: int, height: int) -> list[Region]:
    longer = max(width, height)
    if longer <= SINGLE_PASS_PX:
        return []
    count = min(max(longer // TILE_PX, 2), MAX_TILES_A_SIDE)
    side = math.ceil(longer / count * (1 + TILE_OVERLAP))
    return [
        (x, y, min(x + side, width), min(y + side, height)) for y in _starts(height, side) for x in _starts(width, side)
    ]


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side * (1 - TILE_OVERLAP))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _not_cut_off(boxes: FloatArray, region: Region, width: int, height: int) -> np.ndarray:
    """Return which boxes do not touch a tile's inner border; those that do are complete in the next tile."""
    left, top, right, bottom = region
    inner = np.array([left > 0, top > 0, right < width, bottom < height])
    sides = np.array([0, 0, right - left, bottom - top], np.float32)
    room = (boxes - sides) * np.array([1, 1, -1, -1])
    return ~((room < BORDER_PX) & inner).any(axis=1)


def _suppress(detections: list[Face]) -> list[Face]:
    """Keep the most confident of overlapping detections."""
    if not detections:
        return []
    boxes = [
        (*map(float, face.box_xyxy[:2]), *map(float, face.box_xyxy[2:] - face.box_xyxy[:2])) for face in detections
    ]
    kept = cv2.dnn.NMSBoxes(boxes, [face.confidence for face in detections], MIN_CONFIDENCE, MAX_IOU)
    return [detections[int(index)] for index in np.ravel(kept)]
