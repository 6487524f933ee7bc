"""Plain sentences that say how the expressions of two people go together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from emotion.errors import count_text
from emotion.studies.measures import measure as measure_named
from emotion.studies.pair_figures import PairFigures, SmilingTogether
from emotion.studies.pair_results import MIN_PAIRS
from emotion.studies.statistics.sentences import ALPHA, number, p_text
from emotion.studies.statistics.synchrony import Synchrony

SHIFTS_ASSUME = "The test shifts one track in time. It assumes that neither track has a trend."
"""What the test of one pair assumes."""

SAME_CAUSE = (
    "Two people who watch or do the same thing move together without any contact. Only shuffled pairs, in a study with "
    "three pairs or more, can tell that apart."
)
"""What the test of one pair cannot tell."""

SHUFFLED_ASSUME = (
    "The test pairs each first person with second people of other videos. It assumes that without synchrony any two of "
    "them could have been a pair, as all saw or did the same at the same times."
)
"""What the test against shuffled pairs assumes."""

LEADING_MEANS = "Leading means earlier in time, not that one person causes what the other shows."
"""What leading does not mean."""


def pair_sentences(found: PairFigures, names: tuple[str, str]) -> list[str]:
    """Return sentences on how two people's tracks go together: whether, who leads, and smiling together.

    Args:
        found: The figures.
        names: Names of the first and the second person.
    """
    sentences = [_together_sentence(found, names)]
    if found.p < ALPHA:
        sentences += [_lag_sentence(found.synchrony, names), _leads_sentence(found.synchrony, names)]
    else:
        sentences.append("Lag and leader say nothing here.")
    if found.smiles is not None:
        sentences.append(smile_sentence(found.smiles, names))
    return sentences


def _together_sentence(found: PairFigures, names: tuple[str, str]) -> str:
    title = measure_named(found.tracks.measure).title
    facts = f"r = {number(found.r, 2)} without lag, {p_text(found.p)} against shifted tracks"
    seen = f"both are seen for {found.tracks.both_s:.0f} s"
    if found.p < ALPHA:
        return f"{title} of {names[0]} moves with {title.lower()} of {names[1]} ({facts}; {seen})."
    return f"No reliable sign that {title.lower()} of {names[0]} moves with that of {names[1]} ({facts}; {seen})."


def _lag_sentence(found: Synchrony, names: tuple[str, str]) -> str:
    largest = f"The mean correlation is largest, {number(found.r, 2)},"
    if found.lag_s == 0:
        return f"{largest} without lag: nobody leads."
    leader, other = names if found.lag_s > 0 else names[::-1]
    return f"{largest} if {other} follows {abs(found.lag_s):.1f} s after {leader}."


def _leads_sentence(found: Synchrony, names: tuple[str, str]) -> str:
    first, second = (f"{share:.0%}" for share in (found.first_leads, found.second_leads))
    return f"{names[0]} leads in {first} and {names[1]} in {second} of {found.windows:,} windows."


def smile_sentence(found: SmilingTogether, names: tuple[str, str]) -> str:
    """Return one sentence on how much two people smile together."""
    over = f"happiness over {found.over:g}{' above the baseline' if found.relative else ''}"
    words = (
        f"{names[0]} and {names[1]} smile together ({over}) in {found.share:.0%} of the time in "
        f"which both are seen; by chance it would be {found.chance:.0%}"
    )
    return f"{words}." if math.isnan(found.p) else f"{words} ({p_text(found.p)} against shifted tracks)."


def stimulus_sentence(test: Mapping[Any, Any], measure: str) -> str:
    """Return one sentence on the pairs of a stimulus: more together than shuffled ones or not, or too few to tell.

    Args:
        test: A row of :attr:`emotion.studies.pair_results.StudyPairs.tests`.
        measure: The measure.
    """
    title = measure_named(measure).title.lower()
    name, pairs = test["stimulus"], int(test["pairs"])
    counted = count_text(pairs, "pair")
    if math.isnan(test["p"]):
        return f"{name}: {counted}, mean r = {number(test['r'], 2)}; shuffled pairs need {MIN_PAIRS} or more."
    found = "moves together more than" if test["p_holm"] < ALPHA else "does not reliably move together more than"
    least = 1 / math.factorial(pairs) if pairs < 10 else 0.0
    few = f" With {pairs} pairs the smallest possible p is {number(least, 2)}." if least > ALPHA else ""
    return (
        f"{name}: {title} of {counted} {found} that of shuffled pairs (mean r = {number(test['r'], 2)} and "
        f"{number(test['r_shuffled'], 2)}; {_p_text(test, 'p')}).{few}"
    )


def stimulus_smiles(test: Mapping[Any, Any]) -> str:
    """Return one sentence on how much the pairs of a stimulus smile together; empty if it is unknown."""
    if math.isnan(test["smiling_together"]):
        return ""
    words = f"{test['stimulus']}: both smile in {test['smiling_together']:.0%} of the time on average"
    if math.isnan(test["smiling_p"]):
        return f"{words}."
    return f"{words}, shuffled pairs in {test['smiling_shuffled']:.0%} ({_p_text(test, 'smiling_p')})."


def _p_text(test: Mapping[Any, Any], name: str) -> str:
    """Return a test's corrected p-value; with one stimulus there is nothing to correct for."""
    corrected = test[f"{name}_holm"]
    return p_text(corrected, corrected=corrected != test[name])
