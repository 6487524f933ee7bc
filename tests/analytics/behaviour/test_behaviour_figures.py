"""Figures of eyes, head and movements with known answers: per person, per event, and in the baseline."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.episodes import TYPES, behaviour_episodes
from emotion.analytics.behaviour.rate import local_rates
from emotion.analytics.behaviour.sampling import NO_EYES, NO_MOVEMENTS, sampling_notes
from emotion.analytics.behaviour.span_figures import (
    AT_REST,
    PERSON_COLUMNS,
    WHOLE,
    behaviour_of,
    by_span,
    movement_figures,
    person_figures,
)
from emotion.analytics.behaviour.summary import HEADLINE, behaviour_headline, behaviour_summary
from emotion.analytics.edits import Event, Span
from emotion.analytics.timeline import EYES
from emotion.types import Analysis
from emotion.vision.movement_codebook import MOVEMENTS
from tests.acting import RATE, acting
from tests.conftest import make_analysis


def of(figures: pd.DataFrame, movement: str, track: int = 1) -> pd.Series:
    rows = figures[(figures["movement"] == movement) & (figures["track_id"] == track)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_persons_blinks_nods_and_gaze_are_counted() -> None:
    found = person_figures(behaviour_of(acting(people=2)))
    assert tuple(found.columns) == PERSON_COLUMNS
    assert found["blinks"].tolist() == [3, 3]
    assert found["blinks_per_minute"].tolist() == pytest.approx([18, 18])
    assert found["blink_s"].tolist() == pytest.approx([4 / RATE] * 2)
    assert found["nods"].tolist() == [1, 1]
    assert found[["shakes", "tilts", "winks_left", "closures", "closed_s"]].to_numpy().sum() == 0
    assert found["towards_camera_share"].tolist() == [1, 0]
    assert found[["seen_s", "eyes_s"]].to_numpy().ravel().tolist() == pytest.approx([10] * 4)


def test_movements_have_mean_peak_share_and_sides() -> None:
    figures = movement_figures(behaviour_of(acting()))
    assert figures["movement"].tolist() == [movement.name for movement in MOVEMENTS]
    jaw = of(figures, "jaw_drop")
    assert jaw["rest"] == "neutral"
    assert jaw[["mean", "peak", "moved_share"]].tolist() == pytest.approx([0.02, 0.1, 0.2], abs=1e-6)
    assert math.isnan(jaw["asymmetry"])
    corner = of(figures, "lip_corner_up")
    sides = corner[["mean", "mean_left", "mean_right", "asymmetry"]].tolist()
    assert sides == pytest.approx([0.004, 0.008, 0, 0.008], abs=1e-6)
    assert of(figures, "brow_lower")["peak"] == 0


def test_uneven_frames_are_weighted_by_their_time() -> None:
    """The last two seconds have a third of the frames, but the same weight in the mean."""
    analysis = acting()
    thin = (analysis.timeline["time_s"] < 8) | (analysis.timeline["frame_index"] % 3 == 0)
    kept = analysis.timeline.loc[thin, "frame_index"]
    frames = analysis.frames[analysis.frames["frame_index"].isin(kept)].reset_index(drop=True)
    uneven = replace(analysis, timeline=analysis.timeline[thin].reset_index(drop=True), frames=frames)
    assert of(movement_figures(behaviour_of(uneven)), "jaw_drop")["mean"] == pytest.approx(0.02, abs=1e-3)


def test_events_and_the_baseline_have_figures_of_their_own() -> None:
    events = [
        Event("opens", Span(8, 10)),
        Event("nods", Span(4.5, 7.5)),
        Event("a moment", Span(1, 1)),
        Event("a break", Span(0, 1), excluded=True),
    ]
    behaviour = behaviour_of(acting(people=2), {2: Span(8, 9)})
    moved = by_span(behaviour, events, movements=True)
    jaw = moved[moved["movement"] == "jaw_drop"].set_index(["track_id", "span"])["mean"]
    assert jaw.to_dict() == pytest.approx(
        {
            (1, WHOLE): 0.02, (1, "opens"): 0.1, (1, "nods"): 0,
            # At rest, the second person's mouth is open, and it never opens further.
            (2, WHOLE): 0, (2, AT_REST): 0, (2, "opens"): 0, (2, "nods"): 0,
        },
        abs=1e-6,
    )  # fmt: skip
    assert set(moved.loc[moved["track_id"] == 2, "rest"]) == {"baseline"}
    head = by_span(behaviour, events, movements=False).set_index(["track_id", "span"])
    assert head.loc[(1, "nods"), ["nods", "blinks"]].tolist() == [1, 1], "the nod, and the blink at 5 s"
    assert head.loc[(1, "opens"), ["nods", "blinks"]].tolist() == [0, 1]
    assert head.loc[(1, "opens"), "seen_s"] == pytest.approx(2)


def test_a_baseline_in_which_nobody_is_measured_is_left_out() -> None:
    behaviour = behaviour_of(acting(), {1: Span(50, 60), 7: Span(0, 1)})
    assert behaviour.baselines == {}
    assert behaviour.people["rest"].tolist() == ["neutral"]


def test_coarse_sampling_has_no_counts_and_says_why() -> None:
    ten, five = acting(rate=10), acting(rate=5)
    found = person_figures(behaviour_of(ten))
    assert found[["blinks", "closed_s", "winks_left"]].isna().all(axis=None)
    assert found["nods"].tolist() == [1]
    assert person_figures(behaviour_of(five))["nods"].isna().all()
    assert sampling_notes(acting()) == []
    blinks, nods = sampling_notes(ten)
    assert "at least 15 analysed frames per second; here, there are 10" in blinks
    assert nods == "At 10 analysed frames per second, nods and shakes of more than 2.5 Hz are missed."
    assert "at least 8 analysed frames per second; here, there are 5" in sampling_notes(five)[1]


def slowed(analysis: Analysis, from_s: float, every: int = 6) -> Analysis:
    """Return an analysis in which only every n-th frame is analysed from a time on."""
    parts = [
        table[(table["time_s"] < from_s) | (table["frame_index"] % every == 0)].reset_index(drop=True)
        for table in (analysis.timeline, analysis.frames)
    ]
    return replace(analysis, timeline=parts[0], frames=parts[1])


def test_figures_of_the_lids_and_the_head_leave_out_slow_sampling() -> None:
    """Blinks at 2, 5 and 8 s and a nod at 5–7 s; from 4 s on, 5 of 30 frames per second are analysed."""
    uneven = slowed(acting(), 4)
    behaviour = behaviour_of(uneven)
    found = person_figures(behaviour).loc[1]
    assert found[["blinks", "nods"]].tolist() == [1, 0]
    assert found["lids_s"] == pytest.approx(4, abs=0.2)
    assert behaviour_headline(behaviour)["blinks_per_minute"] == pytest.approx(60 / found["lids_s"])
    late = person_figures(behaviour, Span(6, 10)).loc[1]
    assert late[["blinks", "blinks_per_minute", "nods", "closed_s"]].isna().all()
    assert (late["lids_s"], late["seen_s"]) == (0, pytest.approx(4))
    blinks, nods = sampling_notes(uneven)
    assert blinks.startswith("Blinks, winks and closed eyes were counted in 4.")
    assert blinks.endswith(" of 10.0 s: elsewhere, fewer than 15 frames per second were analysed.")
    assert nods.startswith("Nods, shakes and tilts were counted in 4.")


def test_a_gesture_beside_slow_sampling_is_counted() -> None:
    (nod,) = behaviour_of(slowed(acting(), 8)).episodes.query("kind == 'nod'").to_dict("records")
    assert nod["start_s"] == pytest.approx(5, abs=0.2)
    assert person_figures(behaviour_of(slowed(acting(), 8)))["nods"].tolist() == [1]


def test_rates_are_those_of_the_second_around_each_frame() -> None:
    steady = local_rates(np.arange(40) / 20)
    assert steady.tolist() == pytest.approx([20] * 40)
    times = np.concatenate([np.arange(60) / 30, 2 + np.arange(11) / 5])
    rates = local_rates(times)
    assert (rates[0], rates[-1]) == (pytest.approx(30), pytest.approx(5))
    assert rates[60] == pytest.approx(15 + 2.5), "half a second of each"
    assert np.isnan(local_rates([0.0, 1.0])).all(), "a gap is no rate"
    assert local_rates([]).tolist() == []


def test_what_was_not_measured_is_named() -> None:
    analysis = make_analysis([["neutral"]] * 40, step_s=1 / 30)
    unmeasured = analysis.timeline.copy()
    unmeasured[EYES] = np.float32("nan")
    bare = replace(analysis, timeline=unmeasured)
    assert sampling_notes(bare) == [NO_EYES, NO_MOVEMENTS]
    assert movement_figures(behaviour_of(bare))["mean"].isna().all()
    assert sampling_notes(make_analysis([[]] * 3)) == []


def test_episodes_are_one_table_in_order_of_time() -> None:
    found = behaviour_episodes(acting(people=2).timeline)
    assert found.dtypes.astype(str).to_dict() == TYPES
    assert found["start_s"].is_monotonic_increasing
    assert found["kind"].value_counts().to_dict() == {"blink": 6, "nod": 2}
    nod = found[found["kind"] == "nod"].iloc[0]
    assert nod["frequency_hz"] == pytest.approx(1.5, rel=0.1)
    assert nod["seconds"] == pytest.approx(nod["end_s"] - nod["start_s"])
    assert behaviour_episodes(make_analysis([]).timeline).dtypes.astype(str).to_dict() == TYPES


def test_tilts_name_their_side() -> None:
    analysis = acting()
    timeline = analysis.timeline.copy()
    timeline.loc[timeline["time_s"].between(2, 3), "roll"] = np.float32(15)
    kinds = behaviour_episodes(timeline)["kind"].tolist()
    assert kinds.count("tilt left") == 1
    assert person_figures(behaviour_of(replace(analysis, timeline=timeline)))["tilts"].tolist() == [1]


def test_the_summary_is_json_without_nan() -> None:
    analysis = acting(people=2)
    summary = behaviour_summary(analysis, behaviour_of(analysis), [Event("opens", Span(8, 10))])
    again = json.loads(json.dumps(summary, allow_nan=False))
    assert set(again) == {"notes", "eyes_and_head", "movements", "episodes"}
    assert len(again["movements"]) == 2 * 2 * len(MOVEMENTS)
    assert len(again["episodes"]) == 8
    empty = make_analysis([[]] * 3)
    assert behaviour_summary(empty, behaviour_of(empty))["movements"] == []


def test_the_headline_adds_counts_and_averages_the_rest_over_people() -> None:
    found = behaviour_headline(behaviour_of(acting(people=2)))
    assert tuple(found) == HEADLINE
    assert (found["blinks"], found["nods"], found["towards_camera_share"]) == (6, 2, 0.5)
    assert found["blinks_per_minute"] == pytest.approx(18)
    assert found["jaw_drop_mean"] == pytest.approx(0.02)
    assert set(behaviour_headline(behaviour_of(make_analysis([[]] * 3))).values()) == {None}


def test_the_headline_weighs_people_by_how_long_they_are_seen() -> None:
    """The first person looks towards the camera for ten seconds, the second one away for five."""
    analysis = acting(people=2)
    there = (analysis.timeline["track_id"] == 1) | (analysis.timeline["time_s"] < 5)
    shorter = replace(analysis, timeline=analysis.timeline[there].reset_index(drop=True))
    assert behaviour_headline(behaviour_of(shorter))["towards_camera_share"] == pytest.approx(2 / 3, abs=0.01)
