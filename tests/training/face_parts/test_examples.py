"""Face-part examples: augmentation, held-out faces, negatives."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion.models.face_parts import KEYPOINTS
from training.augment import FLIPS, NONE
from training.datasets.keypoint_set import KeypointSet
from training.datasets.readers.keypoints_csv import COORDINATES
from training.face_parts.examples import MIRRORED, endless_rows, hide_faces, read_splits, varied

SIDE = 96


def faces_with_dots(count: int, seed: int = 0) -> KeypointSet:
    """Return black pictures with a white dot of 3×3 px at every point."""
    rng = np.random.default_rng(seed)
    points = rng.integers(25, SIDE - 25, (count, len(KEYPOINTS), 2)).astype(np.float32)
    images = np.zeros((count, SIDE, SIDE), np.uint8)
    for image, places in zip(images, points.astype(int), strict=True):
        for x, y in places:
            image[y - 1 : y + 2, x - 1 : x + 2] = 255
    return KeypointSet("train", images, points)


def write_table(folder: Path, faces: KeypointSet, name: str = "training") -> None:
    rows = [",".join([*COORDINATES, "Image"])]
    for image, points in zip(faces.images, faces.points, strict=True):
        rows.append(",".join([*map(str, points.ravel()), " ".join(map(str, image.ravel()))]))
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr(f"{name}.csv", "\n".join(rows))


@pytest.mark.parametrize("how", [FLIPS, replace(NONE, shift=0.1, rotation_deg=20, zoom=0.1, flip=0.5)])
def test_points_move_with_their_pixels(how):
    faces = faces_with_dots(12)
    images, points = varied(faces, how, np.random.default_rng(3))
    for image, places in zip(images, points, strict=True):
        for x, y in np.rint(places).astype(int):
            assert image[y, x] > 100


def test_mirroring_swaps_left_and_right_points():
    faces = faces_with_dots(1)
    images, points = varied(faces, replace(FLIPS, flip=1.0), np.random.default_rng(0))
    assert np.array_equal(images[0], faces.images[0][:, ::-1])
    left, right = KEYPOINTS.index("left_eye_center"), KEYPOINTS.index("right_eye_center")
    assert points[0, left] == pytest.approx(faces.points[0, right] * [-1, 1] + [SIDE - 1, 0])
    assert KEYPOINTS[MIRRORED[KEYPOINTS.index("mouth_left_corner")]] == "mouth_right_corner"
    assert MIRRORED[KEYPOINTS.index("nose_tip")] == KEYPOINTS.index("nose_tip")
    assert np.array_equal(np.array(MIRRORED)[MIRRORED], np.arange(len(KEYPOINTS)))


def test_zero_augmentation_changes_nothing():
    faces = faces_with_dots(3)
    images, points = varied(faces, NONE, np.random.default_rng(0))
    assert np.array_equal(images, faces.images)
    assert points == pytest.approx(faces.points)


def test_negatives_lack_their_parts():
    faces = faces_with_dots(40)
    hidden = hide_faces(faces.images, faces.points, np.random.default_rng(0))
    assert hidden.shape == faces.images.shape
    for image, before, places in zip(hidden, faces.images, faces.points.astype(int), strict=True):
        assert not np.array_equal(image, before)
        kept = [image[y, x] == 255 and not image[y - 3, x - 3] for x, y in places]
        assert np.mean(kept) < 0.5


def test_a_published_table_is_read_and_a_tenth_held_out(tmp_path):
    faces = faces_with_dots(20)
    write_table(tmp_path, faces)
    write_table(tmp_path, faces_with_dots(3, seed=1), "test")
    splits = read_splits(tmp_path)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (18, 2, 3)
    seen = {image.tobytes() for image in splits.train.images} | {image.tobytes() for image in splits.validation.images}
    assert seen == {image.tobytes() for image in faces.images}
    again = read_splits(tmp_path)
    assert np.array_equal(again.validation.images, splits.validation.images)
    assert len(read_splits(tmp_path, limit=10).train) == 9


def test_an_epoch_does_not_depend_on_the_resume_point():
    def epoch(first: int, skip: int) -> list[list[int]]:
        stream = endless_rows(7, 3, seed=1, first_epoch=first)
        return [next(stream)[0].tolist() for _ in range(skip + 2)][skip:]

    assert epoch(0, skip=2) == epoch(1, skip=0)
    assert len({row for rows in epoch(0, skip=0) for row in rows}) == 6  # of 7; a batch must be full
    assert epoch(0, skip=0) != epoch(0, skip=2)
