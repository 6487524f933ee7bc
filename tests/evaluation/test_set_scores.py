"""Scores of models on several test sets, with known answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotion.evaluation.set_scores import (
    card_scores,
    product_scores,
    scored_families,
    scores_table,
    set_scores,
    short_title,
)
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS, RAFDB_LABELS
from emotion.models.registry import ALIASES, load_card
from tests.lab_models import make_abstention, make_lab, make_model, make_record


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(make_lab(tmp_path)))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    return tmp_path


def test_the_weakest_expression_is_found_and_sets_have_an_order():
    record = make_record(RAFDB_LABELS) | make_abstention()
    record["per_class"]["fear"] |= {"recall": 0.25}
    record["per_class"]["disgust"] |= {"recall": 0.0, "support": 0}
    plain = make_record(FERPLUS_LABELS)
    rows = set_scores("m", {"int8": {"rafdb": {"test": record}, "ferplus": {"private-test": plain, "public-test": {}}}})
    assert [one.title for one in rows] == ["FER+ majority", "RAF-DB"]
    assert (rows[1].weakest, rows[1].weakest_recall, rows[1].weakest_faces) == ("fear", 0.25, 4)
    assert (rows[1].answered, rows[1].answered_right) == (0.5, 1.0)
    assert (rows[0].answered, rows[0].answered_right) == (None, None)
    assert (rows[0].accuracy, rows[0].interval, rows[0].faces) == (0.75, (0.7, 0.8), 32)
    assert set_scores("m", None) == set_scores("m", {"int8": {"ferplus": {"public-test": plain}}}) == []


def test_fer2013_scores_come_from_the_fer2013_head(models, monkeypatch):
    monkeypatch.setitem(ALIASES, "default", "eight")
    monkeypatch.setitem(ALIASES, "fer2013", "seven")
    assert [(one.family, one.model) for one in product_scores()] == [("ferplus", "eight"), ("fer2013", "seven")]
    monkeypatch.setitem(ALIASES, "fer2013", "absent")
    assert [one.model for one in product_scores()] == ["eight", "eight"]
    monkeypatch.setitem(ALIASES, "default", "absent")
    assert product_scores() == []


def test_the_table_has_models_as_rows_and_test_sets_as_columns(models):
    scores = {
        "ferplus_accuracy": 0.8, "ferplus_balanced_accuracy": 0.6, "ferplus_macro_f1": 0.5,
        "rafdb_accuracy": 0.7, "rafdb_balanced_accuracy": 0.5,
    }  # fmt: skip
    make_model(models, "scored", FERPLUS_LABELS, scores=scores)
    part = {"fer2013-anger-sadness_accuracy": 0.9, "fer2013-anger-sadness_balanced_accuracy": 0.9}
    cards = [load_card("scored"), replace(load_card("three"), scores=part), load_card("unjudged")]
    assert card_scores(cards[0]) == {"ferplus": (0.8, 0.6), "rafdb": (0.7, 0.5)}
    assert scored_families(cards) == ["ferplus", "fer2013", "rafdb"]
    table = scores_table(cards).set_index("model")
    assert list(table) == [
        "title", "labels", "FER+", "FER+ recall", "FER2013", "FER2013 recall", "RAF-DB", "RAF-DB recall",
    ]  # fmt: skip
    assert table.loc["scored", ["FER+", "RAF-DB recall"]].tolist() == [0.8, 0.5]
    assert table.loc["three", "FER2013"] == 0.9
    assert table.loc["unjudged", "FER+":].isna().all()
    assert table["labels"].tolist() == [8, 3, len(FER2013_LABELS)]
    assert short_title("mine") == "mine"
    assert list(scores_table([])) == ["model", "title", "labels"]
