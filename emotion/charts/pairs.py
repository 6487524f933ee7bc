"""Charts of two people at once: their tracks over time, and their correlation by lag."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.charts.behaviour import LINE_COLOURS, LINE_DASHES
from emotion.charts.common import EDGE, HUE, INK, STRONGEST, finish, run_numbers
from emotion.charts.times import moment_tooltip, seconds_axis, with_times
from emotion.studies.pair_tracks import PairTracks
from emotion.studies.statistics.synchrony import CrossCorrelation

OPPOSITE_HUE = "194,106,18"
"""Orange for negative correlations, in ``rgba()``."""

_POINTS = 400
_MAX_WINDOWS, _LAG_STEP_S = 120, 0.2
"""At most 2,520 cells with lags of up to 2 s: browsers draw a few thousand marks smoothly."""
_AXIS_PX = 46
_NAME_ROWS = 0.13
"""Share of the height above and below the cells for the names of who leads."""


def letters_of(names: tuple[str, str]) -> tuple[str, str]:
    """Return a short sign for each of two people: the initial, or 1 and 2 if that is the same."""
    first, second = (name.strip()[:1].upper() for name in names)
    return ("1", "2") if not first or not second or first == second else (first, second)


def colours_of_pair(names: tuple[str, str]) -> dict[str, str]:
    """Return name → colour, with the letters of the lines, for a legend."""
    return {
        f"{name} ({letter})": colour
        for name, letter, colour in zip(names, letters_of(names), LINE_COLOURS, strict=False)
    }


def tracks_chart(tracks: PairTracks, names: tuple[str, str], title: str) -> alt.LayerChart:
    """Return both people's tracks over time, with a letter at the end of each and gaps where one is unknown.

    Args:
        tracks: The measure of both people.
        names: Names of the first and the second person.
        title: Of the vertical axis.
    """
    letters = letters_of(names)
    table = _lines(tracks, names)
    scale = alt.Scale(domain=list(letters), range=list(LINE_COLOURS[:2]))
    colour = alt.Color("letter:N", scale=scale, legend=None)
    dash = alt.StrokeDash(
        "letter:N", scale=alt.Scale(domain=list(letters), range=[list(each) for each in LINE_DASHES[:2]]), legend=None
    )
    x = seconds_axis(domain=_ends(tracks))
    y = alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=5, minExtent=_AXIS_PX), scale=alt.Scale(zero=False))
    base = with_times(alt.Chart(table, height=260), "time_s").encode(x=x, y=y, color=colour)
    tooltip = [
        alt.Tooltip("person:N", title="Person"),
        moment_tooltip(),
        alt.Tooltip("value:Q", format=".2f", title=title),
    ]
    lines = base.mark_line(strokeWidth=1.8).encode(strokeDash=dash, detail="run:N", tooltip=tooltip)
    layers = [lines]
    # One letter goes up and the other down, as the lines may end at the same place.
    ends = table.groupby("letter", sort=False).tail(1).sort_values("value", ascending=False)
    for place, up in zip(range(len(ends)), (-6, 6), strict=False):
        letter = alt.Chart(ends.iloc[[place]]).mark_text(align="left", dx=4, dy=up, fontWeight=600, fontSize=12)
        layers.append(letter.encode(x=x, y=y, color=colour, text="letter:N"))
    return finish(
        alt.LayerChart(layer=layers),
        f"{title} of {names[0]} (solid) and {names[1]} (dashed) over time",
    )


def lag_chart(windows: CrossCorrelation, tracks: PairTracks, names: tuple[str, str]) -> alt.LayerChart:
    """Return the correlation of windows by time and lag: full cells are positive, thin ones negative.

    Args:
        windows: Correlations, in the time of the video.
        tracks: The tracks that they are of.
        names: Names of the first and the second person. Above the middle the first one leads, below it the second.
    """
    cells, reach = _cells(windows), float(np.abs(windows.lags).max())
    room = reach * (1 + 2 * _NAME_ROWS)
    scale = alt.Scale(domain=[-room, room], nice=False)
    ticks = [float(lag) for lag in np.arange(-np.floor(reach), np.floor(reach) + 1)]
    axis = alt.Axis(values=ticks, grid=False, minExtent=_AXIS_PX)
    bars = (
        with_times(alt.Chart(cells, height=220), "time_s")
        .mark_rect()
        .encode(
            x=seconds_axis("start_s:Q", _ends(tracks)),
            x2="end_s:Q",
            y=alt.Y("low:Q", title="Lag, s", axis=axis, scale=scale),
            y2="high:Q",
            color=alt.Color("tint:N", scale=None),
            tooltip=[
                moment_tooltip(title="Middle of the window"),
                alt.Tooltip("lag_s:Q", format="+.1f", title="Lag, s"),
                alt.Tooltip("r:Q", format=".2f", title="Correlation"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"low": [0.0]})).mark_rule(color=EDGE, strokeDash=[3, 3])
    leads = pd.DataFrame({
        "low": [reach * (1 + _NAME_ROWS), -reach * (1 + _NAME_ROWS)],
        "text": [f"{names[0]} leads, {names[1]} follows", f"{names[1]} leads, {names[0]} follows"],
    })  # fmt: skip
    words = alt.Chart(leads).mark_text(align="left", fontWeight=600, color=INK, limit=420)
    return finish(
        bars
        + zero.encode(y=alt.Y("low:Q", scale=scale))
        + words.encode(x=alt.value(4), y=alt.Y("low:Q", scale=scale), text="text:N"),
        f"Correlation of windows by time and lag: above the middle {names[0]} leads, below it {names[1]}",
    )


def _ends(tracks: PairTracks) -> list[float]:
    start_s = tracks.zero_s + tracks.place / tracks.rate_hz
    return [start_s, start_s + len(tracks.first) / tracks.rate_hz]


def _lines(tracks: PairTracks, names: tuple[str, str]) -> pd.DataFrame:
    """Return ``time_s``, ``value``, ``person``, ``letter`` and ``run``, in as few rows as a screen shows."""
    step = max(-(-len(tracks.first) // _POINTS), 1)
    place = np.arange(len(tracks.first)) // step
    parts = []
    for name, letter, values in zip(names, letters_of(names), (tracks.first, tracks.second), strict=True):
        table = pd.DataFrame({"place": place, "time_s": tracks.time_s, "value": values}).groupby("place").mean()
        known = table.reset_index().dropna(subset="value")
        runs = [f"{letter}{run}" for run in run_numbers(known["place"])]
        parts.append(known.assign(person=name, letter=letter, run=runs).drop(columns="place"))
    return pd.concat(parts, ignore_index=True)


def _cells(windows: CrossCorrelation) -> pd.DataFrame:
    """Return a cell per span of windows and lag: ``start_s``, ``end_s``, ``low``, ``high``, ``r`` and its ``tint``.

    Correlations of neighbouring windows are averaged after Fisher's transformation where there are too many.
    """
    lags, r = _thinned(windows)
    step = max(-(-len(windows.times) // _MAX_WINDOWS), 1)
    groups = np.arange(len(windows.times)) // step
    length = float(np.median(np.diff(windows.times))) if len(windows.times) > 1 else 1.0
    z = pd.DataFrame(np.arctanh(np.clip(r, -0.999999, 0.999999)), columns=lags).groupby(groups).mean()
    times = pd.Series(windows.times).groupby(groups).agg(["min", "max", "mean"])
    long = z.rename_axis("group").reset_index().melt("group", var_name="lag_s", value_name="z").dropna()
    group, lag_s = long["group"].to_numpy(np.intp), long["lag_s"].to_numpy(np.float64)
    value = np.tanh(long["z"].to_numpy(np.float64))
    half = np.where(value < 0, 0.25, 0.5) * (float(np.diff(lags).min()) if len(lags) > 1 else _LAG_STEP_S)
    return pd.DataFrame({
        "time_s": times["mean"].to_numpy()[group],
        "start_s": times["min"].to_numpy()[group] - length / 2,
        "end_s": times["max"].to_numpy()[group] + length / 2,
        "lag_s": lag_s,
        "low": lag_s - half,
        "high": lag_s + half,
        "r": value,
        "tint": [f"rgba({OPPOSITE_HUE if each < 0 else HUE},{STRONGEST * abs(each):.3f})" for each in value],
    })  # fmt: skip


def _thinned(windows: CrossCorrelation) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lags about :data:`_LAG_STEP_S` apart, lag 0 among them, ``(lags,)`` s, and their correlations."""
    apart = float(np.diff(windows.lags).min()) if len(windows.lags) > 1 else _LAG_STEP_S
    step, zero = max(round(_LAG_STEP_S / apart), 1), int(np.abs(windows.lags).argmin())
    kept = np.arange(zero % step, len(windows.lags), step)
    return windows.lags[kept], windows.r[:, kept]
