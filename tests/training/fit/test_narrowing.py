"""Narrowing a network: copies of channels can go without any loss, others with little."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from training.fit.folded import FoldedLayer, has_kernel
from training.fit.narrowing import can_be_narrowed, narrowed

CHANNELS, CLASSES = (4, 6, 8), 3


def build(factor: int) -> keras.Model:
    """Build a small MobileNet v1 with ``factor`` times as many channels."""
    inputs = keras.Input((16, 16, 1))
    maps = keras.layers.ReLU(6)(keras.layers.Conv2D(factor * CHANNELS[0], 3, 2, padding="same")(inputs))
    for stride, channels in enumerate(CHANNELS[1:], start=1):
        maps = keras.layers.ReLU(6)(keras.layers.DepthwiseConv2D(3, stride, padding="same")(maps))
        maps = keras.layers.ReLU(6)(keras.layers.Conv2D(factor * channels, 1)(maps))
    return keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(maps)))


def layers_of(model: keras.Model) -> list:
    return [layer for layer in model.layers if has_kernel(layer)]


def weights_of(model: keras.Model) -> list[FoldedLayer]:
    return [FoldedLayer(*layer.get_weights()) for layer in layers_of(model)]


def with_copies(layers: list[FoldedLayer], rng: np.random.Generator) -> list[FoldedLayer]:
    """Double all channels in random order; each layer halves the weights of what it reads twice."""
    orders = [np.tile(rng.permutation(layer.kernel.shape[-1]), 2) for layer in (layers[0], *layers[2:-1:2])]
    doubled = [FoldedLayer(layers[0].kernel[..., orders[0]], layers[0].bias[orders[0]])]
    for (read, written), by_channel, pointwise in zip(pairwise(orders), layers[1:-1:2], layers[2:-1:2], strict=True):
        doubled.append(FoldedLayer(by_channel.kernel[:, :, read], by_channel.bias[read]))
        doubled.append(FoldedLayer(pointwise.kernel[:, :, read][..., written] / 2, pointwise.bias[written]))
    head = layers[-1]
    return [*doubled, FoldedLayer(head.kernel[orders[-1]] / 2, head.bias)]


@pytest.fixture
def faces(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(64, 16, 16, 1)).astype(np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_copies_of_channels_are_left_out_without_loss(faces, rng):
    keras.utils.set_random_seed(3)
    model = build(1)
    known = model.predict_on_batch(faces)
    *body, head = with_copies(weights_of(model), rng)
    *layers, last = layers_of(model)
    assert can_be_narrowed(body, head, layers)
    body, head = narrowed(body, head, layers, faces)
    for layer, stored in zip((*layers, last), (*body, head), strict=True):
        layer.set_weights([stored.kernel, stored.bias])
    np.testing.assert_allclose(model.predict_on_batch(faces), known, atol=0.02 * known.std())


def test_the_least_useful_channels_are_left_out(faces):
    keras.utils.set_random_seed(4)
    wide, narrow = build(2), build(1)
    *body, head = weights_of(wide)
    *layers, last = layers_of(narrow)
    known = wide.predict_on_batch(faces)
    chosen = narrowed(body, head, layers, faces)
    first = [
        FoldedLayer(stored.kernel[tuple(map(slice, layer.kernel.shape))], stored.bias[: len(layer.get_weights()[1])])
        for stored, layer in zip((*body, head), (*layers, last), strict=True)
    ]
    errors = []
    for weights in ([*chosen[0], chosen[1]], first):
        for layer, stored in zip((*layers, last), weights, strict=True):
            layer.set_weights([stored.kernel, stored.bias])
        errors.append(float(np.square(narrow.predict_on_batch(faces) - known).mean()))
    assert errors[0] < 0.5 * errors[1]


def test_only_a_wider_network_of_the_same_layers_is_narrowed():
    *layers, _ = layers_of(build(1))
    *body, head = weights_of(build(2))
    *same, same_head = weights_of(build(1))
    assert can_be_narrowed(body, head, layers)
    assert not can_be_narrowed(same, same_head, layers)
    assert not can_be_narrowed(body[:-2], head, layers)
    assert not can_be_narrowed(body[::2], head, layers[::2])
