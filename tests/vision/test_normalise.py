"""Normalisation of pixels, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.errors import ModelError
from emotion.vision.normalise import fit, normalise


def test_standardised_crops_have_no_mean_and_unit_variance():
    faces = normalise(np.random.default_rng(0).integers(0, 256, (9, 48, 48), np.uint8), "standardise")
    assert (faces.shape, faces.dtype) == ((9, 48, 48, 1), np.float32)
    np.testing.assert_allclose(faces.mean(axis=(1, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(faces.std(axis=(1, 2, 3)), 1, atol=1e-3)


def test_standardising_limits_the_amplification_of_noise():
    spike = np.zeros((1, 48, 48), np.uint8)
    spike[0, 20, 20] = 255
    assert normalise(spike, "standardise").max() == 4
    noise = np.random.default_rng(0).integers(100, 102, (1, 48, 48), np.uint8)
    assert normalise(noise, "standardise").std() < 0.2
    assert not normalise(np.full((1, 48, 48), 9, np.uint8), "standardise").any()


def test_other_normalisations_by_hand():
    colour = np.full((1, 2, 2, 3), 255, np.uint8)
    assert normalise(colour, "unit").max() == 1
    assert normalise(colour * 0, "symmetric").min() == -1
    assert normalise(colour, "unit").shape == (1, 2, 2, 3)
    with pytest.raises(ModelError, match="got 'whitened'"):
        normalise(colour, "whitened")
    with pytest.raises(ValueError, match="expected uint8 crops"):
        normalise(colour.astype(np.float32), "unit")


def test_caffe_subtracts_means_and_swaps_channels():
    red = np.zeros((1, 2, 2, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(normalise(red, "caffe")[0, 0, 0], [-103.939, -116.779, 255 - 123.68], rtol=1e-6)
    with pytest.raises(ModelError, match=r"expected RGB crops .* got 1 channel"):
        normalise(red[..., 0], "caffe")


@pytest.mark.parametrize("shape", [(48, 48), (30, 60), (48, 48, 3), (96, 80, 3)])
@pytest.mark.parametrize(("colour", "channels"), [("grey", ()), ("rgb", (3,))])
def test_crops_are_converted_to_the_networks_size_and_colour(shape, colour, channels):
    crop = np.full(shape, 77, np.uint8)
    fitted = fit(crop, 64, colour)
    assert (fitted.shape, fitted.dtype) == ((64, 64, *channels), np.uint8)
    assert (fitted == 77).all()
