"""Charts of the model lab."""

from __future__ import annotations

import io

import pandas as pd

import emotion
from emotion.charts import lab
from emotion.charts.record import confusion_chart, reliability_chart
from emotion.labels import COLOURS
from tests.lab_models import HISTORY, make_abstention, make_record

MODELS = ["a", "b"]


def rows_of(chart) -> list[dict]:
    return next(iter(chart.to_dict()["datasets"].values()))


def test_no_model_has_the_colour_of_an_expression():
    assert not {colour.upper() for colour in COLOURS.values()} & {one.upper() for one in lab.MODEL_COLOURS}


def test_models_without_figures_are_not_in_the_scatter():
    table = pd.DataFrame(
        {"model": MODELS, "accuracy": [0.8, None], "low": [0.7, None], "high": [0.9, None], "ms": [1.0, 2.0]}
    )
    assert [row["model"] for row in rows_of(lab.cost_scatter(table.convert_dtypes(), "ms", MODELS))] == ["a"]


def test_names_of_points_do_not_overlap():
    models = ["a", "a-first", "b", "c"]
    accuracy = pd.Series([0.84, 0.845, 0.7, 0.841])
    table = pd.DataFrame(
        {"model": models, "accuracy": accuracy, "low": accuracy - 0.02, "high": accuracy + 0.02, "ms": [1, 1, 1, 5.0]}
    )
    rows = rows_of(lab.cost_scatter(table, "ms", models))
    assert [(row["model"], row["name"]) for row in rows] == [("a", "a"), ("a-first", ""), ("b", "b"), ("c", "c")]


def test_every_shipped_model_has_its_own_colour():
    models = emotion.list_models()
    assert len({lab.model_colour(model, models) for model in models}) == len(models)


def test_curves_of_both_splits():
    history = pd.read_csv(io.StringIO(HISTORY))
    rows = rows_of(lab.training_curves({"a": history}, "accuracy", "Accuracy", MODELS))
    assert [(row["kind"], row["value"]) for row in rows] == [
        ("validation", 0.5), ("validation", 0.7), ("training", 0.4), ("training", 0.6),
    ]  # fmt: skip


def test_a_confusion_matrix_in_shares_and_in_counts():
    record = make_record(("anger", "neutral"), right=3, wrong=1)
    assert [row["text"] for row in rows_of(confusion_chart(record, shares=True))] == ["75", "25", "25", "75"]
    assert [row["text"] for row in rows_of(confusion_chart(record, shares=False))] == ["3", "1", "1", "3"]


def test_bars_of_models_with_different_labels():
    records = {"a": make_record(("anger", "neutral")), "b": make_record(("anger", "fear", "contempt"))}
    rows = rows_of(lab.class_bars(records, "Recall", MODELS))
    assert {(row["model"], row["emotion"]) for row in rows} == {
        ("a", "anger"), ("a", "neutral"), ("b", "anger"), ("b", "fear"), ("b", "contempt"),
    }  # fmt: skip


def test_coverage_draws_curves_and_thresholds():
    mute = make_abstention() | {"abstention": {"abstain_below": 1.0, "coverage": 0.0, "accuracy": None}}
    records = {"a": make_record(("anger", "fear")) | make_abstention(), "b": make_record(("anger", "fear"))}
    spec = lab.coverage_chart(records, MODELS).to_dict()
    curve, limit = sorted(spec["datasets"].values(), key=len, reverse=True)
    assert [(row["model"], row["coverage"], row["accuracy"]) for row in curve] == [("a", 1.0, 0.75), ("a", 0.5, 1.0)]
    assert [(row["coverage"], row["accuracy"]) for row in limit] == [(0.5, 1.0)]
    marks = [layer["mark"].get("shape") for layer in spec["layer"]]
    assert marks.count("diamond") == 1
    spec = lab.coverage_chart({"a": records["a"], "b": records["b"] | mute}, MODELS).to_dict()
    assert sorted(map(len, spec["datasets"].values())) == [1, 4]


def test_reliability_leaves_empty_bins_out():
    datasets = reliability_chart(make_record(("anger", "neutral")), "#123456").to_dict()["datasets"]
    assert sorted(map(len, datasets.values())) == [2, 2]
