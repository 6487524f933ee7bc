"""Codings from spans and from the model, and where they differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from emotion.analytics.edits import Span
from emotion.errors import InputError
from emotion.studies.agreement.codings import Codings, from_spans, leading_codes, with_model, without_spans
from emotion.studies.agreement.differences import code_table, disagreements, kappa_table, match_points


def spans(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["coder", "participant", "code", "start_s", "end_s"])


TWO = spans(
    ("A", "p1", "smile", 1.0, 3.0),
    ("A", "p1", "frown", 4.0, 5.0),
    ("B", "p1", "smile", 1.5, 3.0),
    ("B", "p1", "smile", 4.0, 5.0),
    ("A", "p2", "smile", 0.0, 2.0),
)


def test_spans_become_units_of_time() -> None:
    of = from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5)
    assert of.codes == ("frown", "smile", "")
    assert of.people["p1"].shape == (2, 12)
    assert of.people["p1"][0].tolist() == [2, 2, 1, 1, 1, 1, 2, 2, 0, 0, 2, 2]
    assert of.people["p1"][1].tolist() == [2, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 2]
    assert of.people["p2"].tolist() == [[1, 1, 1, 1], [-1, -1, -1, -1]], "B did not code p2"


def test_a_coder_may_have_coded_nothing() -> None:
    looked = pd.concat([TWO, spans(("B", "p2", None, np.nan, np.nan))])
    assert from_spans(looked, {"p1": 6.0, "p2": 2.0}, step_s=0.5).people["p2"][1].tolist() == [2, 2, 2, 2]
    blank = from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5, empty=None)
    assert blank.people["p1"][0].tolist() == [-1, -1, 1, 1, 1, 1, -1, -1, 0, 0, -1, -1]


def test_the_model_is_one_more_coder() -> None:
    frames = pd.DataFrame({"time_s": np.arange(60) / 10, "code": ["smile"] * 25 + [None] * 10 + ["surprise"] * 25})
    of = with_model(from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5), {"p1": frames})
    assert of.coders == ("A", "B", "model")
    assert of.codes == ("frown", "smile", "", "surprise")
    assert of.people["p1"][2].tolist() == [1] * 5 + [-1, -1] + [3] * 5
    assert of.people["p2"][2].tolist() == [-1] * 4
    with pytest.raises(InputError, match="expected coders with other names than the model's; got 'model'"):
        with_model(of, {})


def test_nobody_codes_excluded_time() -> None:
    of = from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5)
    found = without_spans(of, {"p1": [Span(0.3, 2.0), Span(3.0, 3.0), Span(5.3, 9.0)]})
    assert found.people["p1"][0].tolist() == [2, -1, -1, -1, 1, 1, 2, 2, 0, 0, 2, -1], "by the middle of each unit"
    assert (found.people["p1"] >= 0).all(axis=0).sum() == 8
    np.testing.assert_array_equal(found.people["p2"], of.people["p2"])
    assert list(without_spans(of, {"p1": [Span(0, 6)]}).people) == ["p2"]


def coded_by_model(frames: pd.DataFrame, duration_s: float, step_s: float) -> list[str]:
    """Return the model's code of each unit, "-" where there is none."""
    of = with_model(from_spans(spans(("A", "p", "smile", 0, 1)), {"p": duration_s}, step_s=step_s), {"p": frames})
    return [of.codes[code] if code >= 0 else "-" for code in of.people["p"][1]]


@pytest.mark.parametrize("fps", [1, 2, 5, 10, 25, 30])
def test_a_frames_code_holds_until_the_next_frame(fps: int) -> None:
    codes = ["smile", "frown", "frown", "smile"] * fps
    frames = pd.DataFrame({"time_s": np.arange(4 * fps) / fps, "code": codes})
    found = coded_by_model(frames, 4.0, 0.1)
    assert len(found) == 40 and "-" not in found
    if fps <= 10:
        assert found == [code for code in codes for _ in range(10 // fps)]


def test_uneven_frames_hold_as_long_as_they_last() -> None:
    frames = pd.DataFrame({"time_s": [0.0, 0.1, 0.9, 1.0], "code": ["smile", "frown", None, "joy"]})
    assert coded_by_model(frames, 1.5, 0.1) == ["smile", *["frown"] * 8, "-", "joy", "-", "-", "-", "-"]


def test_a_code_ends_where_the_table_says() -> None:
    """A person out of view between 0.4 and 1 s has no rows there."""
    frames = pd.DataFrame({"time_s": [0.0, 0.2, 1.0], "end_s": [0.2, 0.4, 1.2], "code": ["smile", "frown", "smile"]})
    expected = ["smile"] * 2 + ["frown"] * 2 + ["-"] * 6 + ["smile"] * 2
    assert coded_by_model(frames, 1.2, 0.1) == expected
    late = frames.assign(end_s=[0.5, 0.4, 1.2])
    assert coded_by_model(late, 1.2, 0.1) == expected, "a code ends with the next frame at the latest"
    assert coded_by_model(frames.iloc[:0], 0.3, 0.1) == ["-"] * 3


def test_a_unit_has_the_models_code_that_holds_longest_and_half_of_it_needs_one() -> None:
    frames = pd.DataFrame({"time_s": [0.0, 0.4, 1.0, 1.5, 2.3], "code": ["smile", "frown", "smile", "frown", None]})
    assert coded_by_model(frames, 4.0, 1.0) == ["frown", "smile", "-", "-"], "of a tie, the first code counts"
    assert coded_by_model(frames.assign(time_s=[0.0, 0.4, 1.0, 1.5, 2.5]), 3.0, 1.0)[2] == "frown"


def test_leading_codes_leave_out_the_unclear_and_the_unseen() -> None:
    table = pd.DataFrame({"joy": [0.8, 0.4, np.nan], "anger": [0.2, 0.6, np.nan]})
    assert leading_codes(table, 0.7).fillna("none").tolist() == ["joy", "none", "none"]
    assert leading_codes(table).fillna("none").tolist() == ["joy", "anger", "none"]


def test_disagreements_are_spans_to_step_through() -> None:
    found = disagreements(from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5))
    assert found.to_dict("records") == [
        {"participant": "p1", "start_s": 1.0, "end_s": 1.5, "A": "smile", "B": ""},
        {"participant": "p1", "start_s": 4.0, "end_s": 5.0, "A": "frown", "B": "smile"},
    ]
    of = from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5)
    assert disagreements(of, tolerance_s=0.5)["start_s"].tolist() == [4.0], "the late smile is forgiven"
    assert disagreements(of, at_least_s=1.0)["start_s"].tolist() == [4.0]


def test_tables_of_pairs_and_codes() -> None:
    frames = pd.DataFrame({"time_s": np.arange(12) / 2, "code": ["smile"] * 12})
    of = with_model(from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0.5), {"p1": frames})
    table = kappa_table(of)
    assert table[["first", "second"]].to_numpy().tolist() == [["A", "B"], ["A", "model"], ["B", "model"]]
    assert table["units"].tolist() == [12, 12, 12]
    assert table["observed"].tolist() == pytest.approx([9 / 12, 4 / 12, 5 / 12])
    counts = code_table(of.pair("A", "B"))
    assert counts.to_numpy().sum() == 12
    assert (counts.loc["frown", "smile"], counts.loc["smile", "smile"], counts.loc["smile", ""]) == (2, 3, 1)
    lonely = Codings(("A", "B"), ("x",), 1.0, {"p": np.array([[0, -1], [-1, 0]])})
    assert kappa_table(lonely)["units"].tolist() == [0]


def test_points_match_within_a_tolerance() -> None:
    found = match_points([1.0, 5.0, 9.0], [1.2, 5.9, 9.1, 12.0], 0.5)
    assert (found.matched, found.first_only, found.second_only) == (2, 1, 2)
    assert found.share == pytest.approx(4 / 7)
    assert found.mean_shift_s == pytest.approx(0.15)
    assert np.isnan(match_points([], [], 1).share)


@given(st.lists(st.integers(0, 40), max_size=7), st.lists(st.integers(0, 40), max_size=7), st.integers(0, 6))
def test_no_other_matching_has_more_pairs(first: list[int], second: list[int], tolerance: int) -> None:
    near = np.abs(np.subtract.outer(np.array(first, float), np.array(second, float))) <= tolerance
    best = near[linear_sum_assignment(near, maximize=True)].sum() if first and second else 0
    assert match_points(first, second, tolerance).matched == best


def test_refusals_say_what_was_expected() -> None:
    with pytest.raises(InputError, match="expected the duration of every participant; got none of p2"):
        from_spans(TWO, {"p1": 6.0})
    with pytest.raises(InputError, match=r"expected spans that end after they start; got 3–1 s"):
        from_spans(spans(("A", "p1", "smile", 3.0, 1.0)), {"p1": 6.0})
    with pytest.raises(InputError, match="expected the codes joy; got frown, smile"):
        from_spans(TWO, {"p1": 6.0, "p2": 2.0}, codes=["joy"])
    with pytest.raises(InputError, match="expected a step over 0 s; got 0"):
        from_spans(TWO, {"p1": 6.0, "p2": 2.0}, step_s=0)
    of = from_spans(TWO, {"p1": 6.0, "p2": 2.0})
    with pytest.raises(InputError, match="expected a coder among A, B; got C"):
        of.pair("A", "C")
    with pytest.raises(InputError, match="without end_s"):
        from_spans(TWO.drop(columns="end_s"), {"p1": 6.0, "p2": 2.0})
    with pytest.raises(InputError, match="expected two coders; got 3"):
        code_table(with_model(of, {}))


def test_a_unit_has_the_code_of_its_middle() -> None:
    of = from_spans(spans(("A", "p", "smile", 1.2, 2.7)), {"p": 4.0}, step_s=0.5)
    assert of.people["p"][0].tolist() == [1, 1, 0, 0, 0, 1, 1, 1]


def test_of_overlapping_spans_the_last_to_begin_counts() -> None:
    overlapping = spans(("A", "p", "frown", 1.0, 2.0), ("A", "p", "smile", 0.0, 3.0))
    of = from_spans(overlapping, {"p": 3.0}, step_s=1.0)
    assert [of.codes[code] for code in of.people["p"][0]] == ["smile", "frown", "smile"]
