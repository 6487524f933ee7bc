"""Preparation in all formats: class subsets, sizes, errors, and files after a failure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion.errors import DatasetError, InputError, LabelError
from emotion.evaluation.scoring import recode
from emotion.labels import FER2013
from tests.training.conftest import ROWS, made_faces, made_table
from training.cli.main import main
from training.datasets.manifest import MANIFEST_FILE, load_manifest
from training.datasets.readers.formats import FORMATS
from training.datasets.readers.parquet import read_dataset, read_split
from training.datasets.splits import HoldOut, by_role, parse_split
from training.preparation.prepare import PrepareOptions, prepare


def test_a_prepared_set_round_trips(made_data, prepared):
    out, manifest = prepared("parquet", made_data)
    before, after = read_dataset(made_data), read_dataset(out)
    assert {split: len(faces) for split, faces in after.items()} == ROWS
    for split, faces in before.items():
        np.testing.assert_array_equal(after[split].images, faces.images)
        np.testing.assert_array_equal(after[split].labels, faces.labels)
        np.testing.assert_array_equal(after[split].votes, faces.votes)
    assert manifest.label_set == FER2013
    assert load_manifest(out).counts == manifest.counts
    assert set(by_role(after)) == {"train", "validation", "test"}


def test_a_subset_keeps_the_faces_of_its_classes(made_data, prepared):
    out, manifest = prepared("parquet", made_data, classes=("Angry", "neutral", "sad"))
    whole, faces = read_split(made_data, "train"), read_split(out, "train")
    assert faces.label_set.labels == ("anger", "neutral", "sadness")
    labels = recode(whole.labels, FER2013, faces.label_set.labels)
    np.testing.assert_array_equal(faces.labels, labels[labels >= 0])
    np.testing.assert_array_equal(faces.images, whole.images[labels >= 0])
    assert sum(manifest.left_out.values()) + sum(counts["all"] for counts in manifest.counts.values()) == sum(
        ROWS.values()
    )


def test_unlabelled_faces_stay_unless_classes_are_chosen(tmp_path, prepared):
    table = made_table(made_faces(6, 0), 0).assign(emotion=np.array([-1, 0, 3, 0, 3, -1], np.int8))
    (tmp_path / "source").mkdir()
    table.to_parquet(tmp_path / "source" / "train.parquet")
    faces = read_split(prepared("parquet", tmp_path / "source", hold_out=0.0)[0], "train")
    assert faces.labels.tolist() == [-1, 0, 3, 0, 3, -1]
    out, manifest = prepared("parquet", tmp_path / "source", hold_out=0.0, classes=("happy", "angry"))
    assert read_split(out, "train").labels.tolist() == [1, 0, 1, 0]
    assert manifest.left_out == {"none": 2}


def test_pictures_are_resized_on_the_way_in_and_out(made_data, prepared):
    out, _ = prepared("parquet", made_data, size=30, colour=True)
    assert read_split(out, "train").images.shape == (ROWS["train"], 30, 30, 3)
    assert read_split(out, "train", size=12).images.shape == (ROWS["train"], 12, 12, 3)
    assert read_split(made_data, "train", size=96).images.shape == (ROWS["train"], 96, 96)


def test_broken_rows_of_parquet_are_named(tmp_path, prepared):
    table = made_table(made_faces(4, 0), 0)
    table.at[1, "image"] = {"bytes": b"no png", "path": "x.png"}
    table.at[2, "image"] = None
    table["emotion"] = [0, 1, 2, 99]
    (tmp_path / "source").mkdir()
    table.to_parquet(tmp_path / "source" / "fer2013-train.parquet")
    _, manifest = prepared("parquet", tmp_path / "source", hold_out=0.0)
    assert manifest.counts["train"]["all"] == 1
    assert manifest.skipped["a picture that can be read"]["count"] == 2
    assert manifest.skipped["a label code of -1 to 6"]["first"] == ["row 3 of train: 99"]


def test_progress_is_reported_to_the_end(made_data, tmp_path):
    seen = []
    prepare("parquet", made_data, tmp_path / "out", PrepareOptions(limit=20), seen.append)
    assert [step.done for step in seen] == list(range(1, 21))
    assert {step.total for step in seen} == {20}


def test_an_older_preparation_is_replaced_completely(made_data, tmp_path):
    out = tmp_path / "out"
    prepare("parquet", made_data, out, PrepareOptions())
    (out / "facts.json").write_text("{}")
    prepare("parquet", made_data, out, PrepareOptions(limit=20))
    assert {path.name for path in out.iterdir()} == {"train.parquet", MANIFEST_FILE}


def test_a_failure_keeps_the_older_preparation(made_data, tmp_path):
    out = tmp_path / "out"
    prepare("parquet", made_data, out, PrepareOptions())
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "broken").mkdir()
    pd.DataFrame({"image": [None], "emotion": [1]}).to_parquet(tmp_path / "broken" / "train.parquet")
    with pytest.raises(DatasetError, match="expected at least one usable picture"):
        prepare("parquet", tmp_path / "broken", out, PrepareOptions())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"classes": ("anger", "contempt")}, LabelError, "expected classes from .* got contempt"),
        ({"classes": ("anger", "boredom")}, LabelError, "got 'boredom'"),
        ({"classes": ("anger", "angry")}, LabelError, "at least two different labels"),
        ({"classes": ("anger",)}, LabelError, "at least two different labels"),
        ({"hold_out": 0.7}, InputError, "expected a held-out share"),
        ({"size": 2}, InputError, "expected pictures of at least 8 px; got 2"),
    ],
)
def test_invalid_options_are_refused(made_data, prepared, options, error, message):
    with pytest.raises(error, match=message):
        prepared("parquet", made_data, **options)


def test_foreign_folders_are_not_replaced(made_data, tmp_path):
    (tmp_path / "thesis.txt").write_text("important")
    with pytest.raises(InputError, match="has other content"):
        prepare("parquet", made_data, tmp_path, PrepareOptions())
    with pytest.raises(InputError, match="for both"):
        prepare("parquet", made_data, made_data, PrepareOptions())
    with pytest.raises(DatasetError, match="there is no"):
        prepare("parquet", tmp_path / "absent", tmp_path / "out", PrepareOptions())


def test_a_damaged_manifest_is_named(made_data, prepared):
    out, _ = prepared("parquet", made_data)
    (out / MANIFEST_FILE).write_text(json.dumps({"format": "parquet"}))
    with pytest.raises(DatasetError, match=r"expected a dataset.json as `prepare` writes it"):
        read_dataset(out)


def test_an_empty_folder_holds_no_data_set(tmp_path):
    with pytest.raises(DatasetError, match="expected Parquet files of the splits"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("Training", "train"),
        ("PublicTest", "public-test"),
        ("val_set", "validation"),
        ("TEST", "test"),
        ("happy", None),
    ],
)
def test_splits_are_parsed(text, split):
    assert parse_split(text) == split


def test_a_sample_depends_only_on_content_and_seed():
    contents = [number.to_bytes(4, "little") for number in range(2000)]
    first, again, other = (
        [HoldOut.for_splits(["train"], 0.1, seed).place("train", content) for content in contents] for seed in (1, 1, 2)
    )
    assert first == again != other
    assert all(150 < first.count(split) < 250 for split in ("validation", "test"))
    assert HoldOut.for_splits(["train", "public-test"], 0.1, 1).missing == ("test",)
    assert HoldOut.for_splits(["train", "test"], 0.1, 1).place("test", b"") == "test"


def test_every_format_and_option_is_documented(capsys):
    guide = (Path(__file__).resolve().parents[3] / "data" / "README.md").read_text(encoding="utf-8")
    for name in FORMATS:
        assert f"training prepare {name} " in guide, f"data/README.md shows no command for {name}"
        with pytest.raises(SystemExit):
            main(["prepare", name, "--help"])
        options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
        assert options
        for option in options:
            assert f"`{option}" in guide, f"data/README.md does not mention prepare {name} {option}"


def test_the_command_prepares_and_reports(made_data, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["prepare", "parquet", "--source", str(made_data), "--out", str(out), "--classes", "happy,sad"]) == 0
    shown = capsys.readouterr().out
    assert "happiness" in shown and "left out" in shown and str(out) in shown
    assert main(["prepare", "folders", "--source", str(tmp_path / "none"), "--out", str(out)]) == 2
    assert "there is no" in capsys.readouterr().err
