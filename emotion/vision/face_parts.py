"""Finds the parts of a face: 15 points, masks of brows, eyes, nose and mouth, and which parts are visible."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.models.face_parts import FINDERS, KEYPOINTS, PARTS, PartCard, checked_part_file, load_part_card
from emotion.types import Face, FloatArray, Image
from emotion.vision.align import align, similarity_transform
from emotion.vision.landmarks import five_points
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import normalise


@dataclass(frozen=True, slots=True, eq=False)
class FaceParts:
    """Keypoints and masks of one face, in px of its picture.

    Attributes:
        points: ``(15, 2)`` float32, x and y, in the order of ``emotion.models.face_parts.KEYPOINTS``.
        masks: ``(h, w, 4)`` float32, the probability that each pixel around the face belongs to each of
            ``emotion.models.face_parts.PARTS``, 0–1.
        origin: Left and top of the masks in the picture, px.
        presence: Probability that this is a face with visible parts, 0–1.
    """

    points: FloatArray
    masks: FloatArray
    origin: tuple[int, int]
    presence: float


class PartFinder:
    """Runs the three models of face parts; safe to share between threads.

    Raises:
        ModelError: A model is missing or does not match its card.
    """

    def __init__(self) -> None:
        self._points, self._masks, self._presence = (_Model(name) for name in FINDERS)

    def __call__(self, image: Image, face: Face) -> FaceParts:
        """Return the parts of one face.

        Args:
            image: ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8.
            face: A face in it, with landmarks.

        Raises:
            ValueError: The face has no landmarks.
        """
        if face.landmarks is None:
            raise ValueError("expected a face with landmarks; got one without")
        luma = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        five = five_points(face.landmarks)
        coordinates, to_image = self._points(luma, five)
        maps, mask_to_image = self._masks(luma, five)
        presence, _ = self._presence(luma, five)
        masks, origin = _masks_on_image(maps, mask_to_image, luma.shape[:2])
        return FaceParts(
            points=_points_on_image(coordinates, self._points.card.input_size, to_image),
            masks=masks,
            origin=origin,
            presence=float(_sigmoid(presence.ravel())[0]),
        )


class _Model:
    """One .tflite file with its own frame."""

    def __init__(self, name: str) -> None:
        self.card: PartCard = load_part_card(name)
        self._run = LiteRTModel(checked_part_file(self.card))

    def __call__(self, luma: Image, five: FloatArray) -> tuple[FloatArray, NDArray[np.float64]]:
        """Return the raw output, and the ``(2, 3)`` transform from the crop's px to the picture's."""
        size, frame = self.card.input_size, self.card.frame_points
        crop = align(luma, five, size, frame)
        answer = self._run(normalise(crop[None], self.card.normalisation))[0]
        return answer[0], cv2.invertAffineTransform(similarity_transform(five, frame * size)).astype(np.float64)


def _points_on_image(coordinates: FloatArray, size: int, to_image: NDArray[np.float64]) -> FloatArray:
    """Convert coordinates from −1 to 1 in a crop to the picture's px."""
    on_crop = (coordinates.reshape(len(KEYPOINTS), 2) + 1) / 2 * (size - 1)
    return np.asarray(on_crop @ to_image[:, :2].T + to_image[:, 2], np.float32)


def _masks_on_image(
    maps: FloatArray, to_image: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[FloatArray, tuple[int, int]]:
    """Return maps of logits as probabilities in the picture's px, with the left and top of the part they cover."""
    side = len(maps)
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]]) @ to_image.T
    low = np.clip(np.floor(corners.min(axis=0)), 0, [shape[1] - 1, shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), low + 1, [shape[1], shape[0]]).astype(int)
    to_part = to_image.copy()
    to_part[:, 2] -= low
    width, height = (int(value) for value in high - low)
    laid = cv2.warpAffine(_sigmoid(maps), to_part, (width, height), flags=cv2.INTER_LINEAR)
    return laid.reshape(height, width, len(PARTS)), (int(low[0]), int(low[1]))


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
