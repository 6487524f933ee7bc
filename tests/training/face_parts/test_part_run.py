"""A short run of each face-part network from data to scores, with an interruption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from emotion.errors import InputError
from emotion.models.face_parts import list_part_models, load_part_card
from tests.training.face_parts.test_examples import faces_with_dots, write_table
from tests.training.small_network import build_small
from training.cli.main import main
from training.face_parts.tasks import PART_NETWORKS, find_part_network
from training.face_parts.train import train_parts
from training.fit.checkpoints import RunFolder

SLOWLY = ["--learning-rate", "0.001"]
"""A low learning rate: after two steps at the usual one, int8 cannot reproduce the network's random answers."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keypoints")
    write_table(folder, faces_with_dots(60))
    write_table(folder, faces_with_dots(12, seed=1), "test")
    return folder


@pytest.mark.parametrize("side", [48, 96, 160])
def test_resunet_takes_sides_divisible_by_sixteen(side):
    model = find_part_network("resunet").build((None, None, 1), 4)
    assert model(np.zeros((1, side, 2 * side, 1), np.float32)).shape == (1, side, 2 * side, 4)


def test_the_thin_resnet_is_fifty_layers_deep():
    model = find_part_network("presence").new()
    convolutions = [layer for layer in model.layers if layer.__class__.__name__ == "Conv2D"]
    shortcuts = 4  # one at the start of each stage
    assert len(convolutions) - shortcuts + 1 == 50  # and the dense layer


def test_perfect_answers_get_perfect_scores():
    faces = faces_with_dots(6)
    for network in PART_NETWORKS.values():
        _, targets = network.task.examples(faces.images, faces.points, np.random.default_rng(0))
        perfect = targets if network.name == "keypoints" else np.where(targets > 0.5, 5.0, -5.0)
        assert network.task.scores(perfect, targets)["headline"] == pytest.approx(1.0), network.name


@pytest.fixture
def small(monkeypatch):
    """The task of the network of presence for a network that trains in seconds."""
    network = find_part_network("presence")
    small = replace(
        network, name="small", build=build_small, recipe=replace(network.recipe, name="small", network="small")
    )
    monkeypatch.setitem(PART_NETWORKS, "small", small)
    return small


def test_an_interrupted_run_resumes(tmp_path, data, small):
    recipe = replace(small.recipe, epochs=8, batch_size=16)
    whole = RunFolder(train_parts(recipe, data, tmp_path / "whole")).state()["history"]

    class StoppedError(Exception):
        pass

    def stop(*_: object) -> None:
        raise StoppedError

    original = RunFolder.save_state
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunFolder, "save_state", lambda *rest: (original(*rest), stop()))
        with pytest.raises(StoppedError):
            train_parts(recipe, data, tmp_path / "parts")
    parts = RunFolder(train_parts(recipe, data, tmp_path / "parts")).state()["history"]
    assert [row["epoch"] for row in parts] == [*range(1, 9)]
    for part, undisturbed in zip(parts, whole, strict=True):
        assert part["loss"] == pytest.approx(undisturbed["loss"], rel=1e-3)
        assert part["learning_rate"] == undisturbed["learning_rate"]
    assert parts[-1]["loss"] < parts[0]["loss"]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", list(PART_NETWORKS))
def test_one_command_each_trains_exports_and_evaluates(name, tmp_path, data, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    # After two steps, answers are close to the limit and int8 may differ: on four faces, that is half the score.
    monkeypatch.setattr("training.face_parts.export.LARGEST_LOSS", 1.0)
    monkeypatch.setattr("training.face_parts.export.TYPICAL_FACES", 4)
    runs = tmp_path / "runs"
    given = ["--data", str(data)]
    assert main(["train", "--model", name, *given, "--runs", str(runs), "--epochs", "1", "--limit", "40", *SLOWLY]) == 0
    assert main(["export", "--run", str(runs / name), *given]) == 0
    assert list_part_models() == [name]
    assert main(["evaluate", "--model", name, *given]) == 0
    card = load_part_card(name)
    assert card.scores["file_bytes"] < 3_000_000
    assert card.training["epochs"] == 1
    assert "12 test faces" in capsys.readouterr().out


def test_options_of_other_networks_are_refused(tmp_path, data, capsys):
    arguments = ["train", "--model", "resunet", "--data", str(data), "--runs", str(tmp_path), "--classes", "anger"]
    assert main(arguments) == 2
    assert "--classes" in capsys.readouterr().err
    with pytest.raises(InputError):
        RunFolder(tmp_path / "none").settings()
