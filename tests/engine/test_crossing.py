"""People who cross keep their track IDs."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from emotion.engine.face_follower import FaceFollower
from emotion.samples import sample_image
from emotion.types import Face, Frame, Image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh

FRAMES, SIDE = 100, 128


@pytest.fixture(scope="module")
def face() -> Image:
    return cv2.resize(sample_image()[40:200, 145:305], (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def crossing(face: Image, front: str) -> Iterator[tuple[Frame, dict[str, float]]]:
    """Yield frames in which two people cross, and their places: one goes right, one left, one of them in front."""
    background = np.random.default_rng(0).integers(60, 190, (360, 640, 3)).astype(np.uint8)
    background = cv2.GaussianBlur(background, (0, 0), 8)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    shown = ((columns / 0.39) ** 2 + (rows / 0.475) ** 2 < 1).astype(np.float32)
    share = cv2.GaussianBlur(shown, (0, 0), 3)[..., None]
    looks = {"right": face, "left": np.ascontiguousarray(face[:, ::-1])}
    for index in range(FRAMES):
        way = 400 * index / FRAMES
        places = {"right": 120 + way, "left": 520 - way}
        picture = background.copy()
        for name in sorted(places, key=lambda name: name == front):
            left = round(places[name] - SIDE / 2)
            place = picture[116 : 116 + SIDE, left : left + SIDE]
            place[:] = place * (1 - share) + looks[name] * share
        luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        yield Frame(index, index / 25, luma, lambda picture=picture: picture), places  # type: ignore[misc]


def nearest(faces: list[Face], x: float) -> int | None:
    return min(faces, key=lambda face: abs(float(face.box_xyxy[[0, 2]].mean()) - x)).track_id


@pytest.mark.slow
@pytest.mark.parametrize("front", ["left", "right"])
def test_people_who_cross_keep_their_tracks(face: Image, front: str) -> None:
    follower = FaceFollower(BlazeFace(), FaceMesh())
    seen: dict[str, list[int | None]] = {"left": [], "right": []}
    for frame, places in crossing(face, front):
        faces = follower(frame)
        for name, place in places.items():
            seen[name].append(nearest(faces, place))
    assert set(seen[front]) == {seen[front][0]}, "the one in front is seen throughout"
    behind = "left" if front == "right" else "right"
    assert seen[behind][0] != seen[front][0]
    assert seen[behind][-1] == seen[behind][0], "the one behind reappears"
