"""Two people of one video on a grid of times: known lags, gaps, smiles and sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits, Event, Span
from emotion.errors import InputError
from emotion.studies.pair_figures import MEANINGS, figures_row, pair_figures, smiling_together, tracks_table
from emotion.studies.pair_sentences import pair_sentences
from emotion.studies.pair_tracks import MAX_GAP_S, pair_tracks
from emotion.studies.rows import rows_of
from emotion.studies.windows import Window
from emotion.types import Analysis
from tests.pairs import following, wave

NAMES = ("Anna", "Ben")


def tracks_of(analysis: Analysis, measure: str = "happiness", **options):
    return pair_tracks(rows_of(analysis), (1, 2), measure, **options)


@pytest.mark.parametrize("rate", [10, 25, 30])
@pytest.mark.parametrize("late_s", [-0.8, 0.0, 1.2])
def test_lag_and_leader_of_a_shifted_copy_are_exact(rate: int, late_s: float) -> None:
    found = pair_figures(tracks_of(following(late_s, rate=rate)))
    assert found.synchrony.lag_s == pytest.approx(late_s)
    assert found.synchrony.r > 0.99
    assert (found.synchrony.first_leads == 1, found.synchrony.second_leads == 1) == (late_s > 0, late_s < 0)
    words = " ".join(pair_sentences(found, NAMES))
    if late_s == 0:
        assert found.p == 1 / (found.shifts + 1)
        assert "Happiness of Anna moves with happiness of Ben" in words
        assert "nobody leads" in words


def test_the_leader_is_named() -> None:
    found = pair_figures(tracks_of(following(0.3)))
    assert found.p < 0.05
    words = pair_sentences(found, NAMES)
    assert "if Ben follows 0.3 s after Anna." in words[1]
    assert words[2].startswith("Anna leads in 100% and Ben in 0% of ")
    back = pair_figures(tracks_of(following(-0.3)))
    assert "if Anna follows 0.3 s after Ben." in pair_sentences(back, NAMES)[1]


def test_strangers_get_no_leader() -> None:
    found = pair_figures(tracks_of(following(0.0, copied=False)))
    words = pair_sentences(found, NAMES)
    assert found.p > 0.05
    assert words[0].startswith("No reliable sign that happiness of Anna moves with that of Ben")
    assert words[1] == "Lag and leader say nothing here."


def test_samples_are_means_of_their_frames() -> None:
    analysis = following(0.0, rate=30)
    found = tracks_of(analysis)
    rows = analysis.timeline[analysis.timeline["track_id"] == 1]
    expected = rows["p_happiness"].to_numpy(np.float64).reshape(-1, 3).mean(axis=1)
    np.testing.assert_allclose(found.first, expected, atol=1e-12)
    assert found.time_s[:2] == pytest.approx([0.05, 0.15])
    assert tracks_table(found).shape == (len(expected), 3)


def test_short_gaps_are_interpolated_and_long_ones_stay_unknown() -> None:
    analysis = following(0.0, seconds=30)
    timeline = analysis.timeline
    place = (timeline["time_s"] * 10).round()
    gone = (timeline["track_id"] == 2) & (place.between(51, 54) | place.between(101, 105))
    found = tracks_of(replace(analysis, timeline=timeline[~gone].reset_index(drop=True)))
    assert found.second[51:55] == pytest.approx(np.interp(range(51, 55), [50, 55], found.second[[50, 55]]))
    assert np.isnan(found.second).nonzero()[0].tolist() == [101, 102, 103, 104, 105]
    assert found.both_s == pytest.approx(29.5)
    assert MAX_GAP_S == 0.5


def test_excluded_time_does_not_count() -> None:
    edited = apply_edits(following(0.0, seconds=30), Edits(events=(Event("break", Span(10, 15), excluded=True),)))
    found = tracks_of(edited)
    assert np.isnan(found.first).nonzero()[0].tolist() == list(range(100, 150))


def test_a_window_is_aligned_to_its_time_zero() -> None:
    found = tracks_of(following(0.0, seconds=30), window=Window(9.0, 20.0, 10.0))
    whole = tracks_of(following(0.0, seconds=30))
    assert found.place == -10
    np.testing.assert_array_equal(found.first, whole.first[90:200])
    assert found.time_s[0] == pytest.approx(9.05)
    assert pair_figures(found).windows.times[0] == pytest.approx(9 + 2 + 2.5)


def test_a_baseline_is_subtracted() -> None:
    analysis = following(0.0, seconds=30)
    plain, relative = tracks_of(analysis), tracks_of(analysis, baselines={1: Span(3, 5), 2: Span(0, 3)})
    np.testing.assert_allclose(relative.first, plain.first - plain.first[30:50].mean(), atol=1e-9)
    np.testing.assert_allclose(relative.second, plain.second - plain.second[:30].mean(), atol=1e-9)
    with pytest.raises(InputError, match="expected a baseline in which the person is visible"):
        tracks_of(analysis, baselines={1: Span(0, 3), 2: Span(100, 103)})
    with pytest.raises(InputError, match="expected baselines of both people; got none of person 1"):
        tracks_of(analysis, baselines={2: Span(0, 3)})
    smiles = pair_figures(plain, relative, over=0.1)
    assert "(happiness over 0.1 above the baseline)" in pair_sentences(smiles, NAMES)[-1]


def test_smiling_together_is_counted_against_chance() -> None:
    smiles = np.tile(np.repeat([0.9, 0.1], 30), 10)
    both = following(0.0, first=smiles, second=smiles)
    found = smiling_together(tracks_of(both))
    assert found is not None
    assert (found.share, found.chance, found.first) == pytest.approx((0.5, 0.25, 0.5))
    assert found.seconds == pytest.approx(60)
    never = smiling_together(tracks_of(following(0.0, first=smiles, second=1 - smiles)))
    assert never is not None
    assert (never.share, never.chance) == pytest.approx((0, 0.25))
    assert never.p == 1
    always = smiling_together(tracks_of(following(0.0, first=np.full(600, 0.9), second=smiles)))
    assert always is not None
    assert np.isnan(always.p)
    figures = pair_figures(tracks_of(both), tracks_of(both))
    assert "smile together (happiness over 0.5) in 50% of the time" in pair_sentences(figures, NAMES)[-1]
    assert "by chance it would be 25%" in pair_sentences(figures, NAMES)[-1]


def test_every_figure_of_a_row_is_explained() -> None:
    tracks = tracks_of(following(0.4))
    row = figures_row(pair_figures(tracks, tracks), NAMES)
    assert list(row)[:3] == ["first", "second", "measure"]
    assert list(row)[3:] == list(MEANINGS)
    assert row["lag_s"] == pytest.approx(0.4)
    assert list(figures_row(pair_figures(tracks), NAMES)) == list(row)


@pytest.mark.parametrize(
    ("analysis", "people", "measure", "words"),
    [
        (following(0.0), (1, 1), "happiness", "expected two different people of the video \\(1, 2\\); got 1 and 1"),
        (following(0.0), (1, 7), "happiness", "got 1 and 7"),
        (following(0.0), (1, 2), "joy", "expected a measure: .*got 'joy'"),
        (following(0.0, rate=2), (1, 2), "happiness", "expected at least 4 analysed frames per second; got 2"),
    ],
)
def test_what_has_no_tracks_is_said(analysis: Analysis, people: tuple[int, int], measure: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        pair_tracks(rows_of(analysis), people, measure)


def test_short_and_constant_tracks_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected tracks of at least 9 s .* got 5 s"):
        pair_figures(tracks_of(following(0.0, seconds=5)))
    still = following(0.0, first=np.full(600, 0.3), second=wave(600, 1))
    with pytest.raises(InputError, match="expected a probability of happiness between 0 and 1; got 1"):
        smiling_together(tracks_of(still), 1.0)
    with pytest.raises(InputError, match="expected tracks that vary and are seen at the same time"):
        pair_figures(tracks_of(still))
