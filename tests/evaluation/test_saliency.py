"""Occlusion maps of classifiers that depend on known pixels."""

from __future__ import annotations

import numpy as np

from emotion.evaluation.saliency import occlusion_map, overlay


def bright_corner(crops):
    """A classifier whose first probability is the brightness of the upper left quarter."""
    light = np.array([crop[:24, :24].mean() / 255 for crop in crops], np.float32)
    return np.stack([light, 1 - light], axis=1)


def face() -> np.ndarray:
    crop = np.zeros((48, 48), np.uint8)
    crop[:24, :24] = 255
    return crop


def test_the_supporting_part_is_positive():
    found = occlusion_map(bright_corner, face(), answer=0)
    assert found.shape == (8, 8)
    assert (found[:4, :4] > 0).all()
    assert np.abs(found[5:, 5:]).max() == 0
    # A patch of 12 × 12 px, filled with the mean of 63, takes its part of the quarter's brightness.
    assert np.isclose(found[1, 1], (144 / 576) * (255 - 63) / 255, atol=1e-3)


def test_the_contradicting_part_is_negative():
    assert occlusion_map(bright_corner, face(), answer=1).min() < 0


def test_maps_of_colour_and_grey_models_have_the_same_size():
    saliency = np.zeros((8, 8), np.float32)
    saliency[0, 0] = 1
    shown = overlay(np.full((48, 48, 3), 100, np.uint8), saliency)
    assert shown.shape == overlay(np.full((48, 48), 100, np.uint8), saliency).shape == (192, 192, 3)
    assert shown[0, 0, 0] > shown[0, 0, 2]
    assert (shown[-1, -1] == 100).all()
