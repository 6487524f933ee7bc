"""AffectNet's pictures and their one-number annotation files."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.errors import DatasetError
from emotion.labels import AFFECTNET_LABELS
from tests.training.datasets.made_files import write_picture
from training.datasets.readers.parquet import read_dataset


def add_face(part, number, expression, valence=0.5, arousal=-0.25):
    picture = np.full((224, 224, 3), number % 256, np.uint8)
    write_picture(part / "images" / f"{number}.jpg", picture)
    (part / "annotations").mkdir(exist_ok=True)
    for kind, value in (("exp", expression), ("val", valence), ("aro", arousal), ("lnd", np.zeros(136))):
        np.save(part / "annotations" / f"{number}_{kind}.npy", np.asarray(value), allow_pickle=True)


def test_codes_colour_valence_and_arousal_are_kept(tmp_path, prepared):
    for code in range(8):
        add_face(tmp_path / "source", code, str(code), str(code / 10), np.float64(-code / 10))
    out, manifest = prepared("affectnet", tmp_path / "source", hold_out=0.0)
    faces = read_dataset(out)["train"]
    assert faces.label_set.labels == AFFECTNET_LABELS
    assert faces.images.shape == (8, 224, 224, 3)
    assert faces.labels.tolist() == list(range(8))
    np.testing.assert_allclose(faces.valence, np.arange(8) / 10, rtol=1e-6)
    np.testing.assert_allclose(faces.arousal, -np.arange(8) / 10, rtol=1e-6)
    assert (manifest.size, manifest.colour) == (224, True)


def test_the_published_validation_part_is_the_test_split(tmp_path, prepared):
    for part, count in (("train_set", 60), ("val_set", 4)):
        for number in range(count):
            add_face(tmp_path / "source" / part, number + (part == "val_set") * 100, number % 8)
    _, manifest = prepared("affectnet", tmp_path / "source", size=16, colour=False)
    assert manifest.counts["test"]["all"] == 4
    assert manifest.counts["train"]["all"] + manifest.counts["validation"]["all"] == 60


def test_unknown_valence_is_nan(tmp_path, prepared):
    add_face(tmp_path / "source", 1, 0, -2, -2)
    out, _ = prepared("affectnet", tmp_path / "source", hold_out=0.0, size=16)
    assert np.isnan(read_dataset(out)["train"].valence).all()


def test_broken_rows_are_listed_and_pickles_never_loaded(tmp_path, prepared):
    source = tmp_path / "source"
    add_face(source, 1, 3)
    add_face(source, 2, 8)
    add_face(source, 3, np.array([1], object))
    add_face(source, 4, 1, valence=7.0)
    add_face(source, 5, np.zeros(3))
    add_face(source, 6, "smile")
    write_picture(source / "images" / "7.jpg", np.zeros((8, 8, 3), np.uint8))
    add_face(source, 8, 2)
    (source / "images" / "8.jpg").unlink()
    _, manifest = prepared("affectnet", source, hold_out=0.0, size=16)
    assert manifest.counts == {"train": {"all": 1, "surprise": 1}}
    named = {row.split(": ")[0]: row for fault in manifest.skipped.values() for row in fault["first"]}
    assert set(named) == {f"images/{number}.jpg" for number in range(2, 9)}
    assert "could run code when opened" in named["images/3.jpg"]
    assert named["images/7.jpg"].endswith("no 7_exp.npy")


def test_pickled_annotations_give_instructions(tmp_path, prepared):
    add_face(tmp_path / "source", 1, np.array([1], object))
    with pytest.raises(DatasetError, match=r"save them again as plain numbers .*which could run code when opened"):
        prepared("affectnet", tmp_path / "source")


def test_invalid_annotations_are_refused(tmp_path, prepared):
    (tmp_path / "source" / "pictures").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"expected the folders images and annotations .* got pictures"):
        prepared("affectnet", tmp_path / "source")
