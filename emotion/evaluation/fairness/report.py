"""Figures of each group with intervals, tests for differences between groups, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emotion.errors import DatasetError, count_text
from emotion.evaluation.fairness.association import RESAMPLES, permutation_test
from emotion.evaluation.metrics import wilson_interval
from emotion.evaluation.user_evaluation.judge import answers, limited_choice
from emotion.evaluation.user_evaluation.run import NO_FACE, UserEvaluation
from emotion.labels import EMOTIONS
from emotion.studies.statistics.contrasts import holm

LEVEL = 0.05
"""Family-wise significance level of the tests."""
FEW, FEW_OF_A_CLASS = 30, 10
"""With fewer pictures, the interval of an accuracy spans a third of the range, and that of a recall half of it."""
_BOOTSTRAPS = 2000

ACCURACY, NOT_FOUND, RECALL = "accuracy", "faces not found", "recall of "


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a total, with Wilson's 95% interval of the share; ``value`` is None if the total is 0."""

    count: int
    of: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """One group.

    Attributes:
        name: Name of its folder or in the table.
        accuracy: Accuracy on its pictures.
        expected: Accuracy with this group's mix of expressions and everybody's recalls, 0–1.
        balanced: Mean recall of the expressions that all groups have, 0–1, with its 95% bootstrap interval within
            expressions; None if there are fewer than two.
        not_found: Photographs in which no face was found.
        recalls: Expression → recall.
    """

    name: str
    accuracy: Share
    expected: float | None
    balanced: tuple[float, float, float] | None
    not_found: Share
    recalls: dict[str, Share]


@dataclass(frozen=True, slots=True)
class Tested:
    """Result of one test for a difference between groups.

    Attributes:
        what: The measure that was tested.
        statistic: See :func:`emotion.evaluation.fairness.association.permutation_test`.
        p: p-value of this test.
        p_holm: p-value adjusted for the number of tests.
        differs: Whether the adjusted one is below :data:`LEVEL`.
    """

    what: str
    statistic: float
    p: float
    p_holm: float
    differs: bool


@dataclass(frozen=True, slots=True)
class Fairness:
    """A model's figures for each group.

    Attributes:
        model: Name of the model.
        groups: In the order of their names.
        tests: Tests for differences.
        shared_labels: Expressions that every group has.
        warnings: Sentences on too few pictures.
        notes: Sentences on assumptions and on pictures left out.
    """

    model: str
    groups: tuple[Group, ...]
    tests: tuple[Tested, ...]
    shared_labels: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


def judge_groups(evaluation: UserEvaluation, model: str, groups: Mapping[str, str]) -> Fairness:
    """Compare one model of a user evaluation between groups.

    Args:
        evaluation: The answers.
        model: One of its models.
        groups: Picture → group; pictures without one are left out.

    Raises:
        DatasetError: Fewer than two groups have a picture with a label that the model knows.
    """
    judged = answers(evaluation, model)[["file", "true", "answered", "right", "picture"]]
    judged = judged.assign(group=judged["file"].map(groups), searched=evaluation.searched[judged["picture"]])
    judged = judged.dropna(subset=["group"])
    no_face = [groups.get(one.name) for one in evaluation.unread if one.reason == NO_FACE]
    missed = pd.Series(no_face, dtype=object).dropna()
    if judged["group"].nunique() < 2:
        found = ", ".join(sorted(judged["group"].unique())) or "none"
        raise DatasetError(f"expected pictures of two groups with labels that {model} knows; got {found}")
    broken = sum(one.reason != NO_FACE and one.name in groups for one in evaluation.unread)
    lost = {str(group): int(count) for group, count in missed.value_counts().items()}
    fairness = compare(judged, lost, model, broken)
    return replace(fairness, notes=tuple(filter(None, (limited_choice(evaluation, model), *fairness.notes))))


def compare(
    judged: pd.DataFrame, missed: Mapping[str, int], model: str = "", broken: int = 0, resamples: int = RESAMPLES
) -> Fairness:
    """Compare the groups of scored pictures.

    Args:
        judged: ``group``, ``true``, ``right`` and ``searched`` (whether a face was searched for in it), a row per
            picture.
        missed: Group → number of photographs in which no face was found.
        model: Name of the model.
        broken: Number of unreadable pictures.
        resamples: Number of permutations per test.
    """
    # Includes groups without a single face found.
    names = sorted({*judged["group"], *missed})
    labels = sorted(judged["true"].unique(), key=EMOTIONS.index)
    total = pd.crosstab(judged["true"], judged["group"]).reindex(labels, columns=names, fill_value=0).to_numpy(np.int64)
    hits = judged[judged["right"]]
    right = pd.crosstab(hits["true"], hits["group"]).reindex(labels, columns=names, fill_value=0).to_numpy(np.int64)
    lost = np.array([missed.get(name, 0) for name in names], np.int64)
    searched = judged["searched"].groupby(judged["group"]).sum().reindex(names, fill_value=0)
    photographs = searched.to_numpy(np.int64) + lost
    not_found = [share_of(*counts) for counts in zip(lost.tolist(), photographs.tolist(), strict=True)]
    shared = [place for place in range(len(labels)) if (total[place] > 0).all()]
    groups = tuple(
        _group(name, labels, right[:, place], total[:, place], not_found[place], right, total, shared)
        for place, name in enumerate(names)
    )
    return Fairness(
        model, groups, _tests(labels, right, total, lost, photographs, resamples),
        tuple(labels[place] for place in shared),
        _warnings(groups, labels, total), _notes(lost, broken),
    )  # fmt: skip


def share_of(count: int, of: int) -> Share:
    """Return a count out of a total with its interval."""
    return Share(count, of, count / of if of else None, *wilson_interval(count, of))


def _group(
    name: str,
    labels: Sequence[str],
    right: np.ndarray,
    total: np.ndarray,
    not_found: Share,
    all_right: np.ndarray,
    all_total: np.ndarray,
    shared: Sequence[int],
) -> Group:
    judged = int(total.sum())
    usual = all_right.sum(1) / all_total.sum(1)
    return Group(
        name,
        share_of(int(right.sum()), judged),
        float((total * usual).sum() / judged) if judged else None,
        _balanced(right[list(shared)], total[list(shared)]),
        not_found,
        {label: share_of(int(k), int(n)) for label, k, n in zip(labels, right, total, strict=True)},
    )


def _balanced(right: np.ndarray, total: np.ndarray) -> tuple[float, float, float] | None:
    if len(total) < 2:
        return None
    recalls = right / total
    drawn = np.random.default_rng(0).binomial(total, recalls, (_BOOTSTRAPS, len(total))) / total
    low, high = np.quantile(drawn.mean(1), [0.025, 0.975])
    return float(recalls.mean()), float(low), float(high)


def _tests(
    labels: Sequence[str],
    right: np.ndarray,
    total: np.ndarray,
    lost: np.ndarray,
    photographs: np.ndarray,
    resamples: int,
) -> tuple[Tested, ...]:
    tables = {ACCURACY: (right, total)}
    tables |= {f"{RECALL}{label}": (right[[row]], total[[row]]) for row, label in enumerate(labels)}
    if lost.any():
        tables[NOT_FOUND] = (lost[None], photographs[None])
    # Measures that only one group has cannot be compared.
    tables = {what: pair for what, pair in tables.items() if (pair[1].sum(0) > 0).sum() > 1}
    found = {what: permutation_test(*pair, resamples=resamples) for what, pair in tables.items()}
    corrected = holm([one.p for one in found.values()]).tolist()
    return tuple(
        Tested(what, one.statistic, one.p, p, p < LEVEL)
        for (what, one), p in zip(found.items(), corrected, strict=True)
    )


def _warnings(groups: Sequence[Group], labels: Sequence[str], total: np.ndarray) -> tuple[str, ...]:
    few = [f"{group.name} ({group.accuracy.of})" for group in groups if group.accuracy.of < FEW]
    rare = [label for label, row in zip(labels, total, strict=True) if (row < FEW_OF_A_CLASS).any()]
    warnings = []
    if few:
        warnings.append(f"Fewer than {FEW} pictures of {', '.join(few)} were scored: differences may go unnoticed.")
    if rare:
        warnings.append(
            f"Some group has fewer than {FEW_OF_A_CLASS} pictures of {', '.join(rare)}: these recalls are imprecise."
        )
    return tuple(warnings)


def _notes(lost: np.ndarray, broken: int) -> tuple[str, ...]:
    notes = [
        "Accuracy is compared between pictures of the same expression, so groups may differ in their mix of them.",
        "Pictures are assumed to be independent: with several of one person, intervals are too narrow and p-values too "
        "small.",
        "A difference that is not significant may still exist.",
    ]
    if lost.any():
        notes.append("Photos without a detected face are compared separately and do not count towards accuracy.")
    if broken:
        notes.append(f"{count_text(broken, 'picture')} could not be read: left out.")
    return tuple(notes)
