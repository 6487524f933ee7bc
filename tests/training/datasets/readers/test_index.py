"""A folder of pictures with a CSV that names each one's emotion."""

from __future__ import annotations

import pytest

from emotion.errors import DatasetError
from emotion.labels import LabelSet
from tests.training.conftest import made_faces
from tests.training.datasets.made_files import write_csv, write_picture
from training.datasets.readers.index import IndexOptions
from training.datasets.readers.parquet import read_dataset

FACES = made_faces(4, 0)


@pytest.fixture
def source(tmp_path):
    for number, face in enumerate(FACES):
        write_picture(tmp_path / "source" / "images" / f"{number}.png", face)
    return tmp_path / "source"


@pytest.mark.parametrize("header", ["user.id,image,emotion", "x,File Name,Label", "n,filepath,expression"])
def test_columns_are_found_by_their_usual_names(source, prepared, header):
    rows = ["1,0.png,Anger", "1,images/1.png,HAPPINESS", "1,images\\2.png,sad", "1,3.png,anger"]
    write_csv(source / "legend.csv", header, rows)
    out, manifest = prepared("index", source, hold_out=0.0)
    faces = read_dataset(out)["train"]
    assert manifest.label_set == LabelSet("source", ("anger", "happiness", "sadness"))
    assert faces.labels.tolist() == [0, 1, 2, 0]
    assert (faces.images == FACES).all()


def test_columns_splits_and_codes_can_be_named(source, prepared):
    write_csv(source / "a.csv", "where,what,usage", ["0.png,1,train", "1.png,7.0,val", "2.png,4,test", "3.png,1,train"])
    write_csv(source / "b.csv", "nothing", [])
    reader = IndexOptions(source / "a.csv", "where", "what", "rafdb")
    _, manifest = prepared("index", source, reader=reader)
    assert manifest.counts == {
        "train": {"all": 2, "surprise": 2}, "validation": {"all": 1, "neutral": 1}, "test": {"all": 1, "happiness": 1},
    }  # fmt: skip


def test_broken_rows_are_named_and_nothing_outside_is_opened(source, prepared):
    write_picture(source.parent / "secret.png", FACES[0])
    write_picture(source / "twice" / "0.png", FACES[0])
    rows = ["1.png,happy,train", "2.png,sad,train", "9.png,sad,train", "3.png,boredom,train", "../secret.png,sad,train",
            "0.png,sad,train", "1.png,sad,never", ",sad,train"]  # fmt: skip
    write_csv(source / "legend.csv", "file,emotion,split", rows)
    _, manifest = prepared("index", source, hold_out=0.0)
    named = [row for fault in manifest.skipped.values() for row in fault["first"]]
    assert manifest.counts["train"]["all"] == 2
    assert sorted(row.split(":")[0] for row in named) == [f"row {number} of legend.csv" for number in range(3, 9)]
    assert any("no file '9.png'" in row for row in named)
    assert any("2 files named 0.png" in row for row in named)
    assert any("'boredom'" in row for row in named)
    assert manifest.skipped["a file inside the data set's folder"]["first"] == ["row 5 of legend.csv: ../secret.png"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "expected one CSV file in .* got none"),
        ({"a.csv": "file,emotion", "b.csv": "file,emotion"}, "got a.csv, b.csv"),
        ({"a.csv": "who,emotion\n1,happy"}, r"expected a column file or .* \(--file-column names another\); got who"),
        ({"a.csv": "file,mood\n1,happy"}, "--label-column"),
        ({"a.csv": "file,emotion\n0.png,3\n1.png,4"}, "or numbers and --codes, .* got 3, 4"),
    ],
)
def test_invalid_indexes_are_refused(source, prepared, files, message):
    for name, text in files.items():
        (source / name).write_text(text)
    with pytest.raises(DatasetError, match=message):
        prepared("index", source)
