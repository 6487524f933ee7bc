"""Tables of models' scores, with known answers."""

from __future__ import annotations

import pytest

from emotion.errors import ModelError
from emotion.evaluation.scores import (
    abstention_table,
    class_table,
    confusion_table,
    coverage_table,
    families_of,
    find_record,
    find_robustness,
    load_evaluation,
    reliability_table,
    robustness_table,
    score_table,
    unmeasured_conditions,
)
from emotion.models.registry import list_models, load_card
from tests.lab_models import make_abstention, make_conditions, make_lab, make_record


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(make_lab(tmp_path)))
    return tmp_path


def test_a_row_per_model_with_what_is_known(models):
    cards = {name: load_card(name) for name in list_models()}
    evaluations = {name: one for name in cards if (one := load_evaluation(name)) is not None}
    assert families_of(evaluations) == ["fer2013", "ferplus"]
    table = score_table(cards, evaluations, "fer2013", "Test", {"three": 0.5}).set_index("model")
    assert table["accuracy"].to_dict() == pytest.approx(
        {"eight": 0.5, "seven": 0.8, "three": 0.9, "unjudged": None}, nan_ok=True
    )
    assert table.loc["three", ["classes", "faces", "parameters", "multiply_adds", "megabytes", "ms"]].tolist() == [
        3, 30, 2.0, 50.0, 1.5, 0.5,
    ]  # fmt: skip
    assert table.loc["unjudged", ["low", "ece", "megabytes", "ms"]].isna().all()
    assert table.loc["unjudged", "parameters"] == 2.0


def test_a_split_is_found_by_its_purpose(models):
    evaluation = load_evaluation("eight")
    assert find_record(evaluation, "ferplus", "Test")["accuracy"] == 0.75
    assert find_record(evaluation, "ferplus", "Validation")["accuracy"] == 0.5
    assert find_record(evaluation, "fer2013", "Validation") is None
    assert find_record(None, "fer2013", "Test") is None


def test_long_tables():
    record = make_record(("anger", "neutral"), right=3, wrong=1)
    cells = confusion_table(record)
    assert cells["count"].tolist() == [3, 1, 1, 3]
    assert cells["share"].tolist() == [0.75, 0.25, 0.25, 0.75]
    assert set(class_table({"m": record})["score"]) == {0.75}
    assert reliability_table(record)["confidence"].tolist() == [0.7, 0.7]


def test_a_label_without_faces_has_shares_of_zero():
    record = make_record(("anger", "neutral"))
    record["confusion_matrix"] = [[0, 0], [1, 1]]
    assert confusion_table(record)["share"].tolist() == [0, 0, 0.5, 0.5]


def test_files_that_are_missing_or_damaged(models):
    assert load_evaluation("unjudged") is None
    for text in ("{", "[]", "{}", '{"int8": 3}'):
        (models / "eight" / "evaluation.json").write_text(text)
        with pytest.raises(ModelError, match="evaluation of model 'eight'"):
            load_evaluation("eight")


def test_accuracy_by_coverage_and_at_the_threshold():
    records = {"new": make_record(("anger", "fear")) | make_abstention(), "old": make_record(("anger", "fear"))}
    assert coverage_table(records).to_numpy().tolist() == [["new", 1.0, 0.75], ["new", 0.5, 1.0]]
    assert abstention_table(records).to_dict("records") == [
        {"model": "new", "abstain_below": 0.4, "coverage": 0.5, "accuracy": 1.0}
    ]
    assert coverage_table({}).empty
    assert list(abstention_table({"old": records["old"]})) == ["model", "abstain_below", "coverage", "accuracy"]


def test_conditions_under_which_only_another_model_was_measured_are_named():
    both, clean = make_conditions(), {"clean": make_conditions()["clean"]}
    worse = [row["title"] for key, row in both.items() if key != "clean"]

    assert unmeasured_conditions({"new": both, "old": clean, "none": {}}) == {
        "old": worse,
        "none": [both["clean"]["title"], *worse],
    }
    assert unmeasured_conditions({"new": both, "newer": both}) == {}


def test_robustness_lists_the_loss_per_corruption():
    evaluation = {"int8": {}, "robustness": {"fer2013-anger-neutral": {"private-test": make_conditions()}}}
    assert find_robustness(evaluation, "ferplus", "Test") is None
    assert find_robustness({"int8": {}}, "fer2013", "Test") is None
    found = find_robustness(evaluation, "fer2013", "Test")
    table = robustness_table({"a": found}).set_index("condition")
    assert table["lost"].to_dict() == {"As they are": 0.0, "Blurred": 0.25}
    assert table.loc["Blurred", ["low", "high"]].tolist() == [0.15, 0.35]


def test_an_evaluation_with_the_old_threshold_key_is_read(models):
    file = models / "eight" / "evaluation.json"
    current = load_evaluation("eight")
    file.write_text(file.read_text().replace('"abstain_below"', '"unclear_below"'))
    assert '"unclear_below"' in file.read_text()
    assert load_evaluation("eight") == current
