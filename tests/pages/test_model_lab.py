"""The model lab, empty and filled."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from emotion.models.registry import ALIASES, models_dir
from tests.conftest import ROOT
from tests.lab_models import make_lab
from tests.pages.test_pages import page, press, texts
from ui.common.resources import encode_png

pytestmark = pytest.mark.slow

FACTS = {
    "name": "faces", "labels": ["anger", "neutral"], "picture_size": 48, "colour": False,
    "splits": {"train": {"faces": 1200, "classes": {"anger": 700, "neutral": 490}, "unlabelled": 10,
               "pixels": {"mean": 128.5, "deviation": 60.2, "blank": 1}}},
    "pictures": {"split": "train", "samples": {"anger": "samples-anger.png"}, "mean": {"anger": "mean-anger.png"}},
    "agreement": {"rows": ["anger"], "columns": ["anger", "undecided"],
                  "splits": {"train": {"table": [[8, 2]], "decided": 8, "share": 1.0}},
                  "foretold": {"test": 0.664}},
    "duplicates": {"within": {"train": {"exact": 3, "near": 2}}, "across": [],
                   "conflicts": {"groups": 3, "pictures": 6, "groups_with_different_labels": 1}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("ui.lab.data.DATASETS", tmp_path / "datasets")
    return tmp_path


def test_without_models_and_data(folders):
    words = texts(page("model_lab"))
    assert "No model is installed" in words
    assert "python -m training facts" in words


def test_the_table_lists_every_model(folders):
    make_lab(models_dir())
    table = page("model_lab").dataframe[0].value.set_index("model")
    assert table.index.tolist() == ["eight", "seven", "three", "unjudged"]
    assert table.loc["seven", "accuracy"] == pytest.approx(80.0)
    assert table.loc["seven", "interval"] == "75.0 – 85.0"
    assert np.isnan(float(table["accuracy"].astype(float)["unjudged"]))


def test_other_labels_and_split_are_chosen(folders):
    make_lab(models_dir())
    test = page("model_lab")
    test.session_state["lab_family"], test.session_state["lab_split"] = "ferplus", "Validation"
    test.run()
    assert not test.exception
    assert test.dataframe[0].value.set_index("model").loc["eight", "accuracy"] == pytest.approx(50.0)
    assert "Not evaluated with these labels on this split: seven" in texts(test)


def test_labels_and_split_are_the_same_on_every_tab_that_uses_them(folders):
    make_lab(models_dir())
    test = page("model_lab")
    families = [choice.key for choice in test.button_group if choice.label == "Labels"]
    assert families == ["lab_family_models", "lab_family_compare"]
    test.button_group(key="lab_split_compare").set_value("Validation").run()
    assert not test.exception
    assert test.button_group(key="lab_split_models").value == "Validation"
    assert "Not evaluated with these labels on this split: eight, seven" in texts(test)


def test_the_open_tab_is_open_again_after_another_page(folders):
    make_lab(models_dir())
    test = page("model_lab")
    # Streamlit forgets the state of the tabs themselves when another page is open.
    test.session_state["lab_tabs_last"] = "Compare"
    del test.session_state["lab_tabs"]
    test.run()
    assert test.session_state["lab_tabs"] == "Compare"


def test_the_default_model_is_compared_first(folders, monkeypatch):
    make_lab(models_dir())
    assert page("model_lab").multiselect[0].value == ["eight", "seven"]
    monkeypatch.setitem(ALIASES, "fer2013", "three")
    monkeypatch.setitem(ALIASES, "default", "seven")
    assert page("model_lab").multiselect[0].value == ["seven", "three"]


def test_models_with_different_labels_are_compared(folders):
    make_lab(models_dir())
    test = page("model_lab")
    test.multiselect[0].set_value(["eight", "three", "unjudged"]).run()
    assert not test.exception
    words = texts(test)
    assert {"Training", "Confusion", "Scores per class", "Reliability"} <= {one.value for one in test.subheader}
    assert "Not evaluated with these labels on this split: unjudged." in words
    assert "Robustness" in [one.value for one in test.subheader]
    assert "Not measured for three." in words
    assert "The diamond marks" in words
    assert words.count("ECE 20.0% before temperature scaling, 5.0% after") == 2
    test.multiselect[0].set_value([]).run()
    assert "Choose at least one model" in texts(test)


def test_models_without_a_coverage_curve_say_so(folders):
    make_lab(models_dir())
    test = page("model_lab")
    test.multiselect[0].set_value(["seven", "three"]).run()
    assert not test.exception
    assert "Not measured for seven, three." in texts(test)
    assert "The diamond" not in texts(test)


def test_unevaluated_models_are_listed(folders):
    make_lab(models_dir())
    for file in models_dir().glob("*/evaluation.json"):
        file.unlink()
    test = page("model_lab")
    assert len(test.dataframe[0].value) == 4
    assert "no model was evaluated" in texts(test)


def test_a_damaged_model_does_not_hide_others(folders):
    make_lab(models_dir())
    (models_dir() / "three" / "card.json").write_text("{")
    test = page("model_lab")
    assert "the card of model 'three' cannot be read" in texts(test)
    assert len(test.dataframe[0].value) == 3


def test_timing_fills_the_table(folders, monkeypatch):
    make_lab(models_dir())
    monkeypatch.setattr("ui.lab.models.LiteRTClassifier", lambda card, tta: card.name)
    monkeypatch.setattr("ui.lab.models.median_ms", lambda _classifier: 1.25)
    test = press(page("model_lab"), "Time every model on this machine")
    assert test.dataframe[0].value["ms"].tolist() == [1.25] * 4


def test_a_model_whose_file_is_missing_is_not_timed(folders):
    make_lab(models_dir())
    test = press(page("model_lab"), "Time every model on this machine")
    assert "model.tflite, which is missing" in texts(test)


def test_the_facts_of_a_data_set(folders):
    folder = folders / "datasets" / "faces"
    folder.mkdir(parents=True)
    (folder / "facts.json").write_text(json.dumps(FACTS))
    for kind in ("mean", "samples"):
        (folder / f"{kind}-anger.png").write_bytes(encode_png(np.zeros((48, 48, 3), np.uint8)))
    test = page("model_lab")
    assert test.table[0].value["train"].tolist() == ["700", "490", "10", "1,200"]
    assert "100.0% of 8 labels agree" in texts(test)
    assert "would be right for 66.4% in test" in texts(test)
    assert len(test.get("image")) == 2
    (folder / "facts.json").write_text("{}")
    assert "expected facts as" in texts(page("model_lab"))


@pytest.fixture
def two_real_models():
    shipped = models_dir_of_the_project()
    for name in ("first", "second"):
        shutil.copytree(shipped, models_dir() / name)
        card = json.loads((shipped / "card.json").read_text())
        (models_dir() / name / "card.json").write_text(json.dumps(card | {"name": name}))


def models_dir_of_the_project():
    folders = sorted(card.parent for card in (ROOT / "data" / "models").glob("*/card.json"))
    if not folders:
        pytest.skip("expected a model; none is installed")
    return next((folder for folder in folders if folder.name == ALIASES["default"]), folders[0])


@pytest.mark.usefixtures("two_real_models")
def test_every_model_classifies_a_photo():
    test = press(page("model_test"), "Try the sample")
    assert "astronaut.png" in [heading.value for heading in test.subheader]
    chips = [html for html in texts_of_html(test) if "%</span>" in html]
    assert [chip for chip in chips if "happiness" in chip]
    assert len(chips) == 2


@pytest.mark.usefixtures("two_real_models")
def test_offered_models_are_tested_first_and_others_on_demand(monkeypatch):
    monkeypatch.setitem(ALIASES, "default", "second")
    test = page("model_test")
    assert test.multiselect(key="lab_tested").value == ["second"]
    press(test, "Try the sample")
    assert "**Accurate**" in texts(test)
    assert "**first**" not in texts(test)
    test.multiselect(key="lab_tested").set_value(["second", "first"]).run()
    assert "**first**" in texts(test)
    test.multiselect(key="lab_tested").set_value([]).run()
    assert not test.exception
    assert "Choose at least one model" in texts(test)


@pytest.mark.usefixtures("two_real_models")
def test_a_photo_without_a_face_and_an_invalid_file():
    test = page("model_test")
    test.file_uploader[0].set_value(("black.png", encode_png(np.zeros((90, 90, 3), np.uint8)), "image/png")).run()
    assert "No face was found" in texts(test)
    test.file_uploader[0].set_value(("text.png", b"text", "image/png")).run()
    assert not test.exception
    assert "text.png" in test.error[0].value


def texts_of_html(test) -> list[str]:
    return [str(one.proto.body) for one in test.get("html")]
