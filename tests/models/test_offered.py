"""The models that the app offers, and the names it shows for them."""

from __future__ import annotations

import pytest

from emotion.labels import FER2013_LABELS, FERPLUS_LABELS
from emotion.models.offered import OFFERS, choice_label, choices, full_name, offered_models, plain_name
from emotion.models.registry import ALIASES
from tests.lab_models import make_model


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setitem(ALIASES, "default", "eight")
    monkeypatch.setitem(ALIASES, "fer2013", "seven")
    return tmp_path


def test_every_alias_is_offered_once():
    assert OFFERS.keys() == ALIASES.keys()
    assert len({offer.name for offer in OFFERS.values()}) == len(OFFERS)


def test_offered_and_imported_models_are_the_choices(folders):
    for name in ("eight", "seven", "another"):
        make_model(folders / "models", name, FERPLUS_LABELS)
    make_model(folders / "library" / "models", "mine", FER2013_LABELS)
    assert list(offered_models()) == ["eight", "seven"]
    assert choices() == ["eight", "seven", "mine"]


def test_a_missing_model_is_not_offered(folders):
    make_model(folders / "models", "seven", FER2013_LABELS)
    assert choices() == ["seven"]


def test_without_offered_models_all_are_choices(folders):
    make_model(folders / "models", "another", FER2013_LABELS)
    assert choices() == ["another"]


def test_names(folders):
    make_model(folders / "models", "eight", FERPLUS_LABELS)
    make_model(folders / "models", "another", FERPLUS_LABELS, title="Four layers")
    assert [plain_name(name) for name in ("default", "eight", "seven", "another")] == [
        "Accurate", "Accurate", "FER2013 labels", "another",
    ]  # fmt: skip
    assert [choice_label(name) for name in ("eight", "seven")] == ["Accurate (recommended)", "FER2013 labels"]
    assert full_name("default") == "Accurate (eight)"
    assert full_name("another") == "Four layers (another)"
    assert full_name("not-installed") == "not-installed"
