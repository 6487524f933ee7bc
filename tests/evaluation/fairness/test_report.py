"""Groups with and without a synthetic difference: by hand, by simulation and with a real model."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import emotion
from emotion.cli.main import main
from emotion.errors import DatasetError, InputError
from emotion.evaluation.fairness.folders import GroupFolders, group_of, read_groups
from emotion.evaluation.fairness.report import Fairness, compare
from emotion.evaluation.fairness.tables import differences_table, groups_table, recalls_table, to_table
from emotion.evaluation.user_evaluation.zip_folders import LabelledFile
from emotion.samples import sample_image


def judged(*cells: tuple[str, str, int, int]) -> pd.DataFrame:
    """Return scored pictures from cells (group, expression, number of right answers, number of pictures)."""
    rows = [(group, true, place < right) for group, true, right, of in cells for place in range(of)]
    return pd.DataFrame(rows, columns=["group", "true", "right"]).assign(searched=True)


def p_of(found: Fairness, what: str) -> tuple[float, bool]:
    test = next(test for test in found.tests if test.what == what)
    return test.p, test.differs


BOTH = judged(
    ("old", "happiness", 45, 50), ("old", "anger", 20, 50), ("young", "happiness", 45, 50), ("young", "anger", 40, 50)
)


def test_every_figure_by_hand():
    found = compare(BOTH, {"old": 25}, "fake")
    old, young = found.groups
    assert (old.name, old.accuracy.count, old.accuracy.of, old.accuracy.value) == ("old", 65, 100, 0.65)
    assert old.expected == pytest.approx(0.75), "half smiles at 90%, half frowns at 60%, as for all people"
    assert old.recalls["anger"].value == 0.4
    assert (old.recalls["anger"].low, old.recalls["anger"].high) == pytest.approx((0.2761, 0.5382), abs=1e-4)
    assert (old.not_found.count, old.not_found.of, old.not_found.value) == (25, 125, 0.2)
    assert young.balanced is not None
    value, low, high = young.balanced
    assert value == pytest.approx(0.85)
    assert (low, high) == pytest.approx((0.78, 0.91), abs=0.015)
    assert found.shared_labels == ("happiness", "anger")
    assert p_of(found, "recall of happiness") == (1.0, False)
    assert p_of(found, "recall of anger") == (1e-4, True)
    assert p_of(found, "accuracy")[1]
    assert p_of(found, "faces not found") == (1e-4, True)
    assert found.warnings == ()
    assert any("Photos without a detected face" in words for words in found.notes)


def test_cropped_faces_count_for_no_share_of_found_faces():
    found = compare(BOTH.assign(searched=BOTH["group"] == "young"), {"old": 3, "young": 25})
    assert [(one.not_found.count, one.not_found.of) for one in found.groups] == [(3, 3), (25, 125)]
    (old, _) = compare(BOTH.assign(searched=BOTH["group"] == "young"), {"young": 25}).groups
    assert (old.not_found.of, old.not_found.value) == (0, None)


def test_every_figure_is_a_row():
    table = to_table(compare(BOTH, {}))
    row = table[(table["group"] == "young") & (table["label"] == "anger")].iloc[0]
    assert (row["measure"], row["count"], row["of"], row["value"]) == ("recall", 40, 50, 0.8)
    assert set(table["measure"]) == {
        "accuracy", "balanced accuracy", "expected accuracy", "faces not found", "recall",
    }  # fmt: skip
    assert json.dumps(compare(BOTH, {}).to_dict())


def test_people_read_every_figure_with_its_interval():
    found = compare(BOTH.assign(searched=BOTH["group"] == "old"), {})
    young = groups_table(found).set_index("Group").loc["young"]
    assert young["Accuracy"] == "85.0% (76.7–90.7)"
    assert (young["Judged"], young["Faces not found"]) == (100, "–")
    assert recalls_table(found).set_index("Recall of").loc["anger"].tolist() == [
        "40.0% (27.6–53.8) of 50", "80.0% (67.0–88.8) of 50"
    ]  # fmt: skip
    answers = differences_table(found).set_index("Difference in")["At 5%"]
    assert (answers["recall of anger"], answers["recall of happiness"]) == ("they differ", "not shown")


def test_small_groups_and_rare_expressions_are_marked():
    found = compare(
        judged(("a", "fear", 1, 2), ("a", "anger", 9, 12), ("b", "fear", 30, 40), ("b", "anger", 9, 12)), {}
    )
    few, rare = found.warnings
    assert "a (14)" in few
    assert "b" not in few.split(":")[0].split("of ")[1]
    assert "pictures of fear" in rare


def test_expressions_missing_in_a_group_are_left_out_of_mean_recall():
    found = compare(judged(("a", "fear", 5, 9), ("a", "anger", 9, 9), ("b", "anger", 5, 9), ("b", "neutral", 9, 9)), {})
    assert found.shared_labels == ("anger",)
    assert found.groups[0].balanced is None
    assert found.groups[1].recalls["fear"].value is None
    assert {test.what for test in found.tests} == {"accuracy", "recall of anger"}


def test_a_group_without_detected_faces_is_listed():
    found = compare(judged(("a", "anger", 20, 20), ("a", "fear", 20, 20)), {"b": 20})
    assert found.groups[1].accuracy.value is None
    assert [test.what for test in found.tests] == ["faces not found"]
    assert found.tests[0].differs


@pytest.mark.slow
def test_the_false_alarm_rate_is_at_most_one_in_twenty():
    """In 300 data sets of three equal groups and four expressions, all tests together, after Holm's correction."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(300):
        cells = [
            (group, label, int(rng.binomial(of, recall)), of)
            for group, of in (("a", 40), ("b", 25), ("c", 12))
            for label, recall in (("anger", 0.8), ("fear", 0.4), ("neutral", 0.9), ("sadness", 0.6))
        ]
        wrong += any(test.differs for test in compare(judged(*cells), {}, resamples=199).tests)
    assert wrong / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.slow
def test_a_difference_of_twenty_points_is_usually_detected():
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(50):
        cells = [
            (group, label, int(rng.binomial(150, recall)), 150)
            for group, recall in (("a", 0.8), ("b", 0.6))
            for label in ("anger", "fear")
        ]
        found += p_of(compare(judged(*cells), {}, resamples=499), "accuracy")[1]
    assert found >= 48


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("older/happy/1.png", "older"), ("data/older/test/1.png", None), ("happy/1.png", None),
        ("x/older/3_sad/deep/1.png", "older"), (r"older\happy\1.png", "older"),
    ],
)  # fmt: skip
def test_the_folder_above_the_expression_is_the_group(name, group):
    assert group_of(name) == group


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")


def test_folders_of_groups(tmp_path):
    for name in ("a/happy/1.png", "a/sad/2.JPG", "b/happy/1.png", "b/odd/1.png", "happy/3.png", "b/sad/note.txt"):
        picture(tmp_path / name)
    folders = GroupFolders(tmp_path)
    assert folders.groups == {"a/happy/1.png": "a", "a/sad/2.JPG": "a", "b/happy/1.png": "b"}
    assert (folders.unlabelled, folders.ungrouped) == (["b/odd/1.png"], ["happy/3.png"])
    assert folders.others == 1
    assert folders.label_set.labels == ("happiness", "sadness")
    first = next(iter(folders))
    assert first == LabelledFile("a/happy/1.png", "happiness", b"a picture")


def test_names_in_any_bytes_are_unicode_in_results(tmp_path):
    for name in ("a/happy/1.png", "a/sad/1.png", "b/happy/" + os.fsdecode(b"\xff.png")):
        picture(tmp_path / name)
    folders = GroupFolders(tmp_path)
    assert list(folders)[-1] == LabelledFile("b/happy/%FF.png", "happiness", b"a picture")
    (tmp_path / "groups.csv").write_text("file,group\n%FF.png,new\na/sad/1.png,old\n")
    assert read_groups(tmp_path / "groups.csv", tmp_path) == {"b/happy/%FF.png": "new", "a/sad/1.png": "old"}


def test_a_table_of_groups(tmp_path):
    for name in ("happy/1.png", "happy/2.png", "sad/1.png", "sad/3.png"):
        picture(tmp_path / name)
    table = tmp_path / "groups.csv"
    table.write_text("﻿File,age,skin\nhappy/1.png,old,I\n2.png,young,\nsad\\1.png,old,II\nnone.png,old,I\n")
    assert read_groups(table, tmp_path) == {
        "happy/1.png": "old", "happy/2.png": "young", "sad/1.png": "old", "none.png": "old",
    }  # fmt: skip
    assert read_groups(table, tmp_path, "skin") == {"happy/1.png": "I", "sad/1.png": "II", "none.png": "I"}
    folders = GroupFolders(tmp_path, read_groups(table, tmp_path))
    assert folders.ungrouped == ["sad/3.png"]
    with pytest.raises(DatasetError, match=r"a column 'sex' in groups\.csv; got File, age, skin"):
        read_groups(table, tmp_path, "sex")
    table.write_bytes("file;age\r\nhappy/1.png;old\r\n".encode("utf-16"))
    assert read_groups(table, tmp_path) == {"happy/1.png": "old"}
    table.write_text("file,age\n1.png,old\n")
    with pytest.raises(DatasetError, match=r"2 pictures are called 1\.png"):
        read_groups(table, tmp_path)


def test_invalid_groups_are_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder"):
        GroupFolders(tmp_path / "absent")
    needed = "expected pictures as group/class/picture, with two groups or more; got groups: "
    picture(tmp_path / "happy/1.png")
    with pytest.raises(DatasetError, match=f"{needed}none"):
        GroupFolders(tmp_path)
    (tmp_path / "happy/1.png").unlink()
    picture(tmp_path / "a/happy/1.png")
    with pytest.raises(DatasetError, match=f"{needed}a"):
        GroupFolders(tmp_path)
    picture(tmp_path / "b/happy/1.png")
    with pytest.raises(DatasetError, match="at least two expressions"):
        GroupFolders(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_the_command_scores_a_real_model(tmp_path, capsys):
    """The smiling portrait is labelled happiness in one group and anger in the other; a grey picture has no face."""
    image = cv2.resize(cv2.cvtColor(np.ascontiguousarray(sample_image()), cv2.COLOR_RGB2BGR), None, fx=0.5, fy=0.5)
    portrait = cv2.imencode(".png", image)[1].tobytes()
    grey = cv2.imencode(".png", np.full((300, 300, 3), 128, np.uint8))[1].tobytes()
    for name, content in {
        "lucky/happy/1.png": portrait, "lucky/angry/none.png": grey, "unlucky/angry/1.png": portrait,
        "unlucky/happy/broken.png": b"text", "lucky/notes/1.png": portrait,
    }.items():  # fmt: skip
        picture(tmp_path / "in" / name)
        (tmp_path / "in" / name).write_bytes(content)
    assert main(["fairness", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "Difference in" in printed
    assert "1 picture could not be read: left out." in printed
    assert "1 file in no folder of an expression: left out" in printed
    assert "Answers are limited to the 2 expressions that the pictures have." in " ".join(printed.split())
    record = json.loads((tmp_path / "out" / "fairness.json").read_text())
    lucky, unlucky = record["groups"]
    assert (lucky["accuracy"]["value"], unlucky["accuracy"]["value"]) == (1.0, 0.0)
    assert (lucky["not_found"]["count"], unlucky["not_found"]["count"]) == (1, 0)
    written = pd.read_csv(tmp_path / "out" / "fairness.csv").set_index(["group", "measure", "label"])
    assert written.loc[("unlucky", "recall", "anger"), "count"] == 0
    assert main(["fairness", str(tmp_path / "in"), "--by", str(tmp_path / "absent.csv")]) == 2
