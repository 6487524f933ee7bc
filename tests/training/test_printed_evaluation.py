"""The printed evaluation: names of label sets, and complete figures."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from emotion.evaluation.scores import load_evaluation
from emotion.models.registry import list_models
from training.evaluation.report import print_evaluation

pytestmark = pytest.mark.skipif(not list_models(), reason="no model is installed")


def printed(name: str) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_evaluation(load_evaluation(name), console)
    return console.file.getvalue()


def test_label_sets_have_their_usual_names_and_a_subset_says_how_many_it_has():
    text = printed("fer2013")
    assert "FER+ majority, 7 labels" in text
    assert "FER2013 original" in text
    assert "ferplus" not in text


@pytest.mark.parametrize("name", ["default", "fer2013", "fer2013-ensemble"])
def test_nothing_is_cut_off_at_the_width_of_a_pipe(name):
    assert "…" not in printed(name)
