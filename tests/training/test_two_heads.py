"""A tiny network with two heads, trained in two cycles: checkpoints, resuming, export."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import InputError
from emotion.labels import FER2013, FERPLUS
from emotion.models.registry import load_card
from tests.training.small_network import build_small
from training.cli.main import main
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import load_training_data
from training.export import export as export_module
from training.export.export import export, one_head
from training.fit.checkpoints import RunFolder
from training.fit.distillation import self_distilled
from training.fit.optimise import Phase, phases
from training.fit.snapshots import heads_of, load_averaged
from training.fit.train import RunOptions, train
from training.networks import NETWORKS
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

RECIPE = Recipe(name="pair", network="small", epochs=6, cycles=2, batch_size=8, targets="both", learning_rate=0.01)


class Breakdown(keras.callbacks.Callback):
    """Ends a run after the checkpoint of an epoch, like a kill."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module", autouse=True)
def small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "small", NetworkSpec("small", "Small", build_small, RECIPE))
        patch.setattr(export_module, "MIN_AGREEMENT", 0.0)
        yield


@pytest.fixture(scope="module")
def run(small, made_data, tmp_path_factory):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        folder = train(RECIPE, made_data, tmp_path_factory.mktemp("runs"))
    (folder / "said.txt").write_text(output.getvalue())
    return RunFolder(folder)


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    return tmp_path


def test_each_cycle_is_a_phase():
    assert RECIPE.cycle_ends == (3, 6)
    assert phases(RECIPE, pretrained=False) == (Phase(0, 3, "all", 0.01), Phase(3, 6, "all", 0.01))
    with pytest.raises(InputError, match="expected cycles of whole epochs; got 6 epochs in 4 cycles"):
        Recipe(name="made", network="made", epochs=6, cycles=4)


def test_the_rate_falls_to_zero_and_each_cycles_weights_are_kept(run):
    rates = pd.read_csv(run.path / "history.csv").set_index("epoch")["learning_rate"]
    assert rates[3] == rates[6] == pytest.approx(0, abs=1e-6)
    assert rates[4] == pytest.approx(rates[1], rel=1e-6)
    kept = {int(re.findall(r"\d+", file.stem)[0]) for file in run.path.glob("averaged-*")}
    assert kept == {3, 6, run.state()["best_epoch"]}
    assert not np.array_equal(load_averaged(run, 3).get_weights()[0], load_averaged(run, 6).get_weights()[0])


def test_a_run_interrupted_in_its_second_cycle_resumes_there(run, made_data, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, made_data, tmp_path, options=RunOptions(callbacks=(Breakdown(after=4),)))
    broken = RunFolder(tmp_path / "pair")
    assert broken.state()["epoch"] == 4
    train(RECIPE, made_data, tmp_path)
    history = pd.read_csv(broken.path / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    unbroken = pd.read_csv(run.path / "history.csv")
    np.testing.assert_allclose(history["learning_rate"], unbroken["learning_rate"], rtol=1e-5)


def test_self_distillation_uses_the_mean_of_earlier_cycles(run, made_data, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    recipe, form = replace(RECIPE, recall=0.75), InputForm(48, "grey", RECIPE.normalisation)
    examples = load_training_data(made_data, recipe, form).train
    logits = predict_logits(load_averaged(run, 3), form, examples.images)
    expected = [softmax(logits[:, columns], axis=1) for columns in (slice(0, 8), slice(8, 15))]
    for _ in range(2):  # first computed, then read from the cache
        heads = self_distilled(examples, recipe, RunFolder(tmp_path / "run")).heads
        for head, own, answers in zip(heads, examples.heads, expected, strict=True):
            np.testing.assert_allclose(head.shares, 0.25 * own.shares + 0.75 * answers, atol=1e-6)
            np.testing.assert_array_equal(head.truth, own.truth)


def test_only_the_last_cycle_uses_self_distillation(run, made_data, tmp_path):
    recalling = RunFolder(train(replace(RECIPE, recall=1.0), made_data, tmp_path))
    losses, plain = (pd.read_csv(each.path / "history.csv")["loss"] for each in (recalling, run))
    np.testing.assert_allclose(losses[:3], plain[:3], rtol=1e-5)
    assert (np.abs(losses[3:] - plain[3:]) > 1e-3).all()
    single = replace(RECIPE, recall=1.0, cycles=1, epochs=1)
    assert not (train(single, made_data, tmp_path, name="single") / "recalled.npz").exists()
    with pytest.raises(InputError, match=r"a share of recalled answers from 0 to 1; got 1\.5"):
        replace(RECIPE, recall=1.5)


def test_history_and_progress_list_each_head(run):
    history = pd.read_csv(run.path / "history.csv")
    heads = history[["public_accuracy_ferplus", "public_accuracy_fer2013"]]
    np.testing.assert_allclose(heads.mean(axis=1), history["public_accuracy"])
    last = (run.path / "said.txt").read_text().splitlines()[-1]
    assert re.search(r"accuracy \d\.\d{4} \(ferplus \d\.\d{4}, fer2013 \d\.\d{4}; best", last)


def test_each_head_is_exported_under_its_own_labels(run, made_data, models):
    for head in (FERPLUS, FER2013):
        card = export(run, f"made-{head.name}", made_data, head=head.name)
        assert (card.labels, card.training["head"]) == (head.labels, head.name)
        assert card == load_card(card.name)
    assert export(run, "made", made_data).labels == FERPLUS.labels
    assert load_card("made").training["epoch"] == run.state()["best_epoch"]


def test_an_exported_head_matches_its_part_of_the_network(run):
    whole = load_averaged(run)
    faces = np.random.default_rng(0).normal(size=(5, 48, 48, 1)).astype(np.float32)
    answers = whole.predict_on_batch(faces)
    for index, part in enumerate((slice(0, 8), slice(8, 15))):
        single = one_head(whole, [8, 7], index)
        assert single.output_shape == (None, part.stop - part.start)
        np.testing.assert_allclose(single.predict_on_batch(faces), answers[:, part], atol=1e-6)
    assert one_head(whole, [15], 0) is whole


def test_a_cycles_end_can_be_exported(run, made_data, models, capsys):
    command = ["export", "--run", str(run.path), "--name", "made", "--data", str(made_data)]
    assert main([*command, "--epoch", "3", "--head", "fer2013"]) == 0
    card = load_card("made")
    assert (card.training["epoch"], card.labels) == (3, FER2013.labels)
    capsys.readouterr()
    assert main([*command, "--head", "affectnet"]) == 2
    assert "expected a head from ferplus, fer2013 of pair; got 'affectnet'" in (output := capsys.readouterr().err)
    assert output.count("\n") == 1
    gone = next(epoch for epoch in (1, 2, 4) if epoch != run.state()["best_epoch"])
    assert main([*command, "--epoch", str(gone)]) == 2
    assert "expected an epoch whose weights were kept in pair" in (output := capsys.readouterr().err)
    assert output.count("\n") == 1


def test_runs_of_earlier_versions_have_one_head(tmp_path):
    def heads(settings):
        (tmp_path / "run.json").write_text(json.dumps(settings))
        return heads_of(RunFolder(tmp_path))

    assert heads({}) == {"ferplus": FERPLUS.labels}
    seven = list(FER2013.labels)
    assert heads({"label_set": "fer2013", "labels": seven}) == {"fer2013": FER2013.labels}
    assert list(heads({"heads": {"ferplus": list(FERPLUS.labels), "fer2013": seven}})) == ["ferplus", "fer2013"]
