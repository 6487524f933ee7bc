"""The About page: accuracy, training data and terms."""

from __future__ import annotations

import json

import pytest

from emotion.labels import FER2013_LABELS, FERPLUS_LABELS, RAFDB_LABELS
from emotion.models.registry import ALIASES
from emotion.version import program_version
from tests.lab_models import make_abstention, make_model, make_record
from tests.pages.test_pages import page, texts

SOURCES = {"fer2013": 27125, "rafdb": 11019, "genki4k": 3900}


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setitem(ALIASES, "default", "eight")
    monkeypatch.setitem(ALIASES, "fer2013", "seven")
    folder = tmp_path / "models"
    int8 = {
        "ferplus": {"private-test": make_record(FERPLUS_LABELS) | make_abstention()},
        "fer2013": {"private-test": make_record(FER2013_LABELS, 1, 1)},
        "rafdb": {"test": make_record(RAFDB_LABELS, 9, 1)},
    }
    scores = {"rafdb_accuracy": 0.9, "rafdb_balanced_accuracy": 0.9}
    make_model(
        folder, "eight", FERPLUS_LABELS, int8, training={"sources": SOURCES}, scores=scores, licence="For research."
    )
    make_model(folder, "seven", FER2013_LABELS, {"fer2013": int8["fer2013"]}, licence="For research.")
    make_model(folder, "ferplus-resvgg", FERPLUS_LABELS, licence="FER2013's terms.")
    return folder


def html_of(test) -> str:
    return "\n".join(str(one.proto.body) for one in test.get("html"))


@pytest.mark.slow
def test_the_three_test_sets_are_side_by_side(models):
    html = html_of(page("about"))
    places = [
        html.index(f'<th scope="row">{name}')
        for name in ("FER+ majority", "FER2013 original, by “FER2013 labels”", "RAF-DB")
    ]
    assert places == sorted(places)
    assert "90.0%" in html
    assert "“Accurate” reaches 50.0% there" in html


@pytest.mark.slow
def test_training_data_terms_and_the_fer2013_model_are_shown(models):
    test = page("about")
    html = html_of(test)
    assert "For research only" in html
    assert "RAF-DB, basic expressions" in html
    assert "11,019" in html
    assert "The MPLab GENKI Database" in html
    assert "`ferplus-resvgg` is trained on FER2013 with FER+ votes only" in texts(test)


def test_the_largest_group_of_terms_is_not_listed_by_name(models):
    for number in range(3):
        make_model(models, f"other-{number}", FERPLUS_LABELS, licence="FER2013's terms.")
    words = texts(page("about"))
    assert "All 4 others: FER2013's terms." in words
    assert "other-1" not in words


def test_what_is_asked_where_data_goes_and_how_to_delete_it_come_first(models, monkeypatch):
    monkeypatch.setenv("EMOTION_NOTICE", "on")
    test = page("about")
    titles = [one.value for one in test.subheader]
    assert titles == ["What the app asks", "Where your data is", "How to delete it", "Accuracy", "Programs"]
    assert f"Version {program_version()}" in texts(test)


@pytest.mark.slow
def test_without_the_notice_the_app_does_not_say_that_it_asks(models, monkeypatch):
    monkeypatch.setenv("EMOTION_NOTICE", "on")
    assert "One cookie remembers your answer. There is no tracking" in texts(page("about"))
    assert "asks once what it is for" in texts(page("help"))
    monkeypatch.setenv("EMOTION_NOTICE", "off")
    test = page("about")
    assert test.subheader[0].value == "Where your data is"
    assert "cookie" not in texts(test)
    assert "There is no tracking" in texts(test)
    assert "asks once" not in texts(page("help"))


def test_every_statement_of_terms_is_shown_once(models):
    test = page("about")
    words = texts(test)
    assert words.count("For research.") == 1
    assert "`eight`, `seven`: For research." in words


def test_a_default_without_evaluation_and_sources(models):
    (models / "eight" / "evaluation.json").unlink()
    card = json.loads((models / "eight" / "card.json").read_text())
    (models / "eight" / "card.json").write_text(json.dumps(card | {"training": {}}))
    words = texts(page("about"))
    assert "Not evaluated." in words
    assert "`eight`, `seven`: For research." in words, "without sources, the terms still state the permitted use"


def test_damaged_files_are_named_and_the_rest_is_shown(models):
    (models / "eight" / "evaluation.json").write_text("{")
    (models / "seven" / "card.json").write_text("{")
    test = page("about")
    words = texts(test)
    assert "the evaluation of model 'eight' cannot be read" in words
    assert "the card of model 'seven' cannot be read" in words
    assert words.count("the card of model 'seven' cannot be read") == 1
    assert "How to delete it" in words


def test_without_a_model(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    assert "No model is installed." in texts(page("about"))
