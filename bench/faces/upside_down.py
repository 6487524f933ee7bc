"""Counts faces that the check of new faces rejects as upside down, in pictures as they are and turned by 180°."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from bench.faces.pictures import Picture
from emotion.engine.face_follower import FaceFollower
from emotion.types import Face, Frame, Image
from emotion.vision.detection.confirm import MIN_VISIBLE, FaceCheck, visible_share
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, Mesh

_LOG_EVERY = 500


class _Counter(FaceCheck):
    """Counts the faces that are accepted if the way up does not matter, and those of them that are rejected for it."""

    def __init__(self, mesh: FaceMesh) -> None:
        super().__init__(mesh, BlazeFace(small=True))
        self.found = self.rejected = 0

    def __call__(self, luma: Image, rgb: Image, detection: Face, fits: Sequence[Mesh]) -> bool:
        is_checked = visible_share(fits[-1].points, luma) >= MIN_VISIBLE
        if is_checked and self._weights.score(self.measure(luma, rgb, detection, fits)) < self._weights.limit:
            return False
        self.found += 1
        is_accepted = super().__call__(luma, rgb, detection, fits)
        self.rejected += not is_accepted
        return is_accepted


def measure_upside_down(pictures: Iterable[Picture]) -> dict[str, dict[str, int]]:
    """Return counts for each group of pictures.

    Args:
        pictures: Pictures of people who are the right way up.

    Returns:
        Group → number of ``pictures``; of ``upright`` faces, and how many of these are rejected (``upright_rejected``);
        of faces found in the same pictures turned by 180° (``turned``), and how many are rejected
        (``turned_rejected``). Faces are searched as in videos, only the right way up.
    """
    detector, mesh = BlazeFace(), FaceMesh()
    found: dict[str, dict[str, int]] = {}
    for number, picture in enumerate(pictures):
        keys = ("pictures", "upright", "upright_rejected", "turned", "turned_rejected")
        row = found.setdefault(picture.group, dict.fromkeys(keys, 0))
        row["pictures"] += 1
        for name, image in (("upright", picture.image), ("turned", np.ascontiguousarray(picture.image[::-1, ::-1]))):
            counter = _Counter(mesh)
            luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            FaceFollower(detector, mesh, check=counter)(Frame(0, 0.0, luma, lambda image=image: image))  # type: ignore[misc]
            row[name] += counter.found
            row[f"{name}_rejected"] += counter.rejected
        if number % _LOG_EVERY == 0:
            print(f"{picture.group}: {number} pictures", file=sys.stderr, flush=True)
    return found
