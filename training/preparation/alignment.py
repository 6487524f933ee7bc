"""Aligns faces of any data set as the app does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from emotion.types import FloatArray, Image
from emotion.vision.align import align
from emotion.vision.detection.detect import load_detector
from emotion.vision.landmarks import (
    MIN_FIRST_PRESENCE,
    MIN_PRESENCE,
    FaceMesh,
    Mesh,
    Roi,
    five_points,
    roi_of_detection,
    roi_of_mesh,
)

_SCALES = (1.4, 1.0, 0.75)
"""Sides of the central squares in which the mesh is tried first, in sides of the picture."""


class FaceAligner:
    """Finds the five points of the face in a picture of one face, with the app's mesh and detector."""

    def __init__(self) -> None:
        self._mesh = FaceMesh()
        self._detector = load_detector("blazeface")

    def points(self, image: Image) -> FloatArray | None:
        """Return ``(5, 2)`` px (eyes, nose tip, corners of the mouth), or None if no face is found.

        Args:
            image: ``(H, W, 3)`` RGB or ``(H, W)`` grey.
        """
        luma = to_luma(image)
        best: Mesh | None = None
        for roi in self._candidates(image, luma):
            mesh = fit_twice(self._mesh, luma, roi)
            if best is None or mesh.presence > best.presence:
                best = mesh
            if best.presence >= MIN_PRESENCE:
                break
        return None if best is None or best.presence < MIN_FIRST_PRESENCE else five_points(best.points)

    def _candidates(self, image: Image, luma: Image) -> Iterator[Roi]:
        """Yield regions for the mesh: central squares, then detections, which cost more."""
        height, width = luma.shape
        for scale in _SCALES:
            yield Roi(width / 2, height / 2, scale * min(height, width), 0.0)
        detections = self._detector.detect(image if image.ndim == 3 else cv2.cvtColor(luma, cv2.COLOR_GRAY2RGB))
        for detection in sorted(detections, key=lambda face: -face.width):
            yield roi_of_detection(detection)


def fit_twice(mesh: FaceMesh, luma: Image, roi: Roi) -> Mesh:
    """Fit the mesh in a region, then again in the region that the first fit suggests."""
    return mesh.fit(luma, roi_of_mesh(mesh.fit(luma, roi).points))


def to_luma(image: Image) -> Image:
    """Return a picture's ``(H, W)`` luma."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def align_all(images: Sequence[Image], points: Sequence[FloatArray | None], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Crop the faces of one data set, aligned.

    Faces without points use the mean points of the set, as shares of width and height.

    Args:
        images: ``n`` pictures.
        points: Results of :meth:`FaceAligner.points`.
        size: Side of the crops, px.

    Returns:
        ``(n, size, size)`` uint8 grey crops, and the ``(n,)`` mask of faces with points.
    """
    found = np.array([each is not None for each in points], bool)
    shares = [own / _sides(image) for image, own in zip(images, points, strict=True) if own is not None]
    average = np.mean(shares, axis=0) if shares else None
    crops = np.empty((len(images), size, size), np.uint8)
    for row, (image, own) in enumerate(zip(images, points, strict=True)):
        usable = own if own is not None else average * _sides(image) if average is not None else None
        luma = to_luma(image)
        crops[row] = (
            cv2.resize(luma, (size, size), interpolation=cv2.INTER_AREA)
            if usable is None
            else align(luma, np.asarray(usable, np.float32), size)
        )
    return crops, found


def _sides(image: Image) -> FloatArray:
    return np.array(image.shape[1::-1], np.float32)
