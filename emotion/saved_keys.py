"""Current names for keys that files of earlier versions have under other names."""

from __future__ import annotations

from typing import Any

RENAMED = {"unclear_below": "abstain_below", "unclear_slopes": "abstain_slopes"}
"""Earlier key → key that is written today, in model cards, evaluations, saved analyses and batch summaries."""


def with_current_keys(value: Any) -> Any:
    """Return a JSON value with earlier keys renamed, in nested objects and lists too.

    Where an object has both names, the current one wins.
    """
    if isinstance(value, list):
        return [with_current_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    current = {key: with_current_keys(item) for key, item in value.items() if key not in RENAMED}
    earlier = {RENAMED[key]: with_current_keys(item) for key, item in value.items() if key in RENAMED}
    return earlier | current
