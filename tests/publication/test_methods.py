"""The methods paragraph, the citation and CITATION.cff."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.metadata import version

import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator, FormatChecker
from ruamel.yaml import YAML

import emotion
from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits, Event, Span
from emotion.models.registry import load_card
from emotion.publication.citation import AUTHOR, RELEASED, TITLE, bibtex, citation
from emotion.publication.methods import methods_text
from emotion.types import LIVE_CODEC
from emotion.version import program_version
from tests.conftest import ROOT, make_analysis

CFF = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture
def analysis():
    model = emotion.list_models()[0]
    card = load_card(model)
    made = make_analysis([["fear"], ["anger"]] * 3)
    settings = {"detector": "blazeface", "abstain_below": 0.4, "every": 3, "fps": None, "start_s": 0.0, "end_s": None}
    return replace(made, model=model, labels=card.labels, settings=settings)


def test_methods_name_the_program_the_model_and_its_digest(analysis):
    text = methods_text(analysis)
    card = load_card(analysis.model)
    assert f"{TITLE}, version {program_version()}" in text
    assert card.name in text
    assert f"SHA-256 {card.sha256}" in text
    assert citation() in text
    assert f"NumPy {version('numpy')}" in text
    assert f"LiteRT {version('ai-edge-litert')}" in text


def test_methods_name_the_settings(analysis):
    text = methods_text(analysis)
    assert "one frame in 3 was analysed: 6 frames." in text
    assert "below 40% count as unclear" in text
    part = replace(analysis, settings=analysis.settings | {"fps": 5.0, "start_s": 1.5}, complete=False)
    assert "at most 5 frames/s from 1.5 s to the end were analysed: 6 frames (incomplete)." in methods_text(part)


def test_methods_name_the_edits(analysis):
    assert "Edits:" not in methods_text(analysis)
    edits = Edits(merged={2: 1}, hidden=frozenset({3}), events=(Event("break", Span(0, 1), excluded=True),))
    text = methods_text(analysis, edits)
    assert "Edits: 1 track was merged by hand, 1 person was left out, 1 span was excluded." in text


def test_frames_of_excluded_spans_are_not_named(analysis):
    """Six frames at 0 to 0.5 s, of which those from 0.2 s on are excluded, whether or not they were removed."""
    edits = Edits(events=(Event("break", Span(0.2, 1), excluded=True), Event("laugh", Span(0, 0.2))))
    text = methods_text(analysis, edits)
    assert "one frame in 3 was analysed: 2 frames outside excluded spans." in text
    assert methods_text(apply_edits(analysis, edits), edits) == text
    incomplete = methods_text(replace(analysis, complete=False), edits)
    assert "2 frames outside excluded spans (incomplete)." in incomplete


def test_a_live_recording_does_not_claim_every_frame(analysis):
    settings = analysis.settings | {"every": 1}
    live = replace(analysis, info=replace(analysis.info, codec=LIVE_CODEC, fps=16.6), settings=settings)
    text = methods_text(live)
    assert "every frame" not in text
    assert "as many frames as time allowed: 6 frames, 16.6 frames/s on average." in text


def test_a_model_that_is_not_installed_is_named(analysis):
    text = methods_text(replace(analysis, model="gone"))
    assert "by the model gone (" in text
    assert "SHA-256" not in text


def test_citation_cff_is_valid():
    schema = get_builtin_schema("vendor.citation-file-format")
    errors = [error.message for error in Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(CFF)]
    assert errors == []


def test_citation_cff_matches_the_program():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (CFF["title"], CFF["version"], CFF["license"]) == (TITLE, project["version"], project["license"])
    assert [author["name"] for author in CFF["authors"]] == [AUTHOR]
    assert CFF["date-released"].startswith(str(RELEASED))
    for text in (citation(), bibtex()):
        assert TITLE in text
        assert program_version() in text


def test_only_excluded_events_are_named_as_edits(analysis):
    marked, excluded = Event("laugh", Span(0, 1)), Event("break", Span(1, 2), excluded=True)
    assert "Edits:" not in methods_text(analysis, Edits(events=(marked,)))
    text = methods_text(analysis, Edits(events=(marked, excluded), baselines={1: Span(0, 1), 2: Span(0, 1)}))
    assert "Edits: 1 span was excluded, 2 people have baselines." in text
