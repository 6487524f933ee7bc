"""The note on curves whose last seconds few people have."""

from __future__ import annotations

import pandas as pd

from ui.studies.results import thin_ends


def curve(**people: list[int]) -> pd.DataFrame:
    rows = [(name, second, count) for name, counts in people.items() for second, count in enumerate(counts)]
    return pd.DataFrame(rows, columns=["stimulus", "second", "people"])


def test_seconds_of_less_than_half_of_the_people_are_named():
    said = thin_ends(curve(news=[5, 6, 6, 3, 2, 1], film=[4, 4, 2, 2]), "stimulus")
    assert said == "Fewer than half of the people have values at the end: news from 4 s."


def test_gaps_in_the_middle_and_empty_ends_are_no_thin_ends():
    assert thin_ends(curve(news=[6, 1, 6, 6, 0, 0], film=[1, 1]), "stimulus") == ""
