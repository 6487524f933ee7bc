"""Pictures in class folders, in common layouts and spellings."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.errors import DatasetError
from emotion.evaluation.scores import family_of
from emotion.labels import FER2013_LABELS
from tests.training.conftest import made_faces
from tests.training.datasets.made_files import write_picture
from training.datasets.readers.folders import open_folders
from training.datasets.readers.parquet import read_dataset

FACES = made_faces(3, 0)


def fill(folder, classes, faces=FACES):
    for name in classes:
        for number, face in enumerate(faces):
            write_picture(folder / name / f"{number}.png", face)


def test_splits_and_spellings_are_understood(tmp_path, prepared):
    source = tmp_path / "source" / "archive"  # many ZIP files wrap everything in one more folder
    fill(source / "train", ("Angry", "2_happy", "sad"))
    fill(source / "val", ("angry", "HAPPY", "sadness"))
    fill(source / "test", ("anger", "Joy", "sad"))
    out, manifest = prepared("folders", source.parent)
    splits = read_dataset(out)
    assert list(splits) == ["train", "validation", "test"]
    assert manifest.label_set.labels == ("anger", "happiness", "sadness")
    for faces in splits.values():
        assert sorted(faces.labels.tolist()) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        np.testing.assert_array_equal(faces.images[faces.labels == 1], FACES)


def test_a_single_level_is_split_and_duplicates_stay_together(tmp_path, prepared):
    faces = made_faces(60, 1)
    fill(tmp_path / "source", ("happy", "sad"), faces)  # each face is in both classes
    out, manifest = prepared("folders", tmp_path / "source", hold_out=0.2)
    splits = read_dataset(out)
    assert set(splits) == {"train", "validation", "test"}
    assert all(counts["happiness"] == counts["sadness"] for counts in manifest.counts.values())
    again = {
        name: len(faces)
        for name, faces in read_dataset(prepared("folders", tmp_path / "source", hold_out=0.2)[0]).items()
    }
    assert again == {name: len(faces) for name, faces in splits.items()}


def test_without_a_share_nothing_is_held_out(tmp_path, prepared):
    fill(tmp_path / "source", ("happy", "sad"))
    _, manifest = prepared("folders", tmp_path / "source", hold_out=0.0)
    assert list(manifest.counts) == ["train"]
    assert not manifest.held_out


def test_numbered_folders_need_a_numbering(tmp_path, prepared):
    fill(tmp_path / "source" / "train", ("1", "4", "7"))
    with pytest.raises(DatasetError, match="--codes"):
        prepared("folders", tmp_path / "source")


def test_a_numbering_gives_the_labels(tmp_path):
    fill(tmp_path / "train", ("1", "4", "7"))
    assert open_folders(tmp_path, "rafdb").label_set.labels == ("happiness", "surprise", "neutral")


@pytest.mark.parametrize(
    ("folder", "classes", "codes", "family"),
    [
        ("my-faces", FER2013_LABELS, None, "my_faces"),
        ("fer2013", FER2013_LABELS, None, "fer2013"),
        ("aligned", map(str, range(1, 8)), "rafdb", "rafdb"),
        ("aligned", ("1", "4"), "rafdb", "rafdb"),
    ],
)
def test_labels_are_named_after_their_data_set(tmp_path, folder, classes, codes, family):
    """Scores on other faces with FER2013's seven expressions would be taken for scores on FER2013."""
    fill(tmp_path / folder, classes)
    assert family_of(open_folders(tmp_path / folder, codes).label_set.name) == family


def test_unreadable_pictures_and_unknown_classes_are_listed(tmp_path, prepared):
    source = tmp_path / "source"
    fill(source / "train", ("happy", "sad", "holiday"))
    fill(source / "test", ("happy", "sad"))
    (source / "train" / "sad" / "notes.txt").write_text("hello")
    (source / "train" / "sad" / "broken.png").write_bytes(b"\x89PNG broken")
    _, manifest = prepared("folders", source, hold_out=0.0)
    named = {expected: fault["first"] for expected, fault in manifest.skipped.items()}
    assert named["a folder named like an expression"] == ["folder train/holiday: holiday"]
    assert named["a picture file"] == ["train/sad/notes.txt: .txt"]
    assert named["a picture that can be read"][0].startswith("train/sad/broken.png: ")


def test_size_colour_and_proportions(tmp_path, prepared):
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = (0, 0, 255)  # the square in the middle is red (OpenCV's order is BGR)
    for name in ("happy", "sad"):
        write_picture(tmp_path / "source" / "train" / name / "wide.png", wide)
    out, _ = prepared("folders", tmp_path / "source", size=20, colour=True, hold_out=0.0)
    images = read_dataset(out)["train"].images
    assert images.shape == (2, 20, 20, 3)
    assert (images == (255, 0, 0)).all()
    grey = read_dataset(prepared("folders", tmp_path / "source", hold_out=0.0)[0])["train"]
    assert grey.images.shape == (2, 48, 48)


@pytest.mark.parametrize("classes", [(), ("cats", "dogs"), ("happy",)])
def test_invalid_folders_are_refused(tmp_path, prepared, classes):
    (tmp_path / "source").mkdir()
    fill(tmp_path / "source", classes)
    with pytest.raises(DatasetError, match="expected folders of at least two expressions"):
        prepared("folders", tmp_path / "source")


def test_a_file_is_refused(tmp_path, prepared):
    with pytest.raises(DatasetError, match=r"expected a folder of class folders; .* is a file"):
        prepared("folders", write_picture(tmp_path / "face.png", FACES[0]))
