"""Labels, types and the registry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion import labels
from emotion.errors import EmotionError, LabelError, ModelError
from emotion.labels import (
    AFFECTNET,
    EMOTIONS,
    FER2013,
    FERPLUS,
    ORDERS,
    LabelSet,
    label_set_of,
    parse_class,
    parse_label,
    parse_labels,
)
from emotion.model_card import with_current_keys
from emotion.models import registry
from emotion.types import Face, Frame, ModelCard, Progress


@pytest.mark.parametrize("label_set", [FERPLUS, FER2013, AFFECTNET])
def test_label_sets_hold_labels_only(label_set: LabelSet) -> None:
    assert set(label_set.labels) <= set(EMOTIONS)
    assert len(label_set) in {7, 8}


def test_data_sets_number_their_classes_as_published() -> None:
    assert FER2013.labels.index("neutral") == 6
    assert FER2013.labels.index("happiness") == 3
    assert AFFECTNET.labels.index("contempt") == 7
    assert FERPLUS.labels.index("contempt") == 7


@pytest.mark.parametrize(
    ("text", "label"),
    [("Happy", "happiness"), ("3_sad", "sadness"), (" ANGRY ", "anger"), ("fearful", "fear"), ("Contempt", "contempt")],
)
def test_spellings_of_labels(text: str, label: str) -> None:
    assert parse_label(text) == label


@pytest.mark.parametrize("text", ["", "hungry", "7"])
def test_unknown_spellings_are_refused_by_name(text: str) -> None:
    with pytest.raises(LabelError, match="expected an expression"):
        parse_label(text)


@pytest.mark.parametrize(
    ("text", "codes", "label"),
    [
        ("3", "fer2013", "happiness"),
        ("1.0", "rafdb", "surprise"),
        ("6", "affectnet", "anger"),
        ("Sad", "rafdb", "sadness"),
    ],
)
def test_numbers_follow_the_data_sets_numbering(text: str, codes: str, label: str) -> None:
    assert parse_class(text, codes) == label


@pytest.mark.parametrize(
    ("text", "codes", "message"),
    [("3", None, "without knowing whose codes"), ("0", "rafdb", "expected a code of rafdb, 1 to 7; got 0")],
)
def test_numbers_without_a_numbering_are_refused(text: str, codes: str | None, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        parse_class(text, codes)


def test_lists_of_labels_keep_their_order() -> None:
    assert parse_labels("Angry, 2_happy ,SAD") == ("anger", "happiness", "sadness")
    assert parse_labels("rafdb") == ORDERS["RAF-DB"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("angry,anger,sad", "each label once; got anger"), ("happy", "at least two"), ("happy,", "an expression")],
)
def test_invalid_lists_of_labels_are_refused(text: str, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        parse_labels(text)


def test_named_label_orders() -> None:
    assert ORDERS["AffectNet without contempt"] == tuple(label for label in AFFECTNET.labels if label != "contempt")
    # Both spellings are in the same alphabetical order.
    for words in (("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), sorted(FER2013.labels)):
        assert tuple(map(parse_label, words)) == ORDERS["Alphabetical"]
    for labels_of_order in ORDERS.values():
        assert LabelSet("order", labels_of_order)


def test_occurring_labels_make_a_known_or_custom_set() -> None:
    assert label_set_of(set(FER2013.labels)) is FER2013
    assert label_set_of(set(EMOTIONS)) is FERPLUS
    assert label_set_of({"neutral", "contempt", "anger"}).labels == ("anger", "neutral", "contempt")


def test_a_label_set_refuses_unknown_and_repeated_labels() -> None:
    for wrong in (("happiness",), ("happiness", "happiness"), ("happiness", "hunger")):
        with pytest.raises(LabelError):
            LabelSet("wrong", wrong)


def test_shapes_are_checked_at_construction() -> None:
    with pytest.raises(ValueError, match="luma plane"):
        Frame(0, 0.0, np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="box of shape"):
        Face(np.zeros(5, np.float32), 0.5)
    with pytest.raises(ValueError, match="landmarks of shape"):
        Face(np.zeros(4, np.float32), 0.5, landmarks=np.zeros((7, 5), np.float32))


def test_a_grey_frame_has_rgb() -> None:
    frame = Frame(0, 0.0, np.full((2, 3), 7, np.uint8))
    assert (frame.width, frame.height) == (3, 2)
    assert frame.rgb().shape == (2, 3, 3)


def test_progress_arithmetic() -> None:
    half = Progress(done=50, total=100, elapsed_s=5)
    assert (half.rate, half.share, half.remaining_s) == (10, 0.5, 5)
    assert Progress(0, 0, 0.0).share == 0
    assert np.isnan(Progress(0, 10, 0.0).remaining_s)


def make_model(folder: Path, name: str, content: bytes = b"tflite") -> ModelCard:
    card = ModelCard(
        name, name, FERPLUS.labels, 48, "grey", "standardise", "aligned", 1.0, "model.tflite", "", 1, 1, "MIT"
    )
    (folder / name).mkdir(parents=True)
    (folder / name / "model.tflite").write_bytes(content)
    (folder / name / "card.json").write_text(json.dumps(card.to_dict()))
    return card


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    return tmp_path


def test_cards_round_trip(models: Path) -> None:
    card = make_model(models, "tiny")
    assert registry.load_card("tiny") == card
    assert registry.list_models() == ["tiny"]


def test_the_default_is_an_alias_and_comes_first(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(models, "aardvark")
    make_model(models, registry.ALIASES["default"])
    assert registry.list_models()[0] == registry.ALIASES["default"]
    assert registry.load_card("default").name == registry.ALIASES["default"]
    monkeypatch.setitem(registry.ALIASES, "fer2013", registry.ALIASES["default"])
    assert registry.list_models().count(registry.ALIASES["default"]) == 1


@pytest.fixture
def added(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    library = tmp_path_factory.mktemp("library")
    monkeypatch.setenv("EMOTION_LIBRARY", str(library))
    return library / "models"


def test_imported_models_are_listed_after_shipped_ones(models: Path, added: Path) -> None:
    make_model(models, "shipped")
    card = make_model(added, "added", content := b"another")
    assert registry.list_models() == ["shipped", "added"]
    assert registry.imported_models() == ["added"]
    assert registry.model_dir("added") == added / "added"
    card = replace(card, sha256=hashlib.sha256(content).hexdigest())
    assert registry.checked_model_file(card) == added / "added" / "model.tflite"


def test_a_shipped_model_hides_an_imported_one(models: Path, added: Path) -> None:
    make_model(models, "same")
    make_model(added, "same")
    assert registry.list_models() == ["same"]
    assert registry.model_dir("same") == models / "same"


@pytest.mark.parametrize("name", [".new-1", "Upper", "under_score", "-dash", "default", "x" * 41])
def test_a_folder_with_an_invalid_name_is_no_model(models: Path, added: Path, name: str) -> None:
    make_model(added, name)
    assert registry.list_models() == []
    assert not registry.is_import_name(name)


def test_cards_without_newer_fields_load(models: Path) -> None:
    card = make_model(models, "old")
    values = {key: value for key, value in card.to_dict().items() if key != "outputs"}
    (models / "old" / "card.json").write_text(json.dumps(values))
    assert registry.load_card("old").outputs == "logits"


def test_a_card_with_old_threshold_keys_loads(models: Path) -> None:
    values = make_model(models, "old").to_dict()
    del values["abstain_below"], values["abstain_slopes"]
    earlier = values | {"unclear_below": 0.4, "unclear_slopes": {"yaw": 0.02}}
    (models / "old" / "card.json").write_text(json.dumps(earlier))
    card = registry.load_card("old")
    assert (card.abstain_below, card.abstain_slopes) == (0.4, {"yaw": 0.02})
    registry.save_card(card, models / "old")
    assert json.loads((models / "old" / "card.json").read_text())["abstain_below"] == 0.4


def test_old_keys_are_renamed_at_any_depth_and_new_ones_win() -> None:
    earlier = {"unclear_below": 0.3, "sets": [{"unclear_below": 0.1, "name": "unclear_below"}]}
    expected = {"abstain_below": 0.3, "sets": [{"abstain_below": 0.1, "name": "unclear_below"}]}
    assert with_current_keys(earlier) == with_current_keys(expected) == expected
    assert with_current_keys({"abstain_below": 0.5, "unclear_below": 0.3}) == {"abstain_below": 0.5}


@pytest.mark.parametrize("value", ["a lot", None])
@pytest.mark.parametrize("key", ["temperature", "abstain_below", "second_look_below"])
def test_an_invalid_number_in_a_card_is_refused(models: Path, key: str, value: str | None) -> None:
    card = make_model(models, "odd").to_dict()
    (models / "odd" / "card.json").write_text(json.dumps(card | {key: value}))
    with pytest.raises(ModelError, match="the card of model 'odd' cannot be read"):
        registry.load_card("odd")


def test_a_copied_folder_with_its_old_card_is_refused(models: Path) -> None:
    card = make_model(models, "first")
    make_model(models, "second")
    registry.save_card(card, models / "second")
    with pytest.raises(ModelError, match="to have its name; got 'first'"):
        registry.load_card("second")


def test_a_damaged_card_and_an_altered_file_are_refused(models: Path) -> None:
    card = make_model(models, "altered")
    with pytest.raises(ModelError, match="the file has"):
        registry.checked_model_file(card)
    (models / "altered" / "card.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        registry.load_card("altered")


def test_path_traversal_in_a_name_is_refused(models: Path) -> None:
    make_model(models, "tiny")
    with pytest.raises(ModelError, match=r"expected a model from tiny; got '\.\./tiny'"):
        registry.load_card("../tiny")


def test_shipped_models_match_their_cards() -> None:
    names = registry.list_models()
    assert registry.ALIASES["default"] in names
    for name in names:
        card = registry.load_card(name)
        assert card.name == name
        assert all(file.stat().st_size < 10_000_000 for file in registry.checked_model_files(card))
        assert set(card.labels) <= set(labels.EMOTIONS)


def test_all_errors_derive_from_one_class() -> None:
    from emotion import errors

    raised = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert all(issubclass(error, EmotionError) for error in raised)
    assert all(error.__name__ in (errors.__doc__ or "") for error in raised)
