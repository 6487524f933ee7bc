"""Shows a chart, explains it, and offers it as a figure for print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from emotion.publication.figure import figure
from emotion.publication.formats import MEDIA_TYPES, NARROWEST_MM, WIDEST_MM, WIDTHS_MM, FigureFormat
from ui.common.errors import fragment

_OTHER = "Other"
_TITLES = {"svg": "SVG", "pdf": "PDF"}


def show_chart(
    chart: alt.Chart | alt.LayerChart, key: str, name: str = "figure", *, how: Sequence[str] = (), **options: Any
) -> None:
    """Show a chart, and below it how to read it and a menu that saves it as SVG or PDF.

    Args:
        chart: One of :mod:`emotion.charts`.
        key: The chart's key, unique on the page.
        name: Name of saved files, without an extension.
        how: Paragraphs for :func:`how_to_read`; none if the chart needs no explanation.
        options: Other arguments of ``st.altair_chart``; the width is "stretch" by default.
    """
    options.setdefault("width", "stretch")
    st.altair_chart(chart, key=key, **options)
    with st.container(horizontal=True, horizontal_alignment="distribute" if how else "right"):
        if how:
            how_to_read(*how)
        _offer_figure(chart, key, name)


@fragment()
def _offer_figure(chart: alt.TopLevelMixin, key: str, name: str) -> None:
    """Show the menu; fill it only when it is open, because pages have many charts."""
    menu = st.popover(
        "Save figure", icon=":material/download:", type="tertiary", key=f"{key}_figure", on_change="rerun"
    )
    if not menu.open:
        return
    with menu:
        chosen = _choose(key)
        st.download_button(
            "Download",
            lambda: figure(chart, chosen),
            f"{name}.{chosen.kind}",
            MEDIA_TYPES[chosen.kind],
            key=f"{key}_figure_download",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )


def _choose(key: str) -> FigureFormat:
    kind = st.segmented_control(
        "Format", list(_TITLES), default="svg", required=True, format_func=_TITLES.__getitem__, key=f"{key}_figure_kind"
    )
    width_mm, greyscale = choose_size(key)
    return FigureFormat(str(kind), width_mm, greyscale)


def choose_size(key: str, default: str = "One column") -> tuple[float, bool]:
    """Let the visitor choose width and colour of a figure; return the width in mm and whether it is greyscale."""
    widths = [*WIDTHS_MM, _OTHER]
    width = st.selectbox(
        "Width", widths, widths.index(default), format_func=_width_text, key=f"{key}_figure_width", filter_mode=None
    )
    width_mm = WIDTHS_MM.get(str(width))
    if width_mm is None:
        width_mm = st.number_input("Width, mm", NARROWEST_MM, WIDEST_MM, 150, key=f"{key}_figure_mm")
    greyscale = st.toggle("Greyscale", key=f"{key}_figure_grey", help="Patterns instead of colours")
    return float(width_mm), greyscale


def _width_text(width: str) -> str:
    return f"{width} ({WIDTHS_MM[width]} mm)" if width in WIDTHS_MM else f"{width} …"


def how_to_read(*paragraphs: str) -> None:
    """Show a button that opens an explanation of the chart above it.

    Args:
        *paragraphs: Markdown of this program; empty ones are left out. Text from people goes through
            :func:`ui.common.plain.plain` first.
    """
    with st.popover("How to read this", type="tertiary", icon=":material/help:"):
        st.markdown("\n\n".join(text for text in paragraphs if text))
