"""What an analysis shows, in plain sentences: one per person."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.analytics.durations import ROUNDING_S
from emotion.analytics.episodes import episodes
from emotion.analytics.people import person_name
from emotion.analytics.summary import summarise
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

    For example, "Person 2: mostly neutral; smiles at 0:10 and 0:29". Shares are those of
    :func:`emotion.analytics.summary.summarise`; moments leave out flicker.

    Args:
        analysis: An analysis with its edits applied.
        names: Track → name.
    """
    people = sorted(summarise(analysis)["tracks"], key=lambda person: -person["seconds"])
    found = episodes(analysis)
    said = [
        _sentence(
            person["shares"], found[found["track_id"] == person["track_id"]], person_name(person["track_id"], names)
        )
        for person in people[:MAX_PEOPLE]
    ]
    others = len(people) - MAX_PEOPLE
    return said if others <= 0 else [*said, f"{others} more {'person is' if others == 1 else 'people are'} below."]


def _sentence(shares: Mapping[str, float], person: pd.DataFrame, name: str) -> str:
    # The sort is stable: equal shares stay in the order of charts.
    answers = sorted((answer for answer, share in shares.items() if share > 0), key=shares.__getitem__, reverse=True)
    expressions = [answer for answer in answers if answer != UNCLEAR][:2]
    main = answers[0]
    if main == UNCLEAR and shares[main] >= MOSTLY:
        most = ", ".join([f"mostly {main}", *(_with_share(shares, label) for label in expressions[:1])])
    elif shares[main] >= MOSTLY:
        most = f"mostly {main}"
    else:
        # Unclear time is named if it exceeds that of an expression in the sentence.
        last = answers.index(expressions[-1])
        named = [answer for answer in answers[: last + 1] if answer in {*expressions, UNCLEAR}]
        most = listed([_with_share(shares, answer) for answer in named])
    return f"{name}: {most}{_moments(person, *expressions[:1])}"


def _with_share(shares: Mapping[str, float], answer: str) -> str:
    return f"{answer} {shares[answer]:.0%}"


def _moments(person: pd.DataFrame, main: str = "neutral") -> str:
    """Return the longest moments of other expressions, in order of time, grouped by expression."""
    other = person[
        ~person["emotion"].isin([main, UNCLEAR, "neutral"]) & (person["duration_s"] >= MIN_MOMENT_S - ROUNDING_S)
    ]
    longest = other.nlargest(MAX_MOMENTS, "duration_s").sort_values("start_s")
    clocks = longest["start_s"].map(_whole_seconds).groupby(longest["emotion"], sort=False, observed=True).apply(list)
    return "".join(f"; {_VERBS[str(label)]} at {listed(times)}" for label, times in clocks.items())


def _whole_seconds(seconds: float) -> str:
    return clock(int(seconds)).rpartition(".")[0]
