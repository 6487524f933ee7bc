"""Facial movements in the engine's results and in timelines, and turned off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import emotion
from emotion.analytics.behaviour.movements import relative_movements
from emotion.analytics.timeline import MEASURES, result_at, timeline_of
from emotion.engine.measure_movements import with_measures
from emotion.samples import sample_image
from emotion.types import Face
from emotion.vision.decode.sampling import Sampling
from emotion.vision.movement_codebook import MEASURE_COLUMNS
from emotion.vision.movements import mean_face, measures
from tests.conftest import make_analysis, make_face


def mesh_at(x: float) -> np.ndarray:
    return (mean_face() * 60 + [x, 80, 0]).astype(np.float32)


def test_the_timeline_has_the_codebooks_columns() -> None:
    assert tuple(MEASURES) == MEASURE_COLUMNS


def test_faces_of_a_frame_are_measured_separately() -> None:
    """The second face opens its mouth; the third has no mesh."""
    mouth_open = mesh_at(300)
    mouth_open[[14, 17], 1] += 12
    given = [
        replace(make_face("neutral", 1, 10), landmarks=mesh_at(80)),
        replace(make_face("surprise", 2, 200), landmarks=mouth_open),
        make_face("neutral", 3, 400),
    ]
    first, second, third = with_measures(given)
    gap = MEASURE_COLUMNS.index("lip_gap")
    assert first.measures is not None
    assert np.abs(first.measures).max() < 1e-3
    assert second.measures is not None
    assert second.measures[gap] == pytest.approx(12 / 60, rel=0.05)
    assert third.measures is None
    assert [face.track_id for face in (first, second, third)] == [1, 2, 3]


def test_a_face_without_a_mesh_or_no_face_at_all_is_left_as_it_is() -> None:
    face = replace(make_face("neutral", 1, 10), landmarks=np.zeros((6, 2), np.float32))
    assert with_measures([face]) == (face,)
    assert with_measures([]) == ()


def test_a_picture_is_measured_and_its_row_has_the_same_values(sample_faces: tuple[Face, ...]) -> None:
    (face,) = sample_faces
    assert face.measures is not None
    assert face.landmarks is not None
    assert face.measures == pytest.approx(measures(face.landmarks[None])[0], abs=6e-5)
    smile = dict(zip(MEASURE_COLUMNS, face.measures.tolist(), strict=True))
    assert smile["lip_corner_reach_left"] > 0, "she smiles"


def test_movements_can_be_left_out() -> None:
    analyzer = emotion.Analyzer(eyes=False, movements=False)
    result = analyzer.image(sample_image())
    assert result.faces[0].measures is None
    assert timeline_of(result)[MEASURES].isna().all(axis=None)
    settings = analyzer.settings(Sampling(), "0")
    assert (settings["eyes"], settings["movements"]) == (False, False)


def test_a_face_is_rebuilt_from_its_row() -> None:
    analysis = make_analysis([["neutral"]] * 2)
    values = np.arange(12, dtype=np.float32) / 100
    timeline = analysis.timeline.copy()
    timeline.loc[1, MEASURES] = values
    changed = replace(analysis, timeline=timeline)
    assert result_at(changed, 0).faces[0].measures is None
    assert result_at(changed, 1).faces[0].measures == pytest.approx(values)


def test_movements_of_a_clip_are_relative_to_its_neutral_frames() -> None:
    """One person opens the mouth by 0.1 of the eye distance after ten neutral frames."""
    analysis = make_analysis([["neutral"]] * 10 + [["surprise"]] * 3)
    timeline = analysis.timeline.copy()
    timeline[MEASURES] = np.float32(0.02)
    timeline.loc[10:, "lip_gap"] = np.float32(0.12)
    moved = relative_movements(timeline)
    assert moved["jaw_drop"].tolist() == pytest.approx([0] * 10 + [0.1] * 3)
    assert moved.drop(columns="jaw_drop").abs().max(axis=None) < 1e-6


@pytest.fixture(scope="module")
def sample_faces() -> tuple[Face, ...]:
    return emotion.Analyzer(eyes=False).image(sample_image()).faces
