"""The tables of docs/movements.md, and areas under the curve with known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.timeline import OPENNESS
from emotion.vision.movement_codebook import MEASURE_COLUMNS
from training.evaluation.movement_groups import PAIRS, areas, pose_slopes
from training.evaluation.movement_tables import GUIDE, tables, write_tables

COLUMNS = [*MEASURE_COLUMNS, *OPENNESS]


def test_the_guide_has_the_tables_of_the_codebook_and_of_the_measurement() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables().items():
        assert f"<!-- {name}: begin -->\n{table}<!-- {name}: end -->" in text, (
            "run python -m training.evaluation.movement_groups --tables"
        )


def test_writing_the_tables_again_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "movements.md"
    copy.write_text(GUIDE.read_text(encoding="utf-8"), encoding="utf-8")
    write_tables(copy)
    assert copy.read_text(encoding="utf-8") == GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("shift", "area"), [(10.0, 1.0), (-10.0, 0.0), (0.0, 0.5)])
def test_areas_of_faces_that_are_moved(shift: float, area: float) -> None:
    """Every measure of the happy faces is shifted, so movements that grow with it separate them."""
    rng = np.random.default_rng(0)
    labels = np.repeat(["neutral", "sadness", *sorted({expression for expression, _, _ in PAIRS} - {"sadness"})], 400)
    values = pd.DataFrame(rng.normal(size=(len(labels), len(COLUMNS))), columns=COLUMNS)
    values[labels == "happiness"] += shift
    rows = areas(values, labels, np.ones(len(labels), bool))
    smile = next(row for row in rows if row["movements"] == ["lip_corner_up"])
    assert smile["against_neutral"] == pytest.approx(area, abs=0.04)
    assert smile["against_neutral_ahead"] == smile["against_neutral"]
    assert smile["against_rest"] == pytest.approx(area, abs=0.04)
    anger = next(row for row in rows if row["movements"] == ["brow_lower"])
    assert anger["against_neutral"] == pytest.approx(0.5, abs=0.04)


def test_faces_with_unknown_eyes_are_left_out_where_eyes_are_needed() -> None:
    labels = np.repeat(["neutral", "surprise"], 50)
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(100, len(COLUMNS))), columns=COLUMNS)
    values.loc[labels == "surprise", OPENNESS] += 10.0
    values.loc[::2, OPENNESS] = np.nan
    rows = [row for row in areas(values, labels, labels != "") if row["expression"] == "surprise"]
    found = {tuple(row["movements"]): row["against_neutral"] for row in rows}
    assert found["eye_openness",] == 1.0
    assert 0.3 < found["lid_raise",] < 0.7


def test_slopes_of_measures_that_follow_the_pose() -> None:
    """The second measure grows by 0.02 per 10° of pitch, the first shrinks by 0.01 per 10° of yaw."""
    poses = np.random.default_rng(0).uniform(-20, 20, (50, 2))
    values = np.column_stack([-0.001 * poses[:, 0] + 0.3, 0.002 * poses[:, 1], np.zeros(50)])
    assert pose_slopes(values, poses) == {"faces": 50, "largest_per_10_deg": 0.02}


def test_a_set_without_an_expression_has_no_area() -> None:
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(20, len(COLUMNS))), columns=COLUMNS)
    labels = np.repeat(["neutral", "happiness"], 10)
    missing = {row["expression"] for row in areas(values, labels, labels != "") if row["against_neutral"] is None}
    assert missing == {"surprise", "anger", "sadness", "fear"}
