"""The extra training sets: read, aligned, deduplicated, and split by file name."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pandas as pd
import pytest

from emotion.errors import DatasetError, InputError
from emotion.labels import EMOTIONS, FERPLUS
from emotion.samples import sample_image
from tests.training.conftest import made_faces
from training.datasets.manifest import load_manifest
from training.datasets.readers.parquet import read_dataset
from training.preparation.alignment import FaceAligner, align_all
from training.preparation.faces import AlignedSet, build_faces, held_out, print_summary
from training.preparation.sources import EVERYTHING, FaceSource, bits, custom_source, read_source


def table_of(images, labels, **columns) -> pd.DataFrame:
    cells = [
        {"bytes": cv2.imencode(".png", image)[1].tobytes(), "path": f"face-{row}.png"}
        for row, image in enumerate(images)
    ]
    return pd.DataFrame({"image": cells, "label": labels, **columns})


@pytest.fixture
def shared(tmp_path):
    """Two sets: the first has a copy of a FER2013 test face, the second has a copy of a face of the first."""
    first, second = made_faces(6, 400), made_faces(3, 500)
    second[2] = first[1]
    table_of(first, ["happiness", "Angry", "fear", "neutral", "sad", "surprise"]).to_parquet(tmp_path / "first.parquet")
    table_of(second, ["happiness", "none", "none"]).to_parquet(tmp_path / "second.parquet")
    return tmp_path


SOURCES = (
    FaceSource("first", ("first.parquet",), possible={"fear": bits("fear", "surprise")}),
    FaceSource("second", ("second.parquet",), possible={"none": EVERYTHING - bits("happiness")}),
)


def test_partial_labels_list_possible_expressions(shared):
    faces = [*read_source(SOURCES[0], shared), *read_source(SOURCES[1], shared)]
    assert [face.code for face in faces[:3]] == [EMOTIONS.index(label) for label in ("happiness", "anger", "fear")]
    assert faces[0].possible == bits("happiness")
    assert faces[2].possible == bits("fear", "surprise")
    assert (faces[7].code, faces[7].possible) == (-1, 255 - bits("happiness"))


def test_a_prepared_set_is_readable_and_without_duplicates(shared, made_data, tmp_path):
    test_face = pd.read_parquet(made_data / "fer2013-private-test.parquet")["image"][0]
    table = pd.read_parquet(shared / "first.parquet")
    table.at[4, "image"] = test_face
    table.to_parquet(shared / "first.parquet")
    summary = build_faces(SOURCES, shared, made_data, tmp_path / "faces", 48)
    counts = summary["sets"]
    assert counts["first"]["copies_of_judged_faces"] == 1
    assert counts["first"]["splits"] == {"train": 5}
    assert counts["second"]["copies_of_training_faces"] == 1
    faces = read_dataset(tmp_path / "faces" / "second")["train"]
    assert faces.label_set == FERPLUS
    assert faces.possible.tolist() == [bits("happiness"), 255 - bits("happiness")]
    assert faces.labels.tolist() == [EMOTIONS.index("happiness"), -1]
    assert load_manifest(tmp_path / "faces" / "first").size == 48
    assert json.loads((tmp_path / "faces" / "faces.json").read_text()) == summary
    print_summary(summary)


def test_a_broken_set_is_named(shared):
    with pytest.raises(DatasetError, match=r"first\.parquet"):
        list(read_source(FaceSource("first", ("none/first.parquet",)), shared))
    table_of(made_faces(1, 0), ["happiness"], split=["elsewhere"]).to_parquet(shared / "split.parquet")
    with pytest.raises(DatasetError, match=r"row 0 of split\.parquet; got 'elsewhere'"):
        list(read_source(FaceSource("odd", ("split.parquet",)), shared))


def test_custom_sets_are_given_as_name_and_file(tmp_path):
    source = custom_source(f"lab={tmp_path / 'faces.parquet'}")
    assert (source.name, source.hold_out) == ("lab", 0.1)
    with pytest.raises(InputError, match="NAME=FILE"):
        custom_source("faces.parquet")


def many(count: int = 400) -> AlignedSet:
    images = made_faces(count, 7)
    images[200] = images[20]
    return AlignedSet(
        FaceSource("many", (), hold_out=0.1),
        images,
        np.zeros(count, np.int8),
        np.full(count, EVERYTHING, np.int16),
        np.array(["train"] * count),
        np.array([f"face-{row}.png" for row in range(count)]),
        np.ones(count, bool),
    )


def test_a_tenth_is_held_out_and_duplicates_stay_together():
    faces = held_out(many())
    chosen = faces.splits == "validation"
    assert 0.05 < chosen.mean() < 0.15
    assert chosen[200] == chosen[20]
    order = np.random.default_rng(0).permutation(len(faces))
    again = held_out(many().take(order))
    same = again.splits == faces.splits[order]
    assert same[~np.isin(order, [20, 200])].all(), "a face's place depends on its name, not on the order"


def test_faces_are_aligned_to_the_apps_frame():
    image = sample_image()
    height, width = image.shape[:2]
    bordered = cv2.copyMakeBorder(image, height // 3, 0, width // 2, 0, cv2.BORDER_CONSTANT)
    aligner = FaceAligner()
    points = [aligner.points(each) for each in (image, bordered)]
    assert points[0] is not None
    np.testing.assert_allclose(points[1] - [width // 2, height // 3], points[0], atol=0.02 * width)
    crops, found = align_all([image, bordered, np.full_like(image, 90)], [*points, None], 64)
    assert found.tolist() == [True, True, False]
    assert np.corrcoef(crops[0].ravel(), crops[1].ravel())[0, 1] > 0.98
    assert crops[2].std() == 0


def test_a_picture_without_a_detection_is_used_whole():
    crops, found = align_all([np.full((40, 40), 7, np.uint8)], [None], 64)
    assert not found.any()
    assert (crops == 7).all()
