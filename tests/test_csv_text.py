"""CSV that spreadsheets open safely."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.csv_text import csv_bytes, csv_text, neutral, restored, rounded


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "-", "'=1"],
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutral(text) == "'" + text
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("text", ["Zoë", "a=b", "happy-1.jpg", "'quoted'", "", "1", "–"])
def test_other_text_is_unchanged(text: str) -> None:
    assert neutral(text) == restored(text) == text


@pytest.mark.slow
@given(st.text())
def test_every_text_is_restored(text: str) -> None:
    assert restored(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@"))


def test_numbers_stay_numbers_and_every_column_of_text_is_safe() -> None:
    table = pd.DataFrame(
        {
            "=name": ["=1+1", "Zoë"],
            "yaw": [-3.5, 1.25],
            "kind": pd.Categorical(["-x", "y"]),
            "mixed": [-1, "@x"],
            "missing": [None, "+1"],
            "string": pd.array(["=a", None], "string"),
        }
    )
    read = pd.read_csv(io.BytesIO(csv_bytes(table)), dtype=str, keep_default_na=False)
    assert list(read) == ["'=name", "yaw", "kind", "mixed", "missing", "string"]
    assert read.to_numpy().tolist() == [
        ["'=1+1", "-3.5", "'-x", "-1", "", "'=a"],
        ["Zoë", "1.25", "y", "'@x", "'+1", ""],
    ]
    assert list(table) == ["=name", "yaw", "kind", "mixed", "missing", "string"], "the input table is unchanged"


def test_files_begin_with_a_bom_and_hold_one_header() -> None:
    table = pd.DataFrame({"name": ["Jürgen"]})
    assert csv_bytes(table) == b"\xef\xbb\xbfname\nJ\xc3\xbcrgen\n"
    assert csv_text(table, header=False) == "Jürgen\n"
    assert csv_bytes(pd.DataFrame({"name": []})) == b"\xef\xbb\xbfname\n"


def test_times_of_long_videos_keep_their_milliseconds() -> None:
    times = [0.0, 0.033367, 999.9994, 1000.0333, 10800.033, -1234.5, 86_400.0, float("nan")]
    table = pd.DataFrame({"time_s": times, "yaw": pd.Series(times, dtype="float32")})
    read = pd.read_csv(io.BytesIO(csv_bytes(table)))
    assert (read["time_s"] - table["time_s"]).abs().max() <= 0.0006
    assert csv_text(table[["time_s"]], header=False).split() == [
        "0", "0.033367", "999.999", "1000.033", "10800.033", "-1234.5", "86400", '""',
    ]  # fmt: skip
    assert rounded(35_000_000.0) == "35000000"
