"""Shares in tables: bars with whole per cent, the same on every page."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.flicker import EXPLAIN

_DIGITS = 2


def share_column(title: str | None = None, explanation: str | None = None, **options: Any) -> Any:
    """Return a column of bars from 0 to 1 that are read as per cent.

    Args:
        title: Heading; the table's own if None.
        explanation: Shown where the heading is pointed at.
        options: More of ``st.column_config.ProgressColumn``.
    """
    return st.column_config.ProgressColumn(
        title, help=explanation, format="percent", min_value=0, max_value=1, **options
    )


def changes_column() -> Any:
    """Return the column of how often an expression changed, with what counts as a change."""
    return st.column_config.NumberColumn("Changes of expression per minute", format="%.1f", help=EXPLAIN)


def whole_percent(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table to be looked at: shares in whole per cent, as Streamlit shows all digits there are."""
    return table.round(dict.fromkeys(columns, _DIGITS))
