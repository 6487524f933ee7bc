from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from bench.eyes.blinks import measure_blinks
from emotion.analytics.behaviour.blinks import BLINK, CLOSED, WINK_LEFT, WINK_RIGHT, lid_events
from tests.acting import figures_of


def timeline(left, right=None, fps: float = 30.0, track: int = 1) -> pd.DataFrame:
    left = np.asarray(left, np.float64)
    return pd.DataFrame({
        "frame_index": np.arange(len(left)), "time_s": np.arange(len(left)) / fps, "track_id": track,
        "eye_openness_left": left, "eye_openness_right": left if right is None else np.asarray(right, np.float64),
    })  # fmt: skip


def dipped(*spans: tuple[int, int], level: float = 0.05) -> np.ndarray:
    openness = np.full(120, 0.25)
    for first, last in spans:
        openness[first : last + 1] = level
    return openness


def test_a_blink_has_onset_and_closing_time():
    (event,) = lid_events(timeline(dipped((30, 34)))).to_dict("records")
    assert event["kind"] == BLINK
    assert event["start_s"] == pytest.approx(1.0)
    assert event["seconds"] == pytest.approx(5 / 30)


@pytest.mark.parametrize("open_eye", [0.15, 0.25, 0.35])
def test_the_limit_follows_the_persons_own_open_eye(open_eye):
    openness = dipped((30, 34)) / 0.25 * open_eye
    assert len(lid_events(timeline(openness))) == 1
    half_down = np.where(np.arange(120) // 6 == 5, 0.6, 1.0) * open_eye
    assert lid_events(timeline(half_down)).empty


def test_each_person_is_compared_with_themselves():
    narrow, wide = timeline(dipped() * 0.4, track=1), timeline(dipped((20, 22), (60, 63)), track=2)
    both = pd.concat([narrow, wide]).sort_values(["frame_index", "track_id"], ignore_index=True)
    assert figures_of(both)["blinks"].tolist() == [0, 2]


@pytest.mark.parametrize(("last", "kinds"), [(44, [BLINK]), (54, []), (61, [CLOSED])])
def test_lid_events_are_classified_by_length(last, kinds):
    assert lid_events(timeline(dipped((30, last))))["kind"].tolist() == kinds


@pytest.mark.parametrize("start", range(60, 75))
def test_limits_of_length_hold_wherever_an_event_begins(start):
    """Events that last exactly as long as a limit count as documented, however times are rounded."""
    assert lid_events(timeline(dipped((start, start + 14))))["kind"].tolist() == [BLINK]
    assert lid_events(timeline(dipped((start, start + 29)))).empty
    assert lid_events(timeline(dipped((start, start + 2)), dipped()))["kind"].tolist() == [WINK_LEFT]


def test_a_wink_is_of_one_eye_for_a_while():
    left_down = timeline(dipped((30, 40)), dipped())
    assert lid_events(left_down)["kind"].tolist() == [WINK_LEFT]
    assert lid_events(timeline(dipped(), dipped((30, 40))))["kind"].tolist() == [WINK_RIGHT]
    assert lid_events(timeline(dipped(), dipped((30, 31)))).empty, "noise"


def test_blinks_have_a_rate_and_a_length():
    figures = figures_of(timeline(dipped((30, 32), (70, 74)), fps=20)).loc[1]
    assert figures["blinks_per_minute"] == pytest.approx(20)
    assert figures["blink_s"] == pytest.approx(4 / 20)
    assert figures["eyes_s"] == pytest.approx(6)


@pytest.mark.parametrize(("fps", "counted"), [(10, False), (14.5, True), (15, True), (60, True)])
def test_blinks_need_a_minimum_frame_rate(fps, counted):
    table = timeline(dipped((30, 32)), fps=fps)
    figures = figures_of(table).loc[1]
    assert figures["frames_per_s"] == pytest.approx(fps)
    assert np.isfinite(figures["blinks"]) == counted
    assert len(lid_events(table)) == counted


def test_rounding_of_times_breaks_no_blink():
    """In floating point, 0.018 + (0.052 − 0.018) is not 0.052."""
    table = timeline(dipped((2, 5)))
    table["time_s"] = [0.0, 0.018, *(0.052 + np.arange(118) / 30)]
    assert lid_events(table)["kind"].tolist() == [BLINK]


def test_unmeasured_eyes_are_no_blinks():
    empty = np.full(60, np.nan)
    assert np.isnan(figures_of(timeline(empty)).loc[1, "blinks"])
    lost = dipped((30, 34))
    lost[35:40] = np.nan
    assert lid_events(timeline(lost)).empty, "its end is unknown"
    gone = timeline(dipped((30, 34))).drop(index=range(32, 40))
    assert lid_events(gone).empty


def test_a_table_without_rows_has_no_blinks():
    assert figures_of(timeline([])).empty
    assert lid_events(timeline([])).empty


@pytest.mark.slow
def test_blinks_of_real_clips_agree_with_those_counted_by_hand(shared_data: Path) -> None:
    cv2.setNumThreads(1)
    found = measure_blinks(shared_data)
    assert (found["blinks"], found["winks"]) == (27, 2)
    assert found["recall"] >= 0.9
    assert found["precision"] >= 0.9


@pytest.mark.parametrize(("other", "kinds"), [(0.75, [WINK_LEFT]), (0.65, [])])
def test_the_other_eye_of_a_wink_is_open(other: float, kinds: list[str]) -> None:
    left, right = dipped((30, 40), level=0.4 * 0.25), dipped((30, 40), level=other * 0.25)
    assert lid_events(timeline(left, right))["kind"].tolist() == kinds


@pytest.mark.parametrize(("last", "kinds"), [(73, [WINK_LEFT]), (77, [])])
def test_one_eye_down_for_over_a_second_and_a_half_is_no_wink(last: int, kinds: list[str]) -> None:
    assert lid_events(timeline(dipped((30, last)), dipped()))["kind"].tolist() == kinds


def slowed(table: pd.DataFrame, from_s: float, every: int = 6) -> pd.DataFrame:
    """Return a table without most rows from a time on, as if fewer frames were analysed there."""
    return table[(table["time_s"] < from_s) | (table["frame_index"] % every == 0)].reset_index(drop=True)


def test_blinks_are_counted_only_where_the_sampling_is_fast_enough() -> None:
    """Blinks at 1, 3, 5 and 7 s of 8 s; from 4 s on, 5 of 30 frames per second are analysed."""
    openness = np.full(240, 0.25)
    for first in (30, 90, 150, 210):
        openness[first : first + 4] = 0.05
    table = slowed(timeline(openness), 4)
    assert lid_events(table)["start_s"].tolist() == pytest.approx([1, 3])
    figures = figures_of(table).loc[1]
    assert (figures["blinks"], figures["eyes_s"]) == (2, pytest.approx(8, abs=0.2))
    assert figures["lids_s"] == pytest.approx(4, abs=0.25), "the second around a row decides"
    assert figures["blinks_per_minute"] == pytest.approx(2 / figures["lids_s"] * 60)


def test_blinks_count_where_the_fast_part_is_the_shorter_one() -> None:
    """Two seconds at 30 frames per second, then 38 s at 5: the usual rate is the slow one."""
    assert lid_events(slowed(timeline(np.tile(dipped((30, 34)), 10)), 2))["start_s"].tolist() == pytest.approx([1])


def test_a_lost_frame_or_an_occlusion_is_no_slow_sampling() -> None:
    table = timeline(dipped((30, 32), (80, 83)), fps=20)
    lost = table.drop(index=[10, 50])
    assert len(lid_events(lost)) == 2
    hidden = table.drop(index=range(50, 58))
    assert len(lid_events(hidden, table)) == 2
