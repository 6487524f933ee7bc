"""Ablation: variants, comparison, and a small one from the command to the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from emotion.errors import InputError
from tests.training.small_network import build_small
from training.cli.main import main
from training.datasets.face_set import FaceSet
from training.networks import NETWORKS
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT
from training.search import ablation
from training.search.ablation import BASE, VARIANTS, find_variants, recipe_for
from training.search.ablation_rows import Measured, measured_of, page, rows_of

SETTINGS = {
    "recipe": {"network": "half", "epochs": 3, "seed": 1},
    "hardware": {"cpu": "none", "cores": 2},
    "counts": {"used": 10},
    "commit": "abc",
}


def measured(*right: int) -> Measured:
    return Measured(np.array(right, bool), float(np.mean(right)), float(np.mean(right)))


def test_every_variant_is_another_recipe_of_a_registered_network():
    recipes = [replace(recipe_for(variant, 3), name="same") for variant in VARIANTS]
    assert len({str(recipe.to_dict()) for recipe in recipes}) == len(VARIANTS)
    assert {recipe.network for recipe in recipes} <= set(NETWORKS)
    assert {(recipe.epochs, recipe.cycles) for recipe in recipes} == {(3, 1)}
    base = recipe_for(VARIANTS[0], 3)
    as_shipped = {name: getattr(DEFAULT, name) for name in ("name", "network", "epochs", "cycles")}
    assert (base.network, replace(base, **as_shipped)) == ("resvgg-half", DEFAULT)


def test_the_base_is_always_included():
    assert [variant.name for variant in find_variants(["mixup"])] == [BASE, "mixup"]
    assert find_variants(None) == list(VARIANTS)
    with pytest.raises(InputError, match=r"expected variants from base, .*; got none"):
        find_variants(["none"])


def test_heads_are_scored_by_their_own_labels():
    votes = np.zeros((3, 10), np.int8)
    votes[[0, 1], [0, 1]] = 10
    votes[2, [0, 1]] = 5  # undecided
    faces = FaceSet("public-test", np.zeros((3, 8, 8), np.uint8), np.array([6, 3, 3], np.int8), votes)
    answers = {"ferplus": np.eye(8, dtype=np.float32)[[0, 0, 0]], "fer2013": np.eye(7, dtype=np.float32)[[6, 3, 0]]}
    found = measured_of(answers, faces)
    assert found["ferplus"].right.tolist() == [True, False]
    assert found["fer2013"].right.tolist() == [True, True, False]
    assert found["fer2013"].balanced_accuracy == pytest.approx((1 + 0.5) / 2)
    assert set(measured_of({"fer2013": answers["fer2013"]}, faces)) == {"fer2013"}


def test_differences_are_paired():
    base = {"ferplus": measured(*[1, 0] * 200)}
    (row,) = rows_of("same", "", {"ferplus": measured(*[1, 0] * 200)}, base)
    assert (row.difference, row.low, row.high) == (0, 0, 0)  # although each accuracy is uncertain by itself
    (row,) = rows_of("better", "", {"ferplus": measured(*[1, 0, 1, 1] * 100)}, base, seconds=5)
    assert row.difference == pytest.approx(0.25)
    assert 0.2 < row.low < 0.25 < row.high < 0.3
    (row,) = rows_of(BASE, "", base, base)
    assert row.difference is row.low is row.high is None


def test_the_page_shows_both_heads_and_marks_significant_differences():
    base = {"ferplus": measured(*[1, 0] * 200), "fer2013": measured(*[1, 0] * 200)}
    better = {"fer2013": measured(*[1, 0, 1, 1] * 100)}
    rows = [*rows_of(BASE, "as it is", base, base, cost=1.5), *rows_of("new", "other", better, base, seconds=1234)]
    text = page(rows, SETTINGS)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert table[2].startswith("| base | as it is | 50.00 | 50.00 |  |  | 50.00 | 50.00 |")
    assert table[2].endswith("| – | 1.50 × |")
    assert table[3].startswith("| new | other | – | – | – | – | 75.00 | 75.00 | **+25.00** |")
    assert table[3].endswith("| 1,234 | – |")
    assert "for the network `half` with one cycle\n(epochs: 3), trained on 10 faces with seed 1" in text


def test_an_ablation_from_command_to_page(made_data, tmp_path, monkeypatch, capsys):
    spec = NetworkSpec("small", "Small", build_small, DEFAULT)
    monkeypatch.setitem(NETWORKS, "small", spec)
    monkeypatch.setattr(ablation, "DEFAULT", replace(DEFAULT, batch_size=8))
    monkeypatch.setattr(ablation, "NETWORK", "small")
    command = ["ablate", "--data", str(made_data), "--runs", str(tmp_path), "--epochs", "1", "--limit", "16"]
    assert main([*command, "--only", "votes-only,sharpness-aware"]) == 0
    folder = tmp_path / "limit-16"
    table = pd.read_csv(folder / "ablation.csv")
    names = ["base", "base", "votes-only", "sharpness-aware", "sharpness-aware", "int8", "int8", "tta", "tta"]
    assert table["name"].tolist() == names
    assert table["label_set"].tolist()[:3] == ["ferplus", "fer2013", "ferplus"]
    assert table["accuracy"].between(0, 1).all()
    assert table.set_index("name").loc["tta", "cost"].min() > 0, "a ratio of times, which a busy machine can turn round"
    assert "| tta |" in (folder / "ablation.md").read_text()
    capsys.readouterr()
    # Trained variants are kept, and earlier ones are listed with the requested ones.
    assert main([*command, "--only", "mixup"]) == 0
    assert "epoch 1/1" in capsys.readouterr().out
    assert set(names) | {"mixup"} == set(pd.read_csv(folder / "ablation.csv")["name"])
