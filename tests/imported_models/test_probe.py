"""The check of imported models on valid and invalid files, in this process because all are harmless."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import emotion
from emotion.errors import ModelError
from emotion.imported_models import probe
from emotion.models.registry import load_card, model_dir, shipped_models
from emotion.models.tflite_cost import tflite_cost
from emotion.samples import sample_image
from emotion.vision.classify import LiteRTClassifier
from tests import tflite_files as files


@pytest.fixture
def examine(tmp_path: Path):
    def run(content: bytes) -> dict:
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        return probe.examine(path)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in shipped_models() if not load_card(name).members])
def test_a_shipped_file_matches_its_card(name: str, examine) -> None:
    card = load_card(name)
    facts = examine((model_dir(name) / card.file).read_bytes())
    form = (facts["input_size"], facts["colour"], facts["classes"], facts["outputs"])
    assert form == (card.input_size, card.colour, len(card.labels), card.outputs)
    # The card counts the Keras network, the check counts the file.
    assert facts["multiply_adds"] == card.multiply_adds
    # The file has no batch norms, but one more constant: the shape of the flattened picture.
    assert facts["parameters"] == pytest.approx(card.parameters, rel=0.03)


def test_the_sample_portrait_is_classified_as_in_the_app(examine) -> None:
    card = load_card("default")
    reading = examine((model_dir("default") / card.file).read_bytes())["readings"][card.normalisation]
    portrait = sample_image()
    untempered = LiteRTClassifier(replace(card, temperature=1.0))
    face = emotion.Analyzer(model=untempered).largest_face(portrait)
    assert face is not None
    assert reading == pytest.approx(face.probabilities, abs=1e-4)


def test_probabilities_and_logits_are_distinguished(examine) -> None:
    scores, shares = examine(files.classifier()), examine(files.classifier(probabilities=True))
    assert (scores["outputs"], shares["outputs"]) == ("logits", "probabilities")
    # The same layer with the softmax in the file, and in the app.
    for how, reading in scores["readings"].items():
        assert shares["readings"][how] == pytest.approx(reading, abs=2e-4)


def test_quantised_probabilities_are_recognised(examine) -> None:
    facts = examine(files.uint8_classifier())
    assert facts["outputs"] == "probabilities"
    assert (facts["input_type"], facts["output_type"], facts["colour"]) == ("uint8", "uint8", "rgb")
    assert set(facts["readings"]) == {"standardise", "unit", "symmetric", "caffe"}


NOT_A_NUMBER = np.full((7, 48 * 48), np.nan, np.float32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (files.uint8_classifier(quantised=False), "with quantisation parameters; got none"),
        (files.classifier(9), r"2 to 8 expressions, \(1, k\); got \(1, 9\)"),
        (files.classifier(shape=(1, 3, 48, 48)), "colours last"),
        (files.classifier(shape=(1, 48, 64, 1)), r"one square picture .* got \(1, 48, 64, 1\)"),
        (files.classifier(shape=(2, 48, 48, 1)), "one square picture"),
        (files.classifier(weights=NOT_A_NUMBER), "finite numbers"),
        (files.classifier(weights=np.zeros_like(NOT_A_NUMBER)), "depend on the picture"),
        (files.fickle_classifier(), "the same answer to the same picture"),
        (files.foreign_classifier(), "operations that LiteRT supports; got FlexErf"),
        (files.two_headed_classifier(), "one output; got 2"),
        (files.classifier()[:1000], "it says: The model is not a valid Flatbuffer"),
    ],
)
def test_other_models_are_refused_with_one_sentence(content: bytes, message: str, examine) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        examine(content)
    assert "\n" not in str(caught.value)


def test_costs_by_hand() -> None:
    """Weights 7 × 2304, 7 biases, and 2 numbers for the shape of the flattened picture."""
    assert tflite_cost(files.classifier()) == (7 * 2304 + 7 + 2, 7 * 2304)


def test_unknown_costs_are_null() -> None:
    assert tflite_cost(files.endless_classifier())[1] is None
