from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.analytics.derived import can_derive, intensity, valence
from emotion.analytics.heat import binned_probabilities
from emotion.analytics.people import best_rows, people_table, person_name, posture_changes, steadiness
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS
from tests.conftest import leaning, make_analysis

NAN = float("nan")


def alike(values: list[float]):
    """Return an analysis of one person with these similarities to the reference face, every 0.25 s."""
    analysis = make_analysis([["neutral"]] * len(values), step_s=0.25)
    return replace(analysis, timeline=analysis.timeline.assign(similarity=np.array(values, np.float32)))


def test_a_person_has_a_name_or_a_number():
    assert person_name(3, {}) == "Person 3"
    assert person_name(3, {3: "Ada"}) == "Ada"
    assert person_name(3, {3: ""}) == "Person 3"


def test_steadiness_is_the_median_of_known_values():
    assert steadiness(alike([0.9, NAN, 0.1, 0.8]).timeline) == pytest.approx(0.8)
    assert steadiness(alike([NAN]).timeline) is None


def test_long_low_similarity_is_movement():
    spans = posture_changes(alike([0.9, 0.5, 0.4, 0.5, 0.9, 0.2, 0.9]))
    assert spans[["start_s", "end_s", "duration_s"]].to_numpy().tolist() == [[0.25, 1.0, 0.75]]
    assert spans["lowest"].tolist() == pytest.approx([0.4])
    assert len(posture_changes(alike([0.9, 0.5, 0.4, 0.5, 0.9, 0.2, 0.9]), min_s=0.2)) == 2


@pytest.mark.slow
def test_movement_of_exactly_the_shortest_length_stays():
    """Fifteen frames at 30 fps last half a second wherever they begin, despite rounding."""
    analysis = make_analysis([["neutral"]] * 300, step_s=1 / 30)
    found = []
    for first in range(0, 280, 5):
        moved = analysis.timeline["frame_index"].between(first, first + 14)
        similarity = np.where(moved, np.float32(0.2), np.float32(0.9))
        table = posture_changes(replace(analysis, timeline=analysis.timeline.assign(similarity=similarity)), 15 / 30)
        found += table["duration_s"].tolist()
    assert found == pytest.approx([0.5] * 56)
    assert min(found) < 0.5


def test_unknown_similarity_is_no_movement():
    assert posture_changes(alike([NAN] * 8)).empty
    assert posture_changes(alike([0.6] * 8)).empty
    assert len(posture_changes(alike([0.1] * 3 + [NAN] + [0.1] * 3))) == 2


def test_the_table_of_people(analysis):
    table = people_table(analysis, {2: "Ada"})
    assert table["person"].tolist() == ["Person 1", "Ada"]
    assert table["dominant"].tolist() == ["happiness", "surprise"]
    assert table["smile_index"].tolist() == pytest.approx([0.5, 0.0])
    assert table["steadiness"].isna().all()
    assert people_table(make_analysis([[]]), {}).empty


def test_the_best_row_of_each_person(analysis):
    confidence = np.linspace(0.5, 0.9, len(analysis.timeline)).astype(np.float32)
    rows = best_rows(analysis.timeline.assign(face_confidence=confidence))
    assert rows["track_id"].tolist() == [1, 2]
    assert rows["frame_index"].tolist() == [9, 9]
    assert best_rows(make_analysis([[]]).timeline).empty


def test_bins_hold_means_and_skip_empty_ones(analysis):
    table = binned_probabilities(analysis, bins=5)
    assert table["start_s"].unique().tolist() == pytest.approx([0.0, 0.2, 0.6, 0.8])
    first = table[table["start_s"] == 0].set_index("emotion")["probability"]
    assert first["happiness"] == pytest.approx(0.65)
    assert table.groupby("start_s")["probability"].sum().tolist() == pytest.approx([1.0] * 4)
    last = table[table["start_s"] > 0.7].set_index("emotion")["probability"]
    assert last["surprise"] == last["neutral"] == pytest.approx((0.65 + 0.05) / 2)
    assert binned_probabilities(analysis, bins=5, track=2)["start_s"].min() == pytest.approx(0.6)


def test_bins_weigh_by_time():
    analysis = make_analysis([["fear"], ["anger"], ["anger"]])
    times = np.array([0.0, 3.0, 3.5])
    varied = replace(
        analysis, timeline=analysis.timeline.assign(time_s=times), frames=analysis.frames.assign(time_s=times)
    )
    fear = binned_probabilities(varied, bins=1).set_index("emotion").loc["fear", "probability"]
    assert fear == pytest.approx((0.65 * 3 + 0.05 * 2.25) / 5.25)


def test_no_face_makes_no_bin():
    assert binned_probabilities(make_analysis([[], []])).empty
    assert binned_probabilities(make_analysis([])).empty


def test_valence_is_happiness_less_the_largest_negative():
    timeline = make_analysis([["happiness"], ["fear"], ["contempt"]]).timeline
    assert valence(timeline).tolist() == pytest.approx([0.65 - 0.05, 0.05 - 0.65, 0.0], abs=1e-6)


def test_intensity_is_one_minus_neutral():
    timeline = make_analysis([["neutral"], ["fear"]]).timeline
    assert intensity(timeline).tolist() == pytest.approx([0.35, 0.95], abs=1e-6)
    assert leaning("neutral").max() == pytest.approx(0.65)


def test_derived_measures_need_their_labels():
    assert can_derive(FERPLUS_LABELS)
    assert can_derive(FER2013_LABELS)
    assert not can_derive(("happiness", "sadness"))
    assert not can_derive(("neutral", "happiness", "surprise"))
