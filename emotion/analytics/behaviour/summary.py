"""Figures of eyes, head and facial movements as tables, as plain JSON types, and as one flat row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from emotion.analytics.behaviour.codebook import EPISODES, EYES_AND_HEAD, MOVEMENT_FIGURES
from emotion.analytics.behaviour.sampling import sampling_notes
from emotion.analytics.behaviour.span_figures import Behaviour, by_span, movement_figures, person_figures
from emotion.analytics.edits import Event
from emotion.types import Analysis
from emotion.vision.movement_codebook import MOVEMENTS

HEADLINE = (
    *("blinks", "blinks_per_minute", "closed_s", "towards_camera_share", "nods", "shakes", "tilts"),
    *(f"{movement.name}_mean" for movement in MOVEMENTS),
)
"""Columns of :func:`behaviour_headline`."""
_SUMS = ("blinks", "closed_s", "nods", "shakes", "tilts")


def behaviour_tables(behaviour: Behaviour, events: Sequence[Event] = ()) -> dict[str, pd.DataFrame]:
    """Return the tables of eyes, heads and movements by their names in the codebook.

    Args:
        behaviour: See :func:`emotion.analytics.behaviour.span_figures.behaviour_of`.
        events: Events in order of time.
    """
    return {
        EYES_AND_HEAD: by_span(behaviour, events, movements=False),
        MOVEMENT_FIGURES: by_span(behaviour, events, movements=True),
        EPISODES: behaviour.episodes,
    }


def behaviour_summary(analysis: Analysis, behaviour: Behaviour, events: Sequence[Event] = ()) -> dict[str, Any]:
    """Return all figures of eyes, heads and movements.

    Args:
        analysis: The analysis, possibly edited.
        behaviour: Its measurements (:func:`emotion.analytics.behaviour.span_figures.behaviour_of`).
        events: Events in order of time.

    Returns:
        ``notes`` (what could not be measured, and why), ``eyes_and_head`` and ``movements``
        (:func:`emotion.analytics.behaviour.span_figures.by_span`), and ``episodes``, each a list of records; unknown
        values are None.
    """
    tables = behaviour_tables(behaviour, events)
    return {
        "notes": sampling_notes(analysis),
        "eyes_and_head": records(tables[EYES_AND_HEAD]),
        "movements": records(tables[MOVEMENT_FIGURES]),
        "episodes": records(tables[EPISODES]),
    }


def behaviour_headline(behaviour: Behaviour) -> dict[str, float | None]:
    """Return the figures of a whole analysis, of everybody in it, as one row.

    Args:
        behaviour: See :func:`emotion.analytics.behaviour.span_figures.behaviour_of`.

    Returns:
        :data:`HEADLINE`: counts and ``closed_s`` are sums over people, the others means over people, weighted by how
        long each is seen. None where nobody has the figure.
    """
    people, moved = person_figures(behaviour), movement_figures(behaviour)
    if people.empty:
        return dict.fromkeys(HEADLINE)
    found: dict[str, float] = {name: float(people[name].sum(min_count=1)) for name in _SUMS}
    counted_s = float(people["lids_s"].sum())
    found["blinks_per_minute"] = found["blinks"] / counted_s * 60 if counted_s > 0 else math.nan
    found["towards_camera_share"] = _mean(people["towards_camera_share"], people["seen_s"])
    for movement in MOVEMENTS:
        means = moved[moved["movement"] == movement.name].set_index("track_id")["mean"]
        found[f"{movement.name}_mean"] = _mean(means, people["seen_s"])
    return {name: _known(found[name]) for name in HEADLINE}


def _mean(values: pd.Series, weights: pd.Series) -> float:
    known = values.dropna()
    own = weights.reindex(known.index)
    return float((known * own).sum() / own.sum()) if own.sum() > 0 else math.nan


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as plain JSON types; unknown values are None."""
    plain = table.astype(object).where(table.notna().to_numpy(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
