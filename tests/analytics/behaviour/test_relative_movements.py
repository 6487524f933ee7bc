"""Rest and movements in a timeline, with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.movements import MIN_NEUTRAL_ROWS, relative_movements, resting_measures
from emotion.analytics.edits import Span
from emotion.errors import InputError, TimelineError
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENT_COLUMNS


def table(emotions: list[str], track: int = 1, **measures: list[float] | float) -> pd.DataFrame:
    """Return a row per second; a measure that is not given is 0."""
    values: dict[str, object] = {name: measures.get(name, 0.0) for name in MEASURE_COLUMNS}
    rows = pd.DataFrame(values, index=range(len(emotions)), dtype="float32")
    return rows.assign(track_id=track, time_s=np.arange(len(emotions), dtype="float64"), emotion=emotions)


NEUTRAL = ["neutral"] * MIN_NEUTRAL_ROWS


def test_rest_is_the_median_of_the_neutral_frames() -> None:
    gaps = [0.1, 0.2, 0.2, 0.3, 9.0, 0.5]
    rows = table([*NEUTRAL, "surprise"], lip_gap=gaps)
    assert resting_measures(rows).loc[1, ["source", "rows"]].tolist() == ["neutral", MIN_NEUTRAL_ROWS]
    assert relative_movements(rows)["jaw_drop"].iloc[-1] == pytest.approx(0.5 - 0.2)


def test_a_baseline_goes_before_neutral_frames() -> None:
    rows = table([*NEUTRAL, "surprise", "surprise"], lip_gap=[0.0] * MIN_NEUTRAL_ROWS + [0.4, 0.5])
    rest = resting_measures(rows, {1: Span(5, 6)})
    assert rest.loc[1, ["source", "rows"]].tolist() == ["baseline", 1]
    assert relative_movements(rows, {1: Span(5, 6)})["jaw_drop"].iloc[-1] == pytest.approx(0.1)


def test_too_few_neutral_frames_are_no_rest() -> None:
    rows = table([*NEUTRAL[1:], "surprise"])
    assert resting_measures(rows).loc[1, "source"] == "unknown"
    assert relative_movements(rows).isna().all(axis=None)


def test_each_person_has_a_rest() -> None:
    one, two = table(NEUTRAL, lip_gap=0.1), table(NEUTRAL, track=2, lip_gap=0.4)
    both = pd.concat([one, two]).sort_values(["time_s", "track_id"], ignore_index=True)
    assert relative_movements(both)["jaw_drop"].max() == pytest.approx(0)
    assert resting_measures(both)["lip_gap"].tolist() == pytest.approx([0.1, 0.4])


def test_sides_have_a_difference_and_the_mean_is_taken_before_the_sign() -> None:
    last = [0.0] * MIN_NEUTRAL_ROWS
    rows = table([*NEUTRAL, "anger"], brow_inner_left=[*last, 0.3], brow_inner_right=[*last, -0.1])
    found = relative_movements(rows).iloc[-1]
    assert found[["brow_inner_raise", "brow_inner_raise_left", "brow_inner_raise_right"]].tolist() == pytest.approx(
        [0.1, 0.3, 0.0]
    )
    assert found["brow_inner_raise_asymmetry"] == pytest.approx(0.3)
    assert found[["brow_lower", "brow_lower_right"]].tolist() == pytest.approx([0.0, 0.05])


def test_what_is_not_measured_stays_unknown() -> None:
    rows = table([*NEUTRAL, "anger"], lip_gap=[0.1] * MIN_NEUTRAL_ROWS + [float("nan")])
    found = relative_movements(rows)
    assert np.isnan(found["jaw_drop"].iloc[-1])
    assert found["jaw_drop"].iloc[:-1].tolist() == pytest.approx([0] * MIN_NEUTRAL_ROWS)


def test_the_index_is_kept_and_an_empty_table_has_the_columns() -> None:
    rows = table(NEUTRAL).set_axis(range(10, 10 + MIN_NEUTRAL_ROWS))
    assert relative_movements(rows).index.tolist() == rows.index.tolist()
    assert tuple(relative_movements(table([])).columns) == MOVEMENT_COLUMNS


def test_a_baseline_without_the_person_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected a baseline in which person 1 is seen; got 50\.00–60\.00 s"):
        resting_measures(table(NEUTRAL), {1: Span(50, 60)})


def test_a_missing_measure_is_named() -> None:
    with pytest.raises(TimelineError, match="none called lip_gap"):
        relative_movements(table(NEUTRAL).drop(columns="lip_gap"))
