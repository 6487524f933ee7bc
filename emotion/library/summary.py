"""The figures of an analysis in lists, with its edits applied."""

from __future__ import annotations

from typing import Any

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.analytics.summary import summarise
from emotion.errors import InputError
from emotion.types import Analysis


def list_figures(analysis: Analysis, edits: Edits) -> dict[str, Any]:
    """Return the whole video's figures, with ``people``, their number, and ``faces_s``, the face time.

    Contradictory edits are ignored, as on the page.
    """
    try:
        edited = apply_edits(analysis, edits)
    except InputError:
        edited = analysis
    figures = summarise(edited)
    tracks = figures.pop("tracks")
    return figures | {"people": len(tracks), "faces_s": sum(track["seconds"] for track in tracks)}


def change_figures(before: Edits, after: Edits) -> bool:
    """Return whether figures may differ between two sets of edits."""
    return (dict(before.merged), before.hidden, _excluded(before)) != (
        dict(after.merged),
        after.hidden,
        _excluded(after),
    )


def _excluded(edits: Edits) -> set[tuple[float, float]]:
    return {(event.span.start_s, event.span.end_s) for event in edits.events if event.excluded}
