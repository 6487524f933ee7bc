"""Charts of two people: lines that differ without colour, gaps, and who leads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from emotion.charts.pairs import colours_of_pair, lag_chart, letters_of, tracks_chart
from emotion.publication.figure import figure
from emotion.publication.formats import FigureFormat
from emotion.studies.pair_figures import pair_synchrony
from emotion.studies.pair_tracks import PairTracks, pair_tracks
from emotion.studies.rows import rows_of
from tests.pairs import following

NAMES = ("Anna", "Ben")


def tracks_of(late_s: float, seconds: float = 60) -> PairTracks:
    analysis = following(late_s, seconds=seconds)
    return pair_tracks(rows_of(analysis), (1, 2), "happiness")


def table_of(chart, layer: int) -> pd.DataFrame:
    spec = chart.to_dict()
    return pd.DataFrame(spec["datasets"][spec["layer"][layer]["data"]["name"]])


def test_letters_tell_people_apart():
    assert letters_of(NAMES) == ("A", "B")
    assert letters_of(("Person 1", "Person 2")) == letters_of(("Anna", "Alex")) == letters_of(("", "x")) == ("1", "2")
    assert list(colours_of_pair(NAMES)) == ["Anna (A)", "Ben (B)"]


def test_lines_differ_in_dashes_and_have_gaps_where_somebody_is_unknown():
    tracks = tracks_of(0.0)
    second = tracks.second.copy()
    second[200:300] = np.nan
    chart = tracks_chart(replace(tracks, second=second), NAMES, "Happiness")
    line = next(layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "line")
    assert len(set(map(str, line["encoding"]["strokeDash"]["scale"]["range"]))) == 2
    rows = table_of(chart, 0)
    assert rows.groupby("person")["run"].nunique().to_dict() == {"Anna": 1, "Ben": 2}
    assert {table_of(chart, layer)["letter"].item() for layer in (1, 2)} == {"A", "B"}
    assert "Happiness of Anna (solid) and Ben (dashed)" in chart.to_dict()["description"]


def test_cells_are_strongest_at_the_lag_on_the_leader_s_side():
    tracks = tracks_of(0.6)
    windows, _ = pair_synchrony(tracks)
    chart = lag_chart(windows, tracks, NAMES)
    cells = table_of(chart, 0)
    mean = cells.groupby(cells["lag_s"].round(1))["r"].mean()
    assert mean.idxmax() == 0.6
    assert 0.0 in mean.index
    thin = (cells["high"] - cells["low"]).round(6)
    assert set(thin[cells["r"] < 0]) == {0.1}
    assert set(thin[cells["r"] > 0]) == {0.2}
    words = table_of(chart, 2).set_index("text")["low"]
    assert words["Anna leads, Ben follows"] > 2
    assert words["Ben leads, Anna follows"] < -2


def test_an_hour_has_a_few_thousand_marks():
    tracks = tracks_of(0.6, seconds=1800)
    windows, _ = pair_synchrony(tracks)
    assert len(table_of(lag_chart(windows, tracks, NAMES), 0)) <= 2600
    assert len(table_of(tracks_chart(tracks, NAMES, "Happiness"), 0)) <= 800


def test_both_are_saved_for_print():
    tracks = tracks_of(0.6)
    windows, _ = pair_synchrony(tracks)
    for chart in (tracks_chart(tracks, NAMES, "Happiness"), lag_chart(windows, tracks, NAMES)):
        assert b"<svg" in figure(chart, FigureFormat("svg", 89.0, greyscale=True))
