"""Reading training histories."""

from __future__ import annotations

import pytest

from emotion.errors import ModelError
from emotion.evaluation.histories import load_history, trained_together
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS
from emotion.models.registry import load_card
from tests.lab_models import make_lab, make_model


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(make_lab(tmp_path)))
    return tmp_path


def test_missing_or_damaged_histories(models):
    assert load_history(load_card("unjudged")) is None
    assert load_history(load_card("eight"))["epoch"].tolist() == [1, 2]
    make_model(models, "other", ("anger", "neutral"), history="step,loss\n1,2\n")
    with pytest.raises(ModelError, match="a column 'epoch'"):
        load_history(load_card("other"))


def test_models_of_one_training_share_a_history(models):
    shared = "epoch,loss,accuracy,public_accuracy,public_loss,public_accuracy_ferplus,public_accuracy_fer2013\n"
    shared += "1,1.5,0.4,0.7,1.4,0.8,0.6\n"
    make_model(models, "votes", FERPLUS_LABELS, history=shared)
    make_model(models, "labels", FER2013_LABELS, history=shared)
    make_model(models, "two", ("anger", "neutral"), history=shared, training={"head": "fer2013"})
    make_model(models, "later", FERPLUS_LABELS, history=shared + "2,1.2,0.5,0.8,1.2,0.9,0.7\n")
    make_model(models, "silent", ("anger", "neutral"), history="epoch\n1\n")
    names = ("votes", "labels", "two", "later", "eight", "silent")
    histories = {name: load_history(load_card(name)) for name in names}
    assert [histories[name]["public_accuracy"].tolist() for name in names[:3]] == [[0.8], [0.6], [0.6]]
    assert trained_together(histories) == [["later", "votes", "labels", "two"]]
    assert trained_together({name: histories[name] for name in names[:3]}) == [["votes", "labels", "two"]]
    assert trained_together({"eight": histories["eight"], "silent": histories["silent"]}) == []
