"""Curves across people: known answers, resampling of people and events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from emotion.errors import InputError
from emotion.studies.statistics.curves import around_events, difference_curve, mean_curve, share_curve
from emotion.studies.statistics.resampling import interval_of, mean_interval, people_weights


def long_table(people: int = 20, seconds: int = 6, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"p{n:02}" for n in range(people)], ["film", "rest"], range(seconds)],
        names=["participant", "condition", "second"],
    )
    return pd.DataFrame({"happiness": rng.normal(0.4, 0.2, len(index))}, index).reset_index()


def test_mean_across_people_by_hand() -> None:
    table = pd.DataFrame(
        {
            "participant": ["a", "a", "b", "b", "b", "b"],
            "second": [0, 3, 0, 1, 3, 3],
            "joy": [0.2, 0.4, 0.4, 0.1, 0.6, 1.0],
        }
    )
    curve = mean_curve(table, "joy", by=None)
    assert curve["second"].tolist() == [0, 1, 2, 3]
    assert curve["people"].tolist() == [2, 1, 0, 2]
    assert curve["mean"].tolist() == pytest.approx([0.3, 0.1, np.nan, 0.6], nan_ok=True)
    assert curve[["low", "high"]].isna().all(axis=None), "two people are too few to resample"


def test_curves_of_conditions_and_an_interval_about_as_wide_as_students() -> None:
    table = long_table(people=40)
    curve = mean_curve(table, "happiness")
    assert list(curve.columns) == ["condition", "second", "people", "mean", "low", "high"]
    assert len(curve) == 12
    values = table[(table["condition"] == "film") & (table["second"] == 3)]["happiness"]
    row = curve[(curve["condition"] == "film") & (curve["second"] == 3)].iloc[0]
    assert row["mean"] == pytest.approx(values.mean())
    half = stats.t.ppf(0.975, 39) * values.std() / np.sqrt(40)
    assert row["high"] - row["low"] == pytest.approx(2 * half, rel=0.08)


def test_people_are_resampled_not_their_rows() -> None:
    """Repeating each person's rows does not change the interval."""
    table = long_table()
    pd.testing.assert_frame_equal(mean_curve(pd.concat([table] * 5), "happiness"), mean_curve(table, "happiness"))


def test_resamples_draw_as_many_people_as_there_are() -> None:
    weights = people_weights(7, 500)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_missing_values_leave_a_person_out_of_that_second() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, (12, 2))
    values[8:, 1] = np.nan
    mean, low, high = mean_interval(values)
    alone = mean_interval(values[:8, 1:])
    assert mean[1] == pytest.approx(alone[0][0])
    assert high[1] - low[1] == pytest.approx(alone[2][0] - alone[1][0], rel=0.15)


def test_interval_needs_people_and_figures() -> None:
    draws = np.random.default_rng(1).normal(size=(100, 1))
    assert np.isnan(interval_of(draws, 4)[0]).all()
    assert np.isfinite(interval_of(draws, 5)[0]).all()
    assert np.isnan(interval_of(np.full((100, 1), np.nan), 9)[1]).all()


def test_share_of_people_over_a_threshold() -> None:
    table = long_table()
    curve = share_curve(table, "happiness", 0.5)
    film = table[(table["condition"] == "film") & (table["second"] == 0)]["happiness"]
    row = curve.iloc[0]
    assert (row["over"], row["people"]) == ((film > 0.5).sum(), 20)
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(row["over"], 20, method="wilson"))
    nobody = pd.DataFrame({"participant": ["a"], "second": [0], "joy": [np.nan]})
    assert share_curve(nobody, "joy", 0.5, by=None)["share"].isna().all()


def test_difference_curve_pairs_people() -> None:
    table = long_table()
    shifted = table.assign(happiness=table["participant"].str[1:].astype(int) + 0.5 * (table["condition"] == "film"))
    curve = difference_curve(shifted, "happiness", by="condition", names=("film", "rest"))
    assert curve["mean"].tolist() == pytest.approx([0.5] * 6)
    assert curve["low"].tolist() == pytest.approx([0.5] * 6), "people differ, their differences do not"
    with pytest.raises(InputError, match="expected rows with condition music"):
        difference_curve(table, "happiness", by="condition", names=("film", "music"))


def test_rows_are_aligned_by_each_persons_event() -> None:
    table = pd.DataFrame({"participant": ["a"] * 20 + ["b"] * 20, "second": [*range(20)] * 2})
    at = {"a": 5, "b": 11}
    table["joy"] = [
        float(second >= at[person]) for person, second in zip(table["participant"], table["second"], strict=True)
    ]
    events = pd.DataFrame({"participant": ["a", "b"], "time_s": [5.0, 11.0]})
    aligned = around_events(table, events, ["joy"], before_s=3, after_s=4, by=None)
    curve = mean_curve(aligned, "joy", by=None)
    assert curve["second"].tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert curve["mean"].tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_repeated_events_are_averaged_within_people() -> None:
    """A person with nine events counts as much as one with a single event."""
    table = pd.DataFrame({"participant": ["a"] * 100 + ["b"] * 100, "second": [*range(100)] * 2})
    table["joy"] = (table["participant"] == "b").astype(float)
    events = pd.DataFrame({"participant": ["a"] + ["b"] * 9, "time_s": [50, *range(10, 100, 10)]})
    aligned = around_events(table, events, ["joy"], before_s=0, after_s=2, by=None)
    assert aligned["events"].tolist() == [1, 1, 9, 9]
    assert mean_curve(aligned, "joy", by=None)["mean"].tolist() == [0.5, 0.5]


def test_one_event_for_everybody_and_frames_instead_of_seconds() -> None:
    frames = pd.DataFrame({"participant": "a", "condition": "film", "second": np.arange(200) / 25})
    frames["joy"] = (frames["second"] >= 4.2).astype(float)
    aligned = around_events(
        frames, pd.DataFrame({"time_s": [4.2]}), ["joy"], before_s=1, after_s=1, step_s=0.2, row_s=0.0
    )
    assert aligned["second"].tolist() == pytest.approx(np.arange(-1, 1, 0.2).tolist())
    assert aligned["joy"].tolist() == [0] * 5 + [1] * 5


def test_only_whole_steps_around_an_event_are_averaged() -> None:
    table = pd.DataFrame({"participant": "a", "second": range(100), "joy": 1.0})
    events = pd.DataFrame({"time_s": [50]})
    for seconds, steps in ((2.5, [-2, -1, 0, 1]), (3.5, [-3, -2, -1, 0, 1, 2])):
        aligned = around_events(table, events, ["joy"], before_s=seconds, after_s=seconds, by=None)
        assert aligned["second"].tolist() == steps


def test_events_far_from_all_rows_and_uneven_seconds_are_refused() -> None:
    table = long_table()
    with pytest.raises(InputError, match="expected rows within 5 s before or 10 s after"):
        around_events(table, pd.DataFrame({"time_s": [99.0]}), ["happiness"])
    with pytest.raises(InputError, match=r"expected moments 1 s apart; got 0, 1, 2\.5"):
        mean_curve(table[table["second"] < 3].replace({"second": {2: 2.5}}), "happiness")
    with pytest.raises(InputError, match="without sadness"):
        mean_curve(table, "sadness")


def test_a_row_belongs_to_the_step_in_which_its_middle_lies() -> None:
    """Second 4 lasts from 4 to 5 s; its middle is just after the event, although it starts before."""
    table = pd.DataFrame({"participant": "a", "second": range(10), "joy": np.arange(10.0)})
    aligned = around_events(table, pd.DataFrame({"time_s": [4.4]}), ["joy"], before_s=2, after_s=2, by=None)
    assert aligned[["second", "joy"]].to_numpy().tolist() == [[-2, 2], [-1, 3], [0, 4], [1, 5]]


def test_a_value_at_the_threshold_is_not_over_it() -> None:
    table = pd.DataFrame({"participant": ["a", "b", "c"], "second": 0, "joy": [0.4, 0.5, 0.6]})
    assert share_curve(table, "joy", 0.5, by=None)["over"].tolist() == [1]


@pytest.mark.parametrize("people", [5, 8, 30])
def test_the_interval_of_normal_resamples_is_students(people: int) -> None:
    """Resampled means of n values vary by √((n − 1) / n) too little, and Student's t is wider than the normal."""
    spread = np.sqrt((people - 1) / people) / np.sqrt(people)
    draws = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)[:, None] * spread
    low, high = interval_of(draws, people)
    half = stats.t.ppf(0.975, people - 1) / np.sqrt(people)
    assert (low[0], high[0]) == pytest.approx((-half, half), rel=0.01)


def test_the_interval_of_a_moment_is_for_the_people_who_are_known_there() -> None:
    """Student's quantile of five people is 1.4 times that of 40."""
    values = np.random.default_rng(2).normal(0, 1, (40, 2))
    values[5:, 1] = np.nan
    weights = people_weights(40)
    _, low, high = mean_interval(values)
    with np.errstate(invalid="ignore"):  # resamples that draw none of the five
        draws = (weights[:, :5] @ values[:5, 1:]) / weights[:, :5].sum(axis=1, keepdims=True)
    assert (low[1], high[1]) == pytest.approx(tuple(limit[0] for limit in interval_of(draws, 5)))
