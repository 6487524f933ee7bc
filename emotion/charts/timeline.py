"""Charts of one picture or analysis: probability bars, donut of shares, and the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.abstention import answer_names, is_unclear
from emotion.analytics.apply import part_of
from emotion.analytics.edits import Span
from emotion.analytics.lanes import empty_spans, fit_to_screen, longest_seen
from emotion.analytics.people import person_name
from emotion.analytics.summary import dominant
from emotion.charts.common import (
    EDGE,
    INK,
    answer_letters,
    finish,
    label_colour,
)
from emotion.charts.ribbon import TOP, lane_axis, ribbon_layers, time_domain
from emotion.charts.times import moment_tooltip, seconds_axis, span_tooltips, with_times
from emotion.labels import UNCLEAR
from emotion.types import Analysis

MOMENT = "moment"
"""Name of the timeline's click selection; its value is a list with one ``{"time_s": …}``."""

LANE_PX = 84
_SMALLEST_PX = 140
_AXIS_PX = 60
_LETTERS_FROM = 0.04


def probability_bars(
    probabilities: Mapping[str, float], height: int = 240, *, abstain_below: float = 0.0
) -> alt.LayerChart:
    """Return the probabilities of one face as bars.

    Args:
        probabilities: Probability of each label, 0–1, in the order of the bars.
        height: Height, px.
        abstain_below: Limit of unclear answers, drawn as a dashed line; 0 for none.
    """
    labels = list(probabilities)
    table = pd.DataFrame({"emotion": labels, "probability": list(probabilities.values())})
    base = alt.Chart(table, height=height).encode(
        y=alt.Y(
            "emotion:N",
            sort=labels,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelOverlap=False),
        ),
        x=alt.X(
            "probability:Q",
            # Room for the figures at the right.
            scale=alt.Scale(domain=[0, 1.18]),
            axis=alt.Axis(format="%", values=[0, 0.5, 1], title="Probability, %"),
        ),
        tooltip=[alt.Tooltip("emotion:N", title="Expression"), alt.Tooltip("probability:Q", format=".1%")],
    )
    bars = base.mark_bar(cornerRadiusEnd=3).encode(color=label_colour(labels, legend=None))
    figures = base.mark_text(align="right", color=INK).encode(
        x=alt.value("width"), text=alt.Text("probability:Q", format=".0%")
    )
    layers = bars + figures if abstain_below <= 0 else bars + _limit_rule(abstain_below) + figures
    return finish(layers, f"Probability of each expression: {_shares_text(probabilities)}")


def _ring_letters(table: pd.DataFrame, height: int) -> alt.Chart:
    """Return the two-letter labels of a ring's parts, where there is room."""
    letters = answer_letters(table, room=f"datum.share >= {_LETTERS_FROM}", height=height)
    return letters.mark_text(radius=height * 0.375, fontSize=11, fontWeight=600).encode(
        theta=alt.Theta("share:Q", stack=True), order="order:O"
    )


def _shares_text(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{label} {share:.0%}" for label, share in shares.items() if share >= 0.005)


def _limit_rule(abstain_below: float) -> alt.Chart:
    limit = alt.Chart(pd.DataFrame({"limit": [abstain_below]}))
    return limit.mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=EDGE).encode(
        x="limit:Q", tooltip=alt.Tooltip("limit:Q", format=".0%", title="Unclear below")
    )


def share_donut(shares: Mapping[str, float], height: int = 260) -> alt.LayerChart:
    """Return shares of face time as a donut around the dominant expression.

    Args:
        shares: Share of each label, and of UNCLEAR if there is a limit, 0–1; not all 0.
        height: Height, px.
    """
    labels = list(shares)
    table = pd.DataFrame({"emotion": labels, "share": list(shares.values()), "order": range(len(labels))})
    ring = (
        alt.Chart(table, height=height)
        .mark_arc(innerRadius=height * 0.29, outerRadius=height * 0.46, padAngle=0.012, cornerRadius=2)
        .encode(
            theta=alt.Theta("share:Q", stack=True),
            order="order:O",
            color=label_colour(labels, legend=None),
            tooltip=[alt.Tooltip("emotion:N", title="Expression"), alt.Tooltip("share:Q", format=".1%", title="Share")],
        )
    )
    letters = _ring_letters(table, height)
    largest = dominant(shares) or labels[0]
    middle = alt.Chart(pd.DataFrame({"name": [largest], "figure": [f"{shares[largest]:.0%}"]}))
    figure = middle.mark_text(fontSize=26, fontWeight=600, dy=-9, color=INK).encode(text="figure:N")
    name = middle.mark_text(fontSize=13, dy=15, color=INK).encode(text="name:N")
    return finish(ring + letters + figure + name, f"Share of face time per expression: {_shares_text(shares)}")


def timeline_chart(
    analysis: Analysis, *, names: Mapping[int, str] = MappingProxyType({}), span: Span | None = None
) -> alt.LayerChart:
    """Return stacked probabilities over time, one lane per person, empty while the person is out of view.

    Under each lane, a ribbon shows the leading expression, grey if unclear. Hovering shows the figures of a moment, and
    a click selects it under :data:`MOMENT`. Only the people seen longest in the drawn span get lanes.

    Args:
        analysis: The analysis.
        names: Track → the person's name; others have numbers.
        span: The span to draw, in finer detail than the whole time; None for the whole time.
    """
    domain = time_domain(analysis) if span is None else [span.start_s, span.end_s]
    analysis = part_of(analysis, span)
    tracks = longest_seen(analysis.timeline)
    spans, corners = fit_to_screen(analysis.timeline, analysis.frames, tracks, analysis.abstain_below)
    x = seconds_axis(domain=domain)
    colour = label_colour(answer_names(analysis.labels, analysis.abstain_below), legend=None)
    ribbon, letters = ribbon_layers(spans, tracks, _lane_scale(max(len(tracks), 1)))
    layers = [
        _no_face_layer(analysis.frames, max(len(tracks), 1)),
        _area_layer(_above_ribbon(corners), [person_name(track, names) for track in tracks], x).encode(color=colour),
        ribbon.encode(color=colour),
        letters,
        _pick_layer(_clickable_points(spans, tracks, analysis, names)),
    ]
    height = max(LANE_PX * len(tracks), _SMALLEST_PX) + _AXIS_PX
    return finish(
        alt.LayerChart(layer=layers, height=height),
        "Probability of each expression over time, a lane per person, with the leading expression below",
    )


def _above_ribbon(corners: pd.DataFrame) -> pd.DataFrame:
    """Shrink the areas of each lane to the part above its ribbon."""
    lane = np.floor(corners["low"])
    return corners.assign(low=lane + (corners["low"] - lane) * TOP, high=lane + (corners["high"] - lane) * TOP)


def _area_layer(corners: pd.DataFrame, names: Sequence[str], x: alt.X) -> alt.Chart:
    count = max(len(names), 1)
    return (
        alt.Chart(corners)
        .mark_area(interpolate="linear", line=False)
        .encode(
            x=x,
            y=alt.Y("low:Q", axis=lane_axis(names), title="Probability, 0–1", scale=_lane_scale(count)),
            y2="high:Q",
            detail="run:N",
        )
    )


def _lane_scale(count: int) -> alt.Scale:
    return alt.Scale(domain=[count, 0], nice=False, zero=False)


def _no_face_layer(frames: pd.DataFrame, lanes: int) -> alt.Chart:
    spans = empty_spans(frames).assign(low=0, high=lanes, what="no face")
    return (
        with_times(alt.Chart(spans))
        .mark_rect(fillOpacity=0.06, fill=EDGE, stroke=EDGE, strokeDash=[3, 3], strokeWidth=1)
        .encode(
            x="start_s:Q",
            x2="end_s:Q",
            y=alt.Y("low:Q", scale=_lane_scale(lanes)),
            y2="high:Q",
            tooltip=[alt.Tooltip("what:N", title="Seen"), *span_tooltips()],
        )
    )


def _clickable_points(
    spans: pd.DataFrame, tracks: Sequence[int], analysis: Analysis, names: Mapping[int, str]
) -> pd.DataFrame:
    labels = analysis.labels
    rows = spans[spans["track_id"].isin(tracks)]
    values = rows[[f"p_{label}" for label in labels]].to_numpy(np.float64)
    leading = values.argmax(axis=1) if len(rows) else np.empty(0, np.intp)
    largest = values.max(axis=1, initial=0.0)
    return pd.DataFrame(
        {
            "time_s": rows["start_s"],
            "person": [person_name(int(track), names) for track in rows["track_id"]],
            "middle": rows["track_id"].map({track: lane for lane, track in enumerate(tracks)}) + 0.5,
            "leads": [
                f"{labels[i]} ({UNCLEAR})" if is_unclear(probability, required) else labels[i]
                for i, probability, required in zip(leading, largest, rows["required"], strict=True)
            ],
            "probability": largest,
        }
    )


def _pick_layer(picks: pd.DataFrame) -> alt.Chart:
    """Return invisible points in each lane for hovering and clicks, which areas do not support."""
    click = alt.selection_point(name=MOMENT, fields=["time_s"], on="click", nearest=True, empty=False)
    hover = alt.selection_point(name="hover", fields=["time_s"], on="pointerover", nearest=True, empty=False)
    return (
        with_times(alt.Chart(picks), "time_s")
        .mark_point(size=60, filled=True, color="white", stroke="black", cursor="pointer")
        .encode(
            x="time_s:Q",
            y="middle:Q",
            opacity=alt.condition(hover, alt.value(1), alt.value(0)),
            tooltip=[
                moment_tooltip(),
                alt.Tooltip("person:N", title="Person"),
                alt.Tooltip("leads:N", title="Leads"),
                alt.Tooltip("probability:Q", format=".0%", title="Probability"),
            ],
        )
        .add_params(click, hover)
    )
