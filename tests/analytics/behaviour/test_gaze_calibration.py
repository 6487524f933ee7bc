from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.behaviour.gaze_calibration import MIN_DOTS, angle_between, dot_angles, fit_gaze
from emotion.errors import InputError

TARGETS = np.array([(yaw, pitch) for pitch in (-3.0, -10.0, -17.0) for yaw in (-15.0, 0.0, 15.0)])
PER_DOT = 20


def looks(measure, noise_deg: float = 0.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return measured gaze and dots for a person who looks at every dot; ``measure`` maps true to measured angles."""
    dots = np.repeat(np.arange(len(TARGETS)), PER_DOT)
    gaze = measure(TARGETS[dots]) + np.random.default_rng(seed).normal(0, noise_deg, (len(dots), 2))
    return gaze, dots


def test_an_affine_distortion_is_undone():
    # Like measured gaze: yaw is understated by half, and both angles are shifted.
    gaze, dots = looks(lambda true: true * [0.5, 0.7] + [4.0, -6.0])
    fitted = fit_gaze(gaze, TARGETS, dots)
    assert (fitted.kind, fitted.dots) == ("affine", 9)
    assert fitted.error_deg == pytest.approx(0, abs=1e-6)
    assert fitted.error_before_deg > 5
    assert fitted(gaze) == pytest.approx(TARGETS[dots], abs=1e-6)


def test_a_shift_is_found_as_a_shift():
    gaze, dots = looks(lambda true: true + np.array([5.0, -3.0]))
    fitted = fit_gaze(gaze, TARGETS, dots)
    assert fitted.error_deg == pytest.approx(0, abs=1e-6)
    assert fitted([[5.0, -3.0]]) == pytest.approx(np.zeros((1, 2)), abs=1e-6)


def test_the_error_predicts_that_of_new_looks():
    def distort(true):
        return true * [0.5, 0.8] + [3.0, 2.0]

    errors, promised = [], []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        # One error per dot that does not average out, like that of the head pose.
        per_dot = generator.normal(0, 1.5, TARGETS.shape)
        dots = np.repeat(np.arange(len(TARGETS)), PER_DOT)
        fitted = fit_gaze(distort(TARGETS[dots]) + per_dot[dots], TARGETS, dots)
        promised.append(fitted.error_deg)
        new = distort(TARGETS) + generator.normal(0, 1.5, TARGETS.shape)
        errors.append(angle_between(fitted(new), TARGETS).mean())
    assert np.mean(promised) == pytest.approx(np.mean(errors), rel=0.25)


def test_exact_gaze_gets_no_map_and_random_gaze_has_large_errors():
    generator = np.random.default_rng(0)
    dots = np.repeat(np.arange(len(TARGETS)), PER_DOT)
    spots = TARGETS[::-1] + generator.normal(0, 0.1, TARGETS.shape)
    exact = fit_gaze(TARGETS[dots], TARGETS, dots)
    assert exact.kind == "none"
    assert fit_gaze(spots[dots], TARGETS, dots).kind == "affine", "a mirrored gaze is a map too"
    random = generator.uniform(-1, 1, TARGETS.shape)
    assert fit_gaze(random[dots], TARGETS, dots).error_deg > 5


def test_blinks_and_late_looks_have_little_effect():
    gaze, dots = looks(lambda true: true * 0.6)
    late = np.arange(len(dots)) % PER_DOT < 6
    gaze[late] = 0.0
    gaze[::7] = np.nan
    assert fit_gaze(gaze, TARGETS, dots).error_deg < 1e-6


def test_too_few_dots_are_refused_in_one_sentence():
    gaze, dots = looks(lambda true: true)
    gaze[dots >= MIN_DOTS - 1] = np.nan
    with pytest.raises(InputError, match=r"expected a gaze at 5 dots or more; got one at 4 of 9"):
        fit_gaze(gaze, TARGETS, dots)


def test_dots_on_the_screen_as_angles():
    angles = dot_angles([0, 60, 0], [0, 0, 60], 60)
    assert angles == pytest.approx(np.array([[0, 0], [-45, 0], [0, -45]]), abs=1e-9)


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(0.3, 2), st.floats(0.3, 2))
def test_any_shift_and_scale_is_undone(yaw_deg, pitch_deg, yaw_scale, pitch_scale):
    gaze, dots = looks(lambda true: true * [yaw_scale, pitch_scale] + [yaw_deg, pitch_deg])
    fitted = fit_gaze(gaze, TARGETS, dots)
    assert fitted.error_deg < 1e-5
    assert fitted.error_deg <= fitted.error_before_deg + 1e-9
