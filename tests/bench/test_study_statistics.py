"""Simulations of studies on a small scale, and that the guide has the latest measurement."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from bench.common.records import read_section
from bench.study_statistics import GUIDE, PARTS, SECTION, measure, tables

CASES = [(part, number, each.what) for part, simulate in PARTS.items() for number, each in enumerate(simulate())]
FEW, FEWER = 80, 12
SLOW = {what for _, _, what in CASES if any(word in what for word in ("mixed", "cluster", "synchrony", "resampled"))}


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_simulated_studies_hit_as_often_as_expected(part: str) -> None:
    """Each count is within the range of 99.98% of counts at the expected share."""
    fast = {what for _, _, what in CASES} - SLOW
    found = [*measure(part, FEW, jobs=1, known=SLOW), *measure(part, FEWER, jobs=1, known=fast)]
    assert len(found) == len(PARTS[part]())
    for what, row in found:
        count, hits = row["studies"], round(row["share"] * row["studies"])
        low, high = binom.ppf([1e-4, 1 - 1e-4], count, row["expected"])
        assert low <= hits <= high, f"{what}: {hits} of {count}, expected {row['expected']:.0%}"


def test_a_test_with_too_many_findings_is_detected() -> None:
    """The bounds above are not so wide that a broken test or interval passes."""
    assert binom.ppf(1 - 1e-4, FEW, 0.05) < 0.2 * FEW
    assert binom.ppf(1e-4, FEW, 0.95) > 0.8 * FEW


def test_studies_are_the_same_in_every_run_and_known_ones_are_left_out() -> None:
    mixed = [what for part, _, what in CASES if part == "power" and "mixed" in what]
    first, again = (list(measure("power", 4, jobs=1, known=mixed)) for _ in range(2))
    assert first == again
    assert [what for what, _ in first] == [what for part, _, what in CASES if part == "power" and what not in mixed]


def test_the_guide_has_the_latest_measurement() -> None:
    record = read_section(SECTION)
    assert record is not None
    rows = {(part, what): row for part, found in record["found"].items() for what, row in found.items()}
    assert set(rows) <= {(part, what) for part, _, what in CASES}
    assert all(row["studies"] >= 1000 for row in rows.values())
    assert tables(record["found"]) in GUIDE.read_text(encoding="utf-8")


def test_rows_outside_the_margin_or_missing_say_so() -> None:
    (_, _, good), (_, _, bad), (_, _, missing), *_ = CASES
    row = {"share": 0.052, "expected": 0.05, "margin": 0.01, "studies": 1000}
    text = tables({"null": {good: row, bad: row | {"share": 0.091}}})
    assert f"| {good} | 5.2 | 5.0 | 1,000 | yes |" in text
    assert f"| {bad} | 9.1 | 5.0 | 1,000 | no |" in text
    assert f"| {missing} | not simulated yet | 5.0 | | |" in text
