"""What an analysis shows, in plain sentences: one per person."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.analytics.episodes import episodes
from emotion.analytics.people import person_name
from emotion.evaluation.cards.document import listed
from emotion.labels import UNCLEAR
from emotion.report.facts import clock
from emotion.types import Analysis

MAX_PEOPLE = 3
"""People who get a sentence: those who are seen longest."""

MOSTLY = 0.5
"""Share of a person's time from which an expression counts as shown most of the time."""

MIN_MOMENT_S = 0.5
MAX_MOMENTS = 3
"""Moments that a sentence names: the longest ones, of at least :data:`MIN_MOMENT_S`."""

_VERBS = {
    "happiness": "smiles",
    "surprise": "looks surprised",
    "sadness": "looks sad",
    "anger": "looks angry",
    "disgust": "looks disgusted",
    "fear": "looks afraid",
    "contempt": "looks contemptuous",
}


def describe(analysis: Analysis, names: Mapping[int, str]) -> list[str]:
    """Return a sentence for each of the people who are seen longest.

    For example, "Person 2: mostly neutral; smiles at 0:10 and 0:29".

    Args:
        analysis: An analysis with its edits applied.
        names: Track → name.
    """
    found = episodes(analysis)
    if found.empty:
        return []
    seen_s = found.groupby("track_id")["duration_s"].sum().sort_values(ascending=False, kind="stable")
    said = [
        _sentence(found[found["track_id"] == track], person_name(track, names)) for track in seen_s.index[:MAX_PEOPLE]
    ]
    others = len(seen_s) - MAX_PEOPLE
    return said if others <= 0 else [*said, f"{others} more {'person is' if others == 1 else 'people are'} below."]


def _sentence(person: pd.DataFrame, name: str) -> str:
    shares = person.groupby("emotion")["duration_s"].sum() / person["duration_s"].sum()
    main = str(shares.idxmax())
    if shares[main] >= MOSTLY:
        most = f"mostly {main}"
    else:
        most = " and ".join(f"{label} {share:.0%}" for label, share in shares.nlargest(2).items())
    return f"{name}: {most}{_moments(person, main)}"


def _moments(person: pd.DataFrame, main: str) -> str:
    """Return the longest moments of other expressions, in order of time, grouped by expression."""
    other = person[~person["emotion"].isin([main, UNCLEAR, "neutral"]) & (person["duration_s"] >= MIN_MOMENT_S)]
    longest = other.nlargest(MAX_MOMENTS, "duration_s").sort_values("start_s")
    clocks = longest["start_s"].map(_whole_seconds).groupby(longest["emotion"], sort=False, observed=True).apply(list)
    return "".join(f"; {_VERBS[str(label)]} at {listed(times)}" for label, times in clocks.items())


def _whole_seconds(seconds: float) -> str:
    return clock(int(seconds)).rpartition(".")[0]
