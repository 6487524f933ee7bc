"""Plain sentences that say what a statistic shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # statsmodels and scipy.stats take a second to import
    from emotion.studies.statistics.clusters import Cluster, ClusterTest
    from emotion.studies.statistics.contrasts import Contrast
    from emotion.studies.statistics.mixed_results import MixedEffect, MixedModel

ALPHA = 0.05
"""Differences with p below are called reliable."""


CLUSTER_LIMITS = "The test is about each span as a whole, not about when exactly it begins or ends."
"""What a cluster test does not say."""


def contrast_sentence(contrast: Contrast) -> str:
    """Return one sentence on a contrast: which condition was higher, by how much, and how sure that is."""
    p = contrast.p if contrast.p_holm is None else contrast.p_holm
    places = decimals(contrast.low, contrast.high)
    low, high = (number(limit, places) for limit in _ordered(contrast))
    effect = contrast.effects[0]
    details = [p_text(p, corrected=contrast.p_holm is not None), _people(contrast)]
    if math.isfinite(effect.value):
        details.append(f"{effect.name} = {number(effect.value, 2)}")
    told = ", ".join(details)
    if not p < ALPHA:
        size = number(contrast.difference, places)
        low, high = number(contrast.low, places), number(contrast.high, places)
        return (
            f"No reliable difference in {contrast.measure} between {contrast.a} and {contrast.b}: "
            f"{contrast.a} − {contrast.b} = {size} ({_interval(contrast.level)} {low} to {high}; {told})."
        )
    upper, lower = (contrast.a, contrast.b) if contrast.difference > 0 else (contrast.b, contrast.a)
    size = number(abs(contrast.difference), places)
    return (
        f"{contrast.measure} was higher in {upper} than in {lower} by {size} "
        f"({_interval(contrast.level)} {low} to {high}; {told})."
    )


def cluster_sentences(test: ClusterTest) -> list[str]:
    """Return a sentence for each reliable cluster and one on their limits, or a sentence that there is none."""
    reliable = [cluster for cluster in test.clusters if cluster.p < ALPHA]
    if not reliable:
        return [f"At no time was there a reliable difference in {test.measure} between {test.a} and {test.b}."]
    return [*(_cluster_sentence(test, cluster) for cluster in reliable), CLUSTER_LIMITS]


def effect_sentence(model: MixedModel, effect: MixedEffect) -> str:
    """Return one sentence on an effect of a mixed model."""
    places = decimals(effect.low, effect.high)
    size, low, high = (number(each, places) for each in (effect.estimate, effect.low, effect.high))
    found = "differs reliably" if effect.p < ALPHA else "does not differ reliably"
    return (
        f"{model.measure} {found} for {effect.term}: {size} ({_interval(model.level)} {low} to {high}; "
        f"t({effect.df:g}) = {number(effect.t, 2)}, {p_text(effect.p)}, {model.people} people)."
    )


def decimals(low: float, high: float) -> int:
    """Return how many decimals show an interval with two digits of its width, 0–6."""
    width = abs(high - low)
    if not math.isfinite(width) or width == 0:
        return 3
    return min(max(1 - math.floor(math.log10(width)), 0), 6)


def number(value: float, places: int) -> str:
    """Return a number with a given number of decimals and a minus sign (not a hyphen); "unknown" for NaN."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{abs(value):.{places}f}"
    return f"−{text}" if value < 0 and float(text) else text


def p_text(p: float, *, corrected: bool = False) -> str:
    """Return a p-value as text: ``p = 0.031``, ``p < 0.001``, ``p = 0.031 after Holm's correction``."""
    words = "p unknown" if math.isnan(p) else "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{words} after Holm's correction" if corrected else words


def _interval(level: float) -> str:
    return f"{100 * level:g}% interval"


def _ordered(contrast: Contrast) -> tuple[float, float]:
    """Return the limits of the difference of the higher minus the lower."""
    if contrast.difference > 0:
        return contrast.low, contrast.high
    return -contrast.high, -contrast.low


def _people(contrast: Contrast) -> str:
    if contrast.paired:
        return f"{contrast.n_a} people in both"
    return f"{contrast.n_a} and {contrast.n_b} people"


def _cluster_sentence(test: ClusterTest, cluster: Cluster) -> str:
    upper, lower = (test.a, test.b) if cluster.mass > 0 else (test.b, test.a)
    size = number(abs(cluster.difference), decimals(0.0, cluster.difference))
    return (
        f"From {cluster.start_s:g} to {cluster.end_s:g} s, {test.measure} was higher in {upper} than in {lower} "
        f"by {size} on average ({p_text(cluster.p)} in a cluster permutation test)."
    )
