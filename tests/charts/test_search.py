"""Charts of the architecture search: Pareto fronts and winners computed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from emotion.charts.face_parts import history_chart
from emotion.charts.search import (
    front_chart,
    front_of,
    fronts_by_generation,
    generations_chart,
    is_candidates,
    winner_of,
)

NETWORK = "evolved-s8-w16.32.64-d1.2.3-k3.5.3-a1-p0"


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [(0.6, 1.0, 0), (0.5, 2.0, 0), (0.7, 1.6, 1), (0.4, 0.5, 1), (0.65, 0.9, 2), (0.4, 0.6, 2)]
    return pd.DataFrame(
        {
            "candidate": range(1, 7),
            "generation": [row[2] for row in rows],
            "accuracy": [row[0] for row in rows],
            "ms_per_face": [row[1] for row in rows],
            "network": NETWORK,
            "input_size": 48,
            "parameters": 100_000,
            "file_bytes": 120_000,
        }
    )


def test_the_pareto_front_is_not_dominated(table):
    assert front_of(table)["candidate"].tolist() == [4, 5, 3]


def test_the_pareto_front_moves_over_generations(table):
    fronts = fronts_by_generation(table).groupby("up_to")["candidate"].apply(list)
    assert fronts.tolist() == [[1], [4, 1, 3], [4, 5, 3]]


def test_the_winner_is_within_the_time_budget(table):
    assert winner_of(table)["candidate"] == 5
    assert winner_of(table, within_ms=2.0)["candidate"] == 3
    assert winner_of(table, within_ms=0.1)["candidate"] == 4


def test_a_foreign_table_is_refused(table):
    assert is_candidates(table)
    assert not is_candidates(table.iloc[:0])
    assert not is_candidates(table.drop(columns="network"))


def test_charts_have_their_data(table):
    for chart in (front_chart(table), generations_chart(table)):
        assert len(chart.to_dict()["datasets"]) >= 1
    history = pd.DataFrame({"epoch": [1, 2, 3], "score": [-3.0, 0.5, 0.9], "loss": [2.0, 1.0, 0.5]})
    spec = history_chart(history).to_dict()
    assert spec["encoding"]["y"]["scale"]["domain"][0] >= 0
