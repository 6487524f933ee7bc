"""Figures and downloads of the tables on a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from emotion.csv_text import csv_bytes, rounded
from ui.common.plain import plain


def with_minus(table: pd.DataFrame, form: str = "z.3f", **forms: str) -> Styler:
    """Return a short table whose figures have a minus sign, for which the formats of Streamlit write a hyphen.

    A column setting with a format would win over this.

    Args:
        table: The table; sorting goes by its numbers.
        form: Python's format of floats.
        **forms: Formats of single columns.
    """
    texts: dict[Any, Any] = {
        name: partial(_text, form=forms.get(str(name), form)) for name in table.select_dtypes("float")
    }
    return table.style.format(texts, na_rep="–")


def _text(value: float, form: str) -> str:
    return format(value, form).replace("-", "−")


def csv_button(
    label: str,
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    key: str,
    *,
    hidden: tuple[str, ...] = (),
    exact: bool = False,
) -> None:
    """Show a button that downloads a table as CSV, escaped so that no spreadsheet runs a cell as a formula.

    Streamlit's own button above a table does not escape cells, so ``.streamlit/config.toml`` switches it off.

    Args:
        label: What the table contains; shown on the button and used as the file's name.
        table: The table, or a function that makes it on click.
        key: Key of the button.
        hidden: Columns to leave out.
        exact: Whether to write all digits, such as for times of frames.
    """
    digits = None if exact else rounded
    st.download_button(
        f"{plain(label)} as CSV",
        lambda: csv_bytes((table() if callable(table) else table).drop(columns=list(hidden)), digits),
        f"{label.lower().replace(' ', '-')}.csv",
        "text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )
