"""Overview: how much of each expression there is, in figures and as shares of time."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion.analytics.abstention import explain
from emotion.analytics.summary import summarise
from emotion.labels import UNCLEAR
from emotion.types import Analysis
from ui.common.reading import how_to_read
from ui.common.widgets import share_text, shares_table


def show_overview(analysis: Analysis, track: int | None) -> None:
    """Show the figures of everybody or of one person.

    Args:
        analysis: The analysis with its edits applied.
        track: The chosen person; None for everybody.
    """
    summary = summarise(analysis)
    show_figures(summary)
    person = next((one for one in summary["tracks"] if one["track_id"] == track), summary)
    if person["dominant"] is None:
        return
    shares_table(person["shares"])
    unclear = f"**Unclear** (striped): {explain(summary['abstain_below'])}" if summary["abstain_below"] > 0 else ""
    how_to_read(
        "Each bar is a share of the time in which faces are seen. Two people in view for one second make two seconds.",
        unclear,
    )


def show_figures(summary: dict[str, Any]) -> None:
    """Show the figures of a whole video.

    Args:
        summary: What :func:`emotion.analytics.summary.summarise` returns.
    """
    limited = summary["abstain_below"] > 0
    leads = "The expression that leads for the longest time"
    smiles = "Frames where happiness leads / frames with a face"
    figures: dict[str, tuple[Any, str | None]] = {
        "Dominant expression": (
            summary["dominant"] or "–",
            f"{leads}, not counting unclear time" if limited else leads,
        ),
        "Smile index": (share_text(summary["smile_index"]), f"{smiles} and a clear answer" if limited else smiles),
        "People": (len(summary["tracks"]), "Each track counts as one person; a cut in the video starts new tracks"),
        "Frames with a face": (f"{summary['frames_with_face']:,}", None),
        "Frames without a face": (f"{summary['frames_without_face']:,}", None),
    }
    if limited:
        share = share_text(summary["shares"][UNCLEAR])
        figures["Unclear"] = (share, f"Share of the time in which faces are seen. {explain(summary['abstain_below'])}")
    with st.container(horizontal=True, gap="small"):
        for label, (value, meaning) in figures.items():
            st.metric(label, value, help=meaning, border=True, width="stretch")
