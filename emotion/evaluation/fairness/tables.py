"""Tables of the figures of each group: as text for people, and as numbers for files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from emotion.evaluation.fairness.report import ACCURACY, LEVEL, NOT_FOUND, Fairness, Share

DIFFERS = "they differ"


def groups_table(found: Fairness) -> pd.DataFrame:
    """Return a row of text per group, with 95% intervals in brackets."""
    rows = [
        {
            "Group": group.name,
            "Judged": group.accuracy.of,
            "Accuracy": _share(group.accuracy),
            "Expected": "–" if group.expected is None else f"{group.expected:.1%}",
            "Mean recall": "–" if group.balanced is None else _with_interval(*group.balanced),
            "Faces not found": _share(group.not_found),
        }
        for group in found.groups
    ]
    return pd.DataFrame(rows)


def recalls_table(found: Fairness) -> pd.DataFrame:
    """Return a row of text per expression, with a column per group."""
    rows = [
        [label, *(f"{_share(group.recalls[label])} of {group.recalls[label].of}" for group in found.groups)]
        for label in found.groups[0].recalls
    ]
    return pd.DataFrame(rows, columns=["Recall of", *(group.name for group in found.groups)])


def differences_table(found: Fairness) -> pd.DataFrame:
    """Return a row of text per test."""
    rows = [
        (one.what, f"{one.statistic:.2f}", f"{one.p:.4f}", f"{one.p_holm:.4f}", DIFFERS if one.differs else "not shown")
        for one in found.tests
    ]
    return pd.DataFrame(rows, columns=["Difference in", "Statistic", "p", "p (Holm-corrected)", f"At {LEVEL:.0%}"])


def to_table(found: Fairness) -> pd.DataFrame:
    """Return a row per figure: ``group``, ``measure``, ``label``, ``count``, ``of``, ``value``, ``low``, ``high``."""
    rows: list[dict[str, Any]] = []
    for group in found.groups:
        measures = [(ACCURACY, "", group.accuracy), (NOT_FOUND, "", group.not_found)]
        measures += [("recall", label, share) for label, share in group.recalls.items()]
        rows += [{"group": group.name, "measure": what, "label": label} | asdict(one) for what, label, one in measures]
        if group.balanced is not None:
            value, low, high = group.balanced
            rows.append({"group": group.name, "measure": "balanced accuracy", "value": value, "low": low, "high": high})
        rows.append({"group": group.name, "measure": "expected accuracy", "value": group.expected})
    columns = ["group", "measure", "label", "count", "of", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({"count": "Int64", "of": "Int64"})


def _share(share: Share) -> str:
    return "–" if share.value is None else _with_interval(share.value, share.low, share.high)


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%} ({100 * low:.1f}–{100 * high:.1f})"
