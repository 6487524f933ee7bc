"""Overview: how much of each expression there is, in figures and as shares of time."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion.analytics.abstention import explain
from emotion.analytics.summary import summarise
from emotion.labels import UNCLEAR
from emotion.types import Analysis
from ui.common.charts import how_to_read
from ui.common.widgets import duration_text, share_text, shares_table


def show_overview(analysis: Analysis, track: int | None) -> None:
    """Show the figures of everybody or of one person.

    Args:
        analysis: The analysis with its edits applied.
        track: The chosen person; None for everybody.
    """
    summary = summarise(analysis)
    person = next((one for one in summary["tracks"] if one["track_id"] == track), None)
    show_figures(summary, person)
    shown = person or summary
    if shown["dominant"] is None:
        return
    shares_table(shown["shares"])
    unclear = f"**Unclear** (striped): {explain(summary['abstain_below'])}" if summary["abstain_below"] > 0 else ""
    how_to_read(
        "Each bar is a share of the time in which faces are seen. Two people in view for one second make two seconds.",
        unclear,
    )


def show_figures(summary: dict[str, Any], person: dict[str, Any] | None = None) -> None:
    """Show the figures of a whole video or of one person in it.

    Args:
        summary: What :func:`emotion.analytics.summary.summarise` returns.
        person: One of its ``tracks``; None for everybody.
    """
    shown, limited = person or summary, summary["abstain_below"] > 0
    clear = ", not counting unclear time" if limited else ""
    leads = f"The expression that leads for the longest time{clear}"
    smiles = f"Share of the time with a face in which happiness leads{clear}."
    if person is None:
        smiles += " If several faces are seen, their mean counts, so it can differ from the share of happiness below."
    figures: dict[str, tuple[Any, str | None]] = {
        "Dominant expression": (shown["dominant"] or "–", leads),
        "Smile index": (share_text(shown["smile_index"]), smiles),
        **(_of_everybody(summary) if person is None else _of_one(person)),
    }
    if limited:
        share = share_text(shown["shares"][UNCLEAR])
        figures["Unclear"] = (share, f"Share of the time in which faces are seen. {explain(summary['abstain_below'])}")
    with st.container(horizontal=True, gap="small"):
        for label, (value, meaning) in figures.items():
            st.metric(label, value, help=meaning, border=True, width="stretch")


def _of_everybody(summary: dict[str, Any]) -> dict[str, tuple[Any, str | None]]:
    return {
        "People": (len(summary["tracks"]), "Each track counts as one person; a cut in the video starts new tracks"),
        "Frames with a face": (f"{summary['frames_with_face']:,}", None),
        "Frames without a face": (f"{summary['frames_without_face']:,}", None),
    }


def _of_one(person: dict[str, Any]) -> dict[str, tuple[Any, str | None]]:
    return {
        "Seen for": (duration_text(person["seconds"]), "The time in which this person's face is found"),
        "Frames with this face": (f"{person['frames']:,}", None),
    }
