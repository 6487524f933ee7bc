"""The lab's *Your models*: a file is checked, described, added, used and removed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from emotion.evaluation.cards.content import model_document
from emotion.imported_models.importer import CardDetails, import_model
from emotion.labels import FER2013_LABELS
from emotion.models.registry import ALIASES, imported_models, list_models, load_card, model_dir, save_card
from tests.conftest import ROOT
from tests.pages.test_pages import page, press, texts
from tests.tflite_files import classifier

pytestmark = pytest.mark.slow

OWN = 0
"""Index of the uploader on the page, after those for a photo and for a ZIP file of pictures."""


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    shutil.copytree(ROOT / "data" / "models" / "fourconv", tmp_path / "models" / "fourconv")


def give(test, name: str, content: bytes):
    """Upload a file and wait for its check."""
    test.file_uploader[OWN].set_value((name, content, "application/octet-stream")).run()
    assert not test.exception
    test.session_state["pending_model"].wait(60)
    test.run()
    assert not test.exception
    return test


def field(test, label: str):
    """Return a widget of the form by its label."""
    return next(one for one in [*test.text_input, *test.selectbox] if one.label == label)


def is_offered(test, label: str) -> bool:
    return not next(button for button in test.button if button.label == label).disabled


def test_a_model_is_described_added_used_and_removed():
    test = give(page("model_lab"), "../My Model.tflite", classifier(probabilities=True))
    words = texts(test)
    assert "Input: 48 × 48 px, grey; output: 7 probabilities, float32" in words
    assert field(test, "Name").value == "my-model"
    assert not is_offered(test, "Add")
    assert imported_models() == []

    field(test, "Order of the outputs").set_value("FER2013").run()
    field(test, "Title").set_value("A title with *signs*").run()
    assert is_offered(test, "Add")
    press(test, "Add")
    assert r"my\-model was added" in test.success[0].value
    assert test.dataframe[0].value["model"].tolist() == ["fourconv", "my-model"]
    assert any(r"A title with \*signs\*" in text.value for text in test.markdown)
    assert test.code[-1].value == "python -m training evaluate --model my-model"
    card = load_card("my-model")
    assert (card.labels, card.outputs, card.normalisation) == (FER2013_LABELS, "probabilities", "unit")

    tried = press(page("model_test"), "Try the sample")
    assert "**my-model**" in texts(tried)
    assert not tried.error

    press(test, "Remove")
    press(test, "Keep")
    assert list_models() == ["fourconv", "my-model"]
    press(press(test, "Remove"), "Yes, remove")
    assert list_models() == ["fourconv"]
    assert test.dataframe[0].value["model"].tolist() == ["fourconv"]


def test_a_model_with_unknown_cost_is_shown_everywhere(tmp_path, monkeypatch):
    file = tmp_path / "own.tflite"
    file.write_bytes(classifier())
    card = import_model(file, CardDetails("own", FER2013_LABELS, "unit"))
    save_card(replace(card, multiply_adds=None), model_dir("own"))
    lab = page("model_lab")
    table = lab.dataframe[0].value.set_index("model")
    assert pd.isna(table.loc["own", "multiply_adds"])
    assert table.loc["own", "parameters"] == pytest.approx(card.parameters / 1e6)
    assert "own" in lab.dataframe[1].value["model"].tolist()
    monkeypatch.setitem(ALIASES, "default", "own")
    assert page("about").title
    details = next(one for one in model_document("own").sections if one.title == "Technical details")
    assert ("Multiply–adds per face", "unknown") in details.tables[0].rows


def test_labels_in_custom_order():
    test = give(page("model_lab"), "three.tflite", classifier(3))
    box = field(test, "3 labels in the order of the outputs")
    for text, complaint in (
        ("angry, happy", "expected 3 labels, one for each output; got 2"),
        ("angry, happy, joyless", "expected an expression"),
        ("angry, anger, happy", "expected each label once; got anger several times"),
    ):
        box.set_value(text).run()
        assert complaint in texts(test)
        assert not is_offered(test, "Add")
    box.set_value("Sad, 2_angry, Happy").run()
    press(test, "Add")
    assert load_card("three").labels == ("sadness", "anger", "happiness")


def test_the_sample_is_classified_with_the_forms_choices():
    test = give(
        page("model_lab"), "own.tflite", (ROOT / "data" / "models" / "ferplus-vgg" / "model.tflite").read_bytes()
    )
    for order, reading, hint in (("FER+", "happiness", False), ("Alphabetical, contempt included", "contempt", True)):
        field(test, "Order of the outputs").set_value(order).run()
        chips = [str(one.proto.body) for one in test.get("html")]
        assert f">{reading} 100%<" in chips[-1]
        assert ("Not a smile?" in texts(test)) == hint


def test_named_and_custom_orders_can_be_chosen():
    test = give(page("model_lab"), "own.tflite", classifier())
    assert field(test, "Order of the outputs").options == [
        "FER2013", "AffectNet without contempt", "RAF-DB", "Alphabetical", "Another order",
    ]  # fmt: skip
    field(test, "Order of the outputs").set_value("Another order").run()
    assert field(test, "7 labels in the order of the outputs").value == ""


def test_taken_names_and_paths_are_refused():
    test = give(page("model_lab"), "fourconv.tflite", classifier())
    assert field(test, "Name").value == "fourconv-2"
    field(test, "Order of the outputs").set_value("RAF-DB").run()
    for name in ("fourconv", "../x", ""):
        field(test, "Name").set_value(name).run()
        press(test, "Add")
        assert "expected a name" in test.error[0].value
        assert imported_models() == []
    press(test, "Discard")
    assert "Order of the outputs" not in [one.label for one in test.selectbox]


def test_an_invalid_model_is_reported_and_leaves_nothing():
    test = give(page("model_lab"), "a*b.tflite", b"text that is longer than a signature")
    assert r"**a\*b.tflite**: expected a .tflite model" in test.error[0].value
    assert imported_models() == []
    give(test, "good.tflite", classifier())
    assert not test.error
