"""Table columns of shares: bars with whole percentages, the same on every page."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.flicker import EXPLAIN

_DIGITS = 2


def share_column(title: str | None = None, explanation: str | None = None, **options: Any) -> Any:
    """Return a column of bars for shares from 0 to 1, labelled as percentages.

    Args:
        title: Heading; the table's own if None.
        explanation: Help text of the heading.
        options: Further arguments of ``st.column_config.ProgressColumn``.
    """
    return st.column_config.ProgressColumn(
        title, help=explanation, format="percent", min_value=0, max_value=1, **options
    )


def changes_column() -> Any:
    """Return the column of expression changes per minute, with an explanation of what counts.

    The heading is short, so that tables with many figures fit a window of 1280 px.
    """
    return st.column_config.NumberColumn(
        "Changes/min", width=95, format="%.1f", help=f"Changes of expression per minute. {EXPLAIN}"
    )


def whole_percent(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table with shares rounded to whole percentages; Streamlit would show every digit."""
    return table.round(dict.fromkeys(columns, _DIGITS))
