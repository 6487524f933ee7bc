"""Figures of eyes, head and facial movements of each person, over a whole analysis or a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.analytics.apply import with_duration
from emotion.analytics.behaviour.blinks import BLINK, CLOSED, WINK_LEFT, WINK_RIGHT, can_count, is_countable
from emotion.analytics.behaviour.episodes import TILT_LEFT, TILT_RIGHT, behaviour_episodes
from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.analytics.behaviour.gestures import NOD, SHAKE, finely_sampled
from emotion.analytics.behaviour.movements import measured_baselines, movements_from, resting_measures
from emotion.analytics.behaviour.rate import frames_per_second, rates_of
from emotion.analytics.durations import clipped, row_durations, weights_of
from emotion.analytics.edits import Event, Span
from emotion.analytics.timeline import OPENNESS
from emotion.types import Analysis
from emotion.vision.movement_codebook import ASYMMETRY, MOVEMENT_COLUMNS, MOVEMENTS, SIDES, Movement

MOVED = 0.02
"""Smallest movement that counts, shares of the eye distance; smaller ones may come from the head's pose."""
PEAK_QUANTILE = 0.95
"""Quantile that is called the peak of a movement; the maximum may be an outlier."""

WHOLE, AT_REST = "whole video", "baseline"
"""Names of the spans of :func:`by_span` that are not events."""

_COUNTS = {
    "blinks": (BLINK,),
    "winks_left": (WINK_LEFT,),
    "winks_right": (WINK_RIGHT,),
    "closures": (CLOSED,),
    "nods": (NOD,),
    "shakes": (SHAKE,),
    "tilts": (TILT_LEFT, TILT_RIGHT),
}
_OF_HEAD = ("nods", "shakes", "tilts")

PERSON_COLUMNS = (
    *("seen_s", "eyes_s", "lids_s", "frames_per_s", "blinks", "blinks_per_minute", "blink_s"),
    *("winks_left", "winks_right"),
    *("closures", "closed_s", "gaze_known_share", "towards_camera_share", *_OF_HEAD),
)
"""Columns of :func:`person_figures`."""
MOVEMENT_FIGURES = ("mean", "peak", "moved_share", "mean_left", "mean_right", "asymmetry")
"""Columns of :func:`movement_figures` that hold numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """Measurements of an analysis, from which figures are computed; made by :func:`behaviour_of`.

    Attributes:
        rows: ``track_id``, ``time_s``, ``seconds`` (the row's duration), ``eyes`` (whether both were measured),
            ``lids`` and ``head`` (whether the sampling around the row allows events of these to be counted),
            ``gaze_deg`` (angle from the direction to the camera) and the codebook's ``MOVEMENT_COLUMNS``, with the
            timeline's index.
        episodes: See :func:`emotion.analytics.behaviour.episodes.behaviour_episodes`.
        people: By ``track_id``: ``frames_per_s``, ``lids_count`` and ``head_counts`` (whether the sampling ever allows
            their events to be counted) and ``rest`` (see ``resting_measures`` in
            :mod:`emotion.analytics.behaviour.movements`).
        baselines: Track → the span in which this person is at rest.
    """

    rows: pd.DataFrame
    episodes: pd.DataFrame
    people: pd.DataFrame
    baselines: Mapping[int, Span]


def behaviour_of(analysis: Analysis, baselines: Mapping[int, Span] | None = None) -> Behaviour:
    """Measure the eyes, heads and movements of an analysis.

    Args:
        analysis: The analysis, possibly edited, but not smoothed.
        baselines: Track → the span in which this person is at rest; spans without known measures of the person are
            ignored.
    """
    timeline, frames = analysis.timeline, with_duration(analysis).frames
    usable = measured_baselines(timeline, baselines or {})
    rows = pd.DataFrame(
        {
            "track_id": timeline["track_id"],
            "time_s": timeline["time_s"],
            "seconds": row_durations(timeline, frames),
            "eyes": timeline[OPENNESS].notna().all(axis=1),
            **_counted(timeline, frames),
            "gaze_deg": gaze_angle(timeline["gaze_yaw"].to_numpy(), timeline["gaze_pitch"].to_numpy()),
        }
    )
    rest = resting_measures(timeline, usable)
    rows = pd.concat([rows, movements_from(timeline, rest)], axis=1)
    people = _people(timeline, rows).assign(rest=rest["source"])
    return Behaviour(rows, behaviour_episodes(timeline, frames), people, usable)


def _counted(timeline: pd.DataFrame, frames: pd.DataFrame) -> dict[str, pd.Series]:
    """Return for each row whether blinks, and gestures of the head, can be counted around it."""
    rates = rates_of(timeline, frames)
    head = pd.Series(False, index=timeline.index)
    for _, person in timeline.groupby("track_id", observed=True):
        times = person["time_s"].to_numpy(np.float64)
        head[person.index] = finely_sampled(times, rates[person.index].to_numpy(np.float64))
    return {"lids": is_countable(rates), "head": head}


def _people(timeline: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    found = {}
    for track, person in timeline.groupby("track_id", observed=True):
        own = rows.loc[person.index]
        has_head = bool(own["head"].any() and person["yaw"].notna().any())
        found[track] = (frames_per_second(person["time_s"]), can_count(person, own["lids"]), has_head)
    columns = ["frames_per_s", "lids_count", "head_counts"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns).rename_axis("track_id")


def person_figures(behaviour: Behaviour, span: Span | None = None) -> pd.DataFrame:
    """Return figures of each person's eyes and head.

    An episode counts in the span in which it starts, a frame for as long as it lasts in the span.

    Args:
        behaviour: See :func:`behaviour_of`.
        span: Time span, exclusive of its end; None for the whole analysis.

    Returns:
        By ``track_id``, for everybody who is seen in the span, :data:`PERSON_COLUMNS`: ``seen_s`` and ``eyes_s`` (both
        eyes measured), and ``lids_s``, the part of it that is sampled fast enough to count blinks; ``frames_per_s``;
        ``blinks``, ``winks_left``, ``winks_right`` and ``closures`` (over a second) as counts;
        ``blinks_per_minute`` of ``lids_s``; ``blink_s``, the median time with the lids down; ``closed_s``,
        the time in closures; ``gaze_known_share`` of the time, and the share of that time in which the gaze is towards
        the camera; ``nods``, ``shakes`` and ``tilts``. NaN where the sampling does not allow a figure.
    """
    rows, episodes = _rows_in(behaviour, span), _episodes_in(behaviour, span)
    groups = rows.groupby("track_id")
    found = groups["seconds"].sum().to_frame("seen_s")
    found["eyes_s"] = rows["seconds"].where(rows["eyes"], 0.0).groupby(rows["track_id"]).sum()
    known = behaviour.people.reindex(found.index)
    lids_s = rows["seconds"].where(rows["eyes"] & rows["lids"], 0.0).groupby(rows["track_id"]).sum()
    found["lids_s"] = lids_s.where(known["lids_count"].astype(bool), 0.0)
    able = {
        name: known[column].astype(bool) & groups[name].any()
        for name, column in (("lids", "lids_count"), ("head", "head_counts"))
    }
    found["frames_per_s"] = known["frames_per_s"]
    for name, kinds in _COUNTS.items():
        counts = episodes.loc[episodes["kind"].isin(kinds)].groupby("track_id").size()
        counts = counts.reindex(found.index, fill_value=0)
        found[name] = counts.where(able["head" if name in _OF_HEAD else "lids"])
    found["blinks_per_minute"] = found["blinks"] / found["lids_s"].where(found["lids_s"] > 0) * 60
    lasted = {kind: episodes.loc[episodes["kind"] == kind].groupby("track_id")["seconds"] for kind in (BLINK, CLOSED)}
    found["blink_s"] = lasted[BLINK].median().reindex(found.index)
    found["closed_s"] = lasted[CLOSED].sum().reindex(found.index, fill_value=0.0).where(found["closures"].notna())
    known_gaze, weights = rows["gaze_deg"].notna(), weights_of(rows["seconds"], rows["track_id"])
    gaze = {"gaze_known_share": known_gaze, "towards_camera_share": (rows["gaze_deg"] <= TOWARDS_DEG).where(known_gaze)}
    found = found.join(_mean(pd.DataFrame(gaze).astype("float64"), weights, rows["track_id"]))
    return found[list(PERSON_COLUMNS)].astype("float64")


def movement_figures(behaviour: Behaviour, span: Span | None = None) -> pd.DataFrame:
    """Return figures of each person's facial movements.

    Args:
        behaviour: See :func:`behaviour_of`.
        span: Time span, exclusive of its end; None for the whole analysis.

    Returns:
        A row per person seen in the span and movement of the codebook: ``track_id``, ``movement``, ``rest``
        (``"baseline"``, ``"neutral"`` or ``"unknown"``) and :data:`MOVEMENT_FIGURES`: ``mean`` over time, ``peak``
        (95% quantile), ``moved_share`` (share of time with at least :data:`MOVED`, 0–1), the means of the person's
        left and right, and the mean of left minus right. NaN where the rest is unknown; a movement without sides
        has no figures of sides. Distances are shares of the eye distance.
    """
    rows = _rows_in(behaviour, span)
    columns = list(MOVEMENT_COLUMNS)
    weights = weights_of(rows["seconds"], rows["track_id"])
    means = _mean(rows[columns], weights, rows["track_id"])
    peaks = rows.groupby("track_id")[columns].quantile(PEAK_QUANTILE)
    moved = _mean((rows[columns] >= MOVED).where(rows[columns].notna()).astype("float64"), weights, rows["track_id"])
    parts = [_figures_of(movement, means, peaks, moved) for movement in MOVEMENTS]
    found = pd.concat(parts, ignore_index=True)
    found.insert(2, "rest", found["track_id"].map(behaviour.people["rest"]))
    order = {movement.name: place for place, movement in enumerate(MOVEMENTS)}
    return found.sort_values(
        ["track_id", "movement"], key=lambda column: column.map(order) if column.name == "movement" else column
    ).reset_index(drop=True)


def _figures_of(movement: Movement, means: pd.DataFrame, peaks: pd.DataFrame, moved: pd.DataFrame) -> pd.DataFrame:
    name, index = movement.name, means.index
    unknown = pd.Series(np.nan, index=index, dtype="float64")
    left, right, asymmetry = (means[f"{name}_{part}"] if movement.sided else unknown for part in (*SIDES, ASYMMETRY))
    values = (means[name], peaks[name], moved[name], left, right, asymmetry)
    table = pd.DataFrame(dict(zip(MOVEMENT_FIGURES, values, strict=True)), index=index)
    table.insert(0, "movement", pd.Series(name, index=index, dtype="object"))
    return table.reset_index()


def _mean(values: pd.DataFrame, weights: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Return each group's weighted means of the known values; NaN without known values or weight."""
    sums = values.mul(weights, axis=0).groupby(groups).sum(min_count=1)
    totals = values.notna().mul(weights, axis=0).groupby(groups).sum()
    return sums / totals.where(totals > 0)


def by_span(behaviour: Behaviour, events: Sequence[Event], *, movements: bool) -> pd.DataFrame:
    """Return the figures of everybody over the whole analysis, in their baselines, and during each event.

    Args:
        behaviour: See :func:`behaviour_of`.
        events: Events in order of time; moments and excluded ones have no figures.
        movements: Return :func:`movement_figures` if true, :func:`person_figures` if false.

    Returns:
        The figures with ``span`` (:data:`WHOLE`, :data:`AT_REST` or the event's label), ``start_s`` and ``end_s`` of
        it, NaN for the whole analysis. A baseline has rows of its own person only.
    """

    def figures(span: Span | None) -> pd.DataFrame:
        found = movement_figures(behaviour, span) if movements else person_figures(behaviour, span).reset_index()
        times = (np.nan, np.nan) if span is None else (span.start_s, span.end_s)
        return found.assign(start_s=times[0], end_s=times[1])

    parts = [figures(None).assign(span=WHOLE)]
    for track, span in sorted(behaviour.baselines.items()):
        table = figures(span).assign(span=AT_REST)
        parts.append(table[table["track_id"] == track])
    parts += [
        figures(event.span).assign(span=event.label)
        for event in events
        if event.span.end_s > event.span.start_s and not event.excluded
    ]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    first = ["track_id", "span", "start_s", "end_s"]
    return table[[*first, *(name for name in table if name not in first)]]


def _rows_in(behaviour: Behaviour, span: Span | None) -> pd.DataFrame:
    """Return the rows in a span, with how long each lasts there."""
    rows = behaviour.rows
    if span is None:
        return rows
    starts, seconds, shown = clipped(rows["time_s"], rows["seconds"], span)
    return rows.assign(time_s=starts, seconds=seconds)[shown]


def _episodes_in(behaviour: Behaviour, span: Span | None) -> pd.DataFrame:
    """Return the episodes that begin in a span."""
    found = behaviour.episodes
    return found if span is None else found[found["start_s"].between(span.start_s, span.end_s, inclusive="left")]
