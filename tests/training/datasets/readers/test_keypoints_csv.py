"""Kaggle's facial keypoints: columns in any order, missing points, broken rows; the real file if present."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from emotion.errors import DatasetError
from emotion.models.face_parts import KEYPOINTS
from tests.training.datasets.made_files import as_text, write_csv
from training.datasets.keypoint_set import KeypointSet
from training.datasets.readers.keypoints_csv import COORDINATES, read_keypoints
from training.datasets.readers.parquet import read_split

PICTURE = np.arange(96 * 96).reshape(96, 96).astype(np.uint8)


def row(points, picture=PICTURE):
    return ",".join([*map(str, points), as_text(picture)])


def test_columns_are_read_from_the_header_in_any_order(tmp_path, prepared):
    order = COORDINATES[::-1]
    rows = [row(range(30)), row(["", *range(1, 30)])]
    write_csv(tmp_path / "training.csv", ",".join([*order, "Image"]), rows)
    out, manifest = prepared("keypoints-csv", tmp_path, hold_out=0.0)
    faces = read_keypoints(out)["train"]
    assert manifest.counts == {"train": {"all": 2}}
    np.testing.assert_array_equal(faces.images[0], PICTURE)
    np.testing.assert_array_equal(faces.points[0].ravel(), np.arange(30)[::-1])
    assert np.isnan(faces.points[1, -1, 1])
    assert np.isfinite(faces.points[1]).sum() == 29
    assert len(faces.take(np.array([1]))) == 1


def test_the_test_table_counts_only_if_it_has_points(tmp_path, prepared):
    header = ",".join([*COORDINATES, "Image"])
    write_csv(tmp_path / "training.csv", header, [row(range(30))])
    table = write_csv(tmp_path / "test.csv", "ImageId,Image", [f"1,{as_text(PICTURE)}"])
    assert list(prepared("keypoints-csv", tmp_path, hold_out=0.0)[1].counts) == ["train"]
    write_csv(table, header, [row(range(30))])
    assert list(prepared("keypoints-csv", tmp_path, hold_out=0.0)[1].counts) == ["train", "test"]


@pytest.mark.parametrize("broken", [row(["left", *range(29)]), row([1e6, *range(29)]), row(range(30), PICTURE[:5])])
def test_a_broken_row_is_named_and_skipped(tmp_path, prepared, broken):
    write_csv(tmp_path / "training.csv", ",".join([*COORDINATES, "Image"]), [row(range(30)), broken])
    _, manifest = prepared("keypoints-csv", tmp_path, hold_out=0.0)
    (fault,) = manifest.skipped.values()
    assert fault["first"][0].startswith("row 2 of training.csv: ")


def test_invalid_keypoint_tables_are_refused(tmp_path, prepared):
    write_csv(tmp_path / "training.csv", ",".join([*COORDINATES[1:], "Image"]), [])
    with pytest.raises(DatasetError, match=f"{COORDINATES[0]} missing"):
        prepared("keypoints-csv", tmp_path)
    with zipfile.ZipFile(tmp_path / "training.zip", "w") as archive:
        archive.writestr("readme.txt", "no table")
    with pytest.raises(DatasetError, match=r"expected one CSV file in training.zip; got readme.txt"):
        prepared("keypoints-csv", tmp_path / "training.zip")


def test_a_keypoint_set_checks_its_shapes():
    with pytest.raises(DatasetError, match="expected float32 points of shape"):
        KeypointSet("train", PICTURE[None], np.zeros((1, 14, 2), np.float32))
    with pytest.raises(DatasetError, match="expected uint8 faces of shape"):
        KeypointSet("train", PICTURE[None, :50], np.zeros((1, 15, 2), np.float32))


def test_the_published_file_is_read(shared_data, prepared):
    out, manifest = prepared("keypoints-csv", shared_data / "keypoints" / "training.zip", limit=40, hold_out=0.0)
    faces = read_keypoints(out)["train"]
    left, right = (faces.points[:, KEYPOINTS.index(f"{side}_eye_center"), 0] for side in ("left", "right"))
    assert len(faces) == 40
    assert not manifest.skipped
    assert (left > right).mean() > 0.9  # the person's left eye is on the right of the picture
    with pytest.raises(DatasetError, match="expected a data set of labelled faces; got keypoints"):
        read_split(out, "train")
