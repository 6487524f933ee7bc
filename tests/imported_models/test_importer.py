"""Models are checked in the sandbox, imported and removed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import emotion
from emotion.errors import EmotionError, LabelError, ModelError, TooLargeError
from emotion.imported_models import importer
from emotion.imported_models.importer import (
    CardDetails,
    ModelFacts,
    import_model,
    inspect_model,
    remove_model,
    suggest_name,
)
from emotion.labels import FER2013_LABELS, RAFDB_LABELS
from emotion.models.registry import imported_models_dir, list_models, load_card, model_dir, models_dir, sha256_of
from tests import tflite_files as files

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.tflite"
    file.write_bytes(files.classifier(probabilities=True))
    return file


def facts_of(path: Path, **other: object) -> ModelFacts:
    """Return the facts that the check would find for :func:`tests.tflite_files.classifier`."""
    values = {
        "sha256": sha256_of(path), "file_bytes": path.stat().st_size, "input_size": 48, "colour": "grey", "classes": 7,
        "outputs": "probabilities", "input_type": "float32", "output_type": "float32", "parameters": 16137,
        "multiply_adds": 16128, "ms": 0.1, "readings": {},
    }  # fmt: skip
    return ModelFacts(**(values | other))


OWN = CardDetails("own", FER2013_LABELS, "unit")


def test_a_model_is_checked_added_used_and_removed(path: Path) -> None:
    card = import_model(path, CardDetails("own", FER2013_LABELS, "unit", "My own", "Mine"))
    assert list_models()[-1] == "own"
    assert load_card("own").to_dict() == card.to_dict()
    assert (card.title, card.licence, card.outputs, card.multiply_adds) == ("My own", "Mine", "probabilities", 16128)
    face = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    assert emotion.load_classifier("own").predict([face]).sum() == pytest.approx(1, abs=1e-5)
    assert emotion.Analyzer("own").labels == FER2013_LABELS
    remove_model("own")
    assert "own" not in list_models()
    assert list(imported_models_dir().iterdir()) == []


@pytest.mark.parametrize("name", ["../own", "Own", "own_2", "-own", ".own", "", "x" * 41, "default", "a/b", "own\n"])
def test_an_invalid_name_is_never_a_path(name: str, path: Path, library: Path) -> None:
    with pytest.raises(ModelError, match="expected a name of at most 40"):
        import_model(path, CardDetails(name, FER2013_LABELS, "unit"), facts_of(path))
    assert not library.exists()


def test_names_in_use_are_refused(path: Path) -> None:
    import_model(path, OWN, facts_of(path))
    before = (imported_models_dir() / "own" / "card.json").read_bytes()
    for name in ("own", list_models()[0]):
        with pytest.raises(ModelError, match="expected a name that is not taken"):
            import_model(path, CardDetails(name, RAFDB_LABELS, "unit"), facts_of(path))
    assert (imported_models_dir() / "own" / "card.json").read_bytes() == before


@pytest.mark.parametrize(
    ("labels", "normalisation", "error", "message"),
    [
        (FER2013_LABELS[:6], "unit", ModelError, "expected 7 labels, one for each output; got 6"),
        (("anger",) * 7, "unit", LabelError, "different labels"),
        (FER2013_LABELS, "caffe", ModelError, "expected a normalisation from standardise, unit, symmetric"),
    ],
)
def test_details_must_match_the_file(
    labels: tuple[str, ...], normalisation: str, error: type[Exception], message: str, path: Path, library: Path
) -> None:
    with pytest.raises(error, match=message):
        import_model(path, CardDetails("own", labels, normalisation), facts_of(path))
    assert not library.exists()


def test_only_the_checked_file_is_added(path: Path) -> None:
    facts = facts_of(path)
    path.write_bytes(files.endless_classifier())
    with pytest.raises(ModelError, match="it has changed since"):
        import_model(path, OWN, facts)
    assert list(imported_models_dir().iterdir()) == []


def test_a_full_disk_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(ModelError, match="model 'own' cannot be imported: No space left on device"):
        import_model(path, OWN, facts_of(path))
    assert list(imported_models_dir().iterdir()) == []


@pytest.mark.parametrize("name", ["default", "ferplus-vgg", "../own", "unknown"])
def test_only_added_models_are_removed(name: str) -> None:
    with pytest.raises(ModelError, match=r"expected an imported model from \(none\)"):
        remove_model(name)
    assert (models_dir() / "ferplus-vgg" / "card.json").is_file()


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("My Model_v2.tflite", "my-model-v2"),
        ("../../Größe (1).tflite", "grosse-1"),
        ("表情.tflite", "my-model"),
        ("default.tflite", "default-2"),
        ("fourconv.tflite", "fourconv-2"),
        ("x" * 80, "x" * 36),
    ],
)
def test_names_are_suggested(file_name: str, name: str) -> None:
    assert suggest_name(file_name) == name


def test_invalid_files_start_no_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for content, message in ((b"", "the file is empty"), (b"hello, this is text", "this file is not one")):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=message):
            inspect_model(path)
    with path.open("wb") as file:
        file.truncate(201_000_000)
    with pytest.raises(TooLargeError, match="expected a model of at most 200 MB; got 201 MB"):
        inspect_model(path)


def test_a_slow_check_is_stopped(path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected a valid \.tflite model; it gave no answer within 0\.01 s"):
        inspect_model(path, limit_s=0.01)


def test_a_hanging_model_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(files.endless_classifier())
    monkeypatch.setattr(importer, "PROCESSOR_LIMIT_S", 3.0)
    # On a busy machine, the limit of wall time is reached first.
    with pytest.raises(
        ModelError, match=r"it (was stopped because it used too much processor time|gave no answer within 60 s)"
    ):
        inspect_model(path)


def test_a_crashing_model_is_refused(path: Path) -> None:
    path.write_bytes(files.crashing_classifier())
    with pytest.raises(ModelError, match=r"expected a valid \.tflite model; LiteRT crashed \(SIGSEGV\)"):
        inspect_model(path)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_give_a_result_or_one_sentence(seed: int, path: Path) -> None:
    """A few damaged files. They may be accepted, but must not crash the app."""
    rng = np.random.default_rng(seed)
    content = np.frombuffer((model_dir("fourconv") / "model.tflite").read_bytes(), np.uint8).copy()
    places = rng.choice(np.r_[8:4096, len(content) - 16384 : len(content)], 5)
    content[places] = rng.integers(0, 256, 5)
    path.write_bytes(content.tobytes())
    try:
        assert inspect_model(path).classes in range(2, 9)
    except EmotionError as error:
        assert "\n" not in str(error)


def test_a_model_over_the_memory_limit_is_refused(path: Path) -> None:
    path.write_bytes(files.greedy_classifier())
    with pytest.raises(ModelError, match="memory may be low"):
        inspect_model(path)
