"""Codebooks that a player cannot use are refused; codings become the table for measures of agreement."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.labels import EMOTIONS
from emotion.studies.agreement.codings import NO_CODE, from_spans
from emotion.studies.coding import (
    DEFAULT_CODEBOOK,
    PLAYER_KEYS,
    Code,
    Codebook,
    CodedSpan,
    CodeKind,
    Coding,
    merge_spans,
    spans_from_json,
    spans_to_json,
)
from emotion.studies.formats.coded_files import SPANS, spans_of_codings, spans_of_table
from emotion.studies.formats.event_tables import read_table

TIMES = st.integers(0, 4000).map(lambda frame: frame / 25)
CODED = st.builds(
    lambda times, code: CodedSpan(min(times), max(times), code),
    st.tuples(TIMES, TIMES),
    st.sampled_from(["happiness", "fear", "blink", "=cmd()"]),
)
MANY = st.lists(CODED, max_size=12)


def test_the_default_codebook_has_every_expression_of_the_model() -> None:
    assert set(EMOTIONS) | {"other"} == set(DEFAULT_CODEBOOK.names)
    assert all(code.kind is CodeKind.STATE for code in DEFAULT_CODEBOOK.codes)
    assert DEFAULT_CODEBOOK.exclusive


@pytest.mark.parametrize("key", sorted(PLAYER_KEYS))
def test_keys_of_the_player_are_refused(key: str) -> None:
    with pytest.raises(InputError, match="that the player does not use itself; got"):
        Code("smile", key)


@pytest.mark.parametrize("key", ["", "ab", "H", ".", "ArrowLeft", "\n"])
def test_only_a_letter_or_digit_is_a_key(key: str) -> None:
    with pytest.raises(InputError, match="expected one lower-case letter or digit as the key of 'smile'; got"):
        Code("smile", key)


def test_names_and_keys_are_unique() -> None:
    with pytest.raises(InputError, match="expected each code once; got 'smile' several times"):
        Codebook((Code("Smile", "a"), Code("smile", "b")))
    with pytest.raises(InputError, match="expected a different key for each code; got 'a' for 'smile' and 'blink'"):
        Codebook((Code("smile", "a"), Code("blink", "a", CodeKind.POINT)))
    with pytest.raises(InputError, match="at least one code; got none"):
        Codebook(())
    with pytest.raises(InputError, match="on one line; got"):
        Code("two\nlines", "a")


def test_a_codebook_survives_json() -> None:
    book = Codebook((Code("Lächeln", "ä"), Code("blink", "1", CodeKind.POINT)), exclusive=False)
    assert Codebook.from_dict(json.loads(json.dumps(book.to_dict()))) == book
    for strange in ({}, {"codes": 1}, {"codes": [{"name": "a"}]}, {"codes": [{"name": "a", "key": "b", "kind": "x"}]}):
        with pytest.raises(InputError):
            Codebook.from_dict(strange)


@pytest.mark.parametrize("times", [(2, 1), (-1, 1), (0, float("inf")), (float("nan"), 1)])
def test_a_span_has_times(times: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="expected a span that ends after it starts; got"):
        CodedSpan(*times, "fear")


@pytest.mark.parametrize("strange", [[{}], [1], [{"start_s": "x", "end_s": 1, "code": "a"}], [None]])
def test_strange_spans_of_a_browser_are_refused(strange: list) -> None:
    with pytest.raises(InputError, match="they cannot be read"):
        spans_from_json(strange)


@given(MANY)
def test_codings_survive_json(spans: list[CodedSpan]) -> None:
    coding = Coding("ann", "p1", "film", tuple(spans), finished=True)
    assert Coding.from_dict(json.loads(json.dumps(coding.to_dict()))) == coding
    assert spans_from_json(spans_to_json(coding.spans)) == coding.spans


@given(MANY, MANY, MANY)
def test_merged_spans_keep_the_changes_of_both_tabs(
    base: list[CodedSpan], mine: list[CodedSpan], stored: list[CodedSpan]
) -> None:
    merged = set(merge_spans(base, mine, stored))
    assert merged >= set(mine) - set(base), "what this tab coded"
    assert merged >= (set(stored) - set(base)), "what the other tab coded"
    assert not merged & (set(base) - set(mine)), "what this tab removed"
    assert merge_spans(base, mine, base) == tuple(sorted(set(mine)))
    assert merge_spans(base, base, stored) == tuple(sorted(set(stored)))


@given(st.dictionaries(st.sampled_from(["ann", "bob"]), MANY, min_size=1))
def test_the_table_of_codings_is_the_one_that_agreement_reads(coded: dict[str, list[CodedSpan]]) -> None:
    codings = [Coding(coder, "p1", "film", tuple(spans), finished=True) for coder, spans in coded.items()]
    table = spans_of_codings(codings)
    assert list(table) == list(SPANS)
    from_spans(table, {"p1": 200.0})
    again = spans_of_table(read_table(csv_bytes(table, None)))
    pd.testing.assert_frame_equal(
        again.dropna().reset_index(drop=True), table.dropna().reset_index(drop=True), check_dtype=False
    )
    assert set(again["coder"]) == set(coded), "a coder who coded nothing is still there"


def test_points_are_moments_and_no_code_is_a_code() -> None:
    coded = Coding("ann", "p1", "film", (CodedSpan(1, 1, "blink"), CodedSpan(2, 3, "fear")), finished=True)
    units = from_spans(spans_of_codings([coded, Coding("bob", "p1", "film", finished=True)]), {"p1": 4.0}, step_s=1.0)
    assert units.coders == ("ann", "bob")
    assert [[units.codes[unit] for unit in row] for row in units.people["p1"]] == [
        [NO_CODE, NO_CODE, "fear", NO_CODE],
        [NO_CODE] * 4,
    ]
    content = csv_bytes(spans_of_codings([coded]), None)
    assert pd.read_csv(io.BytesIO(content))["end_s"].tolist() == [1.0, 3.0]
