"""Architecture search: genomes as names, scored candidates, resumable studies."""

from __future__ import annotations

from pathlib import Path

import optuna
import pandas as pd
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from emotion.errors import ModelError
from training.networks import build_network, find_network
from training.networks.evolved import Genome, genome_of, is_evolved
from training.recipes import Recipe
from training.search.architecture import Budget, evolve, open_study, recipe_for, suggest_genome
from training.search.evolve_report import COLUMNS, candidates_of, draw_search, write_candidates

SMALL = Genome(8, (16, 32, 64), (1, 2, 3), (3, 5, 3), excited=True, by_place=False)


def test_names_spell_genomes():
    assert SMALL.name == "evolved-s8-w16.32.64-d1.2.3-k3.5.3-a1-p0"
    assert genome_of(SMALL.name) == SMALL
    assert is_evolved(SMALL.name)
    assert find_network(SMALL.name).recipe.network == SMALL.name


def test_every_suggested_genome_round_trips_through_its_name():
    study = optuna.create_study(directions=("maximize", "minimize"), sampler=optuna.samplers.RandomSampler(seed=1))
    seen = set()
    for _ in range(50):
        genome, size = suggest_genome(study.ask())
        assert genome_of(genome.name) == genome
        assert size in {32, 40, 48}
        seen.add(genome.name)
    assert len(seen) > 40


@pytest.mark.parametrize("name", ["evolved", "evolved-s8-w16.32-d1.2-k3.5-a1-p0", "evolved-s8-w1.2.3-d1-k3.5.3-a1-p0"])
def test_invalid_names_are_refused(name):
    with pytest.raises(ModelError, match="expected"):
        build_network(name, 8)


@pytest.mark.parametrize("size", [32, 48])
@pytest.mark.parametrize("depths", [(1, 1, 1), (3, 2, 1)])
def test_the_network_follows_its_genes(size, depths):
    genome = Genome(8, (16, 32, 64), depths, (3, 5, 3), excited=True, by_place=True)
    model = build_network(genome.name, 8, size)
    kernels = [layer.kernel_size[0] for layer in model.layers if layer.__class__.__name__ == "Conv2D"]
    excitations = 2 * 3
    assert len(kernels) == 1 + sum(depths) + excitations
    assert kernels.count(5) == depths[1]
    assert model.input_shape == (None, size, size, 1)
    assert model.output_shape == (None, 8)


def test_all_candidates_are_trained_alike():
    one, other = (recipe_for(genome, 40, 2, 7).to_dict() for genome in (SMALL, Genome(16, *genes_of(SMALL))))
    assert {key for key in one if one[key] != other[key]} == {"name", "network"}
    assert Recipe.from_dict(one).epochs == 2


def genes_of(genome: Genome) -> tuple:
    return genome.widths, genome.depths, genome.kernels, genome.excited, genome.by_place


def judged(study: optuna.Study, accuracy: float, ms: float) -> None:
    trial = study.ask()
    suggest_genome(trial)
    for name, value in {"network": SMALL.name, "input_size": 48, "parameters": 1, "multiply_adds": 2}.items():
        trial.set_user_attr(name, value)
    trial.set_user_attr("file_bytes", 3)
    study.tell(trial, (accuracy, ms))


def test_the_pareto_front_is_not_dominated(tmp_path: Path):
    study = open_study(tmp_path / "s.sqlite3", population=3)
    for accuracy, ms in ((0.6, 1.0), (0.5, 2.0), (0.7, 1.5), (0.4, 0.5), (0.7, 1.6), (0.4, 0.6)):
        judged(study, accuracy, ms)
    table = write_candidates(study, tmp_path / "out" / "candidates.csv")
    assert table["on_front"].tolist() == [True, False, True, True, False, False]
    assert table["generation"].tolist() == [0, 0, 0, 1, 1, 1]
    again = pd.read_csv(tmp_path / "out" / "candidates.csv")
    assert list(again.columns) == list(COLUMNS)
    assert again["network"].map(genome_of).eq(SMALL).all()
    plots = draw_search(again, tmp_path)
    assert [plot.read_text(encoding="utf-8")[:4] for plot in plots] == ["<svg", "<svg"]


def test_a_study_resumes_despite_lost_candidates(tmp_path: Path):
    file = tmp_path / "s.sqlite3"
    study = open_study(file)
    judged(study, 0.6, 1.0)
    study.ask()  # its process is killed
    done = evolve(tmp_path, tmp_path / "runs", file, Budget(candidates=1))
    states = [trial.state.name for trial in done.get_trials()]
    assert states == ["COMPLETE", "FAIL"]
    assert len(candidates_of(done)) == 1


def test_repeated_candidates_are_not_trained_again(tmp_path: Path):
    file = tmp_path / "s.sqlite3"
    study = open_study(file)
    judged(study, 0.6, 1.0)
    study.enqueue_trial(study.trials[0].params)
    twin, again = evolve(tmp_path / "no data", tmp_path / "runs", file, Budget(candidates=2)).trials
    assert (again.params, again.values, again.user_attrs) == (twin.params, twin.values, twin.user_attrs)
    assert again.state.name == "COMPLETE"


@pytest.mark.usefixtures("eager")
def test_two_candidates_are_trained_and_timed(tmp_path: Path, made_data: Path):
    file = tmp_path / "s.sqlite3"
    table = candidates_of(evolve(made_data, tmp_path / "runs", file, Budget(candidates=2, population=2, epochs=1)))
    assert len(table) == 2
    assert table["accuracy"].between(0, 1).all()
    assert table["ms_per_face"].between(0.01, 50).all()
    assert (table["file_bytes"] > 10_000).all()
    assert not list((tmp_path / "runs").iterdir()), "runs are deleted after their scores are saved"
