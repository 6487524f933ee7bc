"""Rebuilds networks from the JSON of Keras 1 and 2, which today's Keras no longer reads.

Only the layers listed here are built, with only the arguments listed: so nothing in the file can name code to run.
Initialisers, regularisers and constraints are left out, as only training needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from emotion.errors import ModelError

_RENAMED = {
    "nb_filter": "filters",
    "output_dim": "units",
    "border_mode": "padding",
    "subsample": "strides",
    "bias": "use_bias",
    "p": "rate",
    "alpha": "negative_slope",
}
"""Arguments that later versions renamed."""

_CONVOLUTION = ("kernel_size", "strides", "padding", "dilation_rate", "activation", "use_bias")
_POOLING = ("pool_size", "strides", "padding")

_LAYERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "Conv2D": (keras.layers.Conv2D, ("filters", *_CONVOLUTION)),
    "Convolution2D": (keras.layers.Conv2D, ("filters", *_CONVOLUTION)),
    "SeparableConv2D": (keras.layers.SeparableConv2D, ("filters", "depth_multiplier", *_CONVOLUTION)),
    "SeparableConvolution2D": (keras.layers.SeparableConv2D, ("filters", "depth_multiplier", *_CONVOLUTION)),
    "DepthwiseConv2D": (keras.layers.DepthwiseConv2D, ("depth_multiplier", *_CONVOLUTION)),
    "MaxPooling2D": (keras.layers.MaxPooling2D, _POOLING),
    "AveragePooling2D": (keras.layers.AveragePooling2D, _POOLING),
    "GlobalAveragePooling2D": (keras.layers.GlobalAveragePooling2D, ()),
    "GlobalMaxPooling2D": (keras.layers.GlobalMaxPooling2D, ()),
    "ZeroPadding2D": (keras.layers.ZeroPadding2D, ("padding",)),
    "Dense": (keras.layers.Dense, ("units", "activation", "use_bias")),
    "BatchNormalization": (keras.layers.BatchNormalization, ("axis", "momentum", "epsilon", "center", "scale")),
    "Activation": (keras.layers.Activation, ("activation",)),
    "ReLU": (keras.layers.ReLU, ("max_value", "negative_slope", "threshold")),
    "LeakyReLU": (keras.layers.LeakyReLU, ("negative_slope",)),
    "ELU": (keras.layers.ELU, ()),
    "PReLU": (keras.layers.PReLU, ("shared_axes",)),
    "Softmax": (keras.layers.Softmax, ("axis",)),
    "Dropout": (keras.layers.Dropout, ("rate",)),
    "SpatialDropout2D": (keras.layers.SpatialDropout2D, ("rate",)),
    "Flatten": (keras.layers.Flatten, ()),
    "Reshape": (keras.layers.Reshape, ("target_shape",)),
    "Permute": (keras.layers.Permute, ("dims",)),
    "UpSampling2D": (keras.layers.UpSampling2D, ("size",)),
    "Cropping2D": (keras.layers.Cropping2D, ("cropping",)),
    "GaussianNoise": (keras.layers.GaussianNoise, ("stddev",)),
    "GaussianDropout": (keras.layers.GaussianDropout, ("rate",)),
    "Rescaling": (keras.layers.Rescaling, ("scale", "offset")),
    "Add": (keras.layers.Add, ()),
    "Multiply": (keras.layers.Multiply, ()),
    "Average": (keras.layers.Average, ()),
    "Maximum": (keras.layers.Maximum, ()),
    "Concatenate": (keras.layers.Concatenate, ("axis",)),
}


_NESTED = ("Sequential", "Model", "Functional")


def is_old_architecture(config: Any) -> bool:
    """Return whether JSON is of Keras 1 or 2; Keras 3 names each class's module."""
    return isinstance(config, dict) and "module" not in config


def build_old_architecture(config: Mapping[str, Any]) -> Any:
    """Build the untrained network that old JSON describes.

    Args:
        config: ``Sequential``, or ``Model``/``Functional`` in which each layer is used once.

    Raises:
        ModelError: A layer is unknown, or the JSON describes something else.
    """
    kind = config.get("class_name")
    try:
        if kind == "Sequential":
            return _sequential(config["config"])
        if kind in _NESTED:
            return _functional(config["config"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelError(f"expected the JSON of a Keras {kind} network; reading it failed: {error}") from error
    raise ModelError(f"expected the JSON of a Keras Sequential or functional network; got {kind!r}")


def _sequential(config: Any) -> Any:
    """Chain the layers; the first one knows the input's shape. Keras 1 gives a bare list of layers."""
    layers = config["layers"] if isinstance(config, dict) else config
    inputs = features = _input(layers[0]["config"])
    for layer in layers:
        if layer["class_name"] != "InputLayer":
            features = _layer(layer)(features)
    return keras.Model(inputs, features)


def _functional(config: Mapping[str, Any]) -> Any:
    """Call each layer on the outputs that its one inbound node names; Keras lists layers in a usable order."""
    outputs: dict[str, Any] = {}
    for layer in config["layers"]:
        nodes = layer["inbound_nodes"]
        if layer["class_name"] == "InputLayer":
            outputs[layer["name"]] = _input(layer["config"])
            continue
        if len(nodes) != 1:
            raise ModelError(f"expected every layer to be used once; {layer['name']} is used {len(nodes)} times")
        given = [outputs[source] for source in _sources(nodes[0])]
        outputs[layer["name"]] = _layer(layer)(given[0] if len(given) == 1 else given)
    ends = ([outputs[name] for name in _ends(config[key])] for key in ("input_layers", "output_layers"))
    return keras.Model(*ends)


def _sources(node: Any) -> list[str]:
    """Return the names of the layers that a node's inputs come from.

    Keras 1 and 2 write ``[[name, 0, 0, {}], …]``; Keras 3, in an HDF5 file, tensors with a history.
    """
    if isinstance(node, list):
        return [source[0] for source in node]
    if node.get("class_name") == "__keras_tensor__":
        return [node["config"]["keras_history"][0]]
    return [
        name for part in node["args"] for one in (part if isinstance(part, list) else [part]) for name in _sources(one)
    ]


def _ends(layers: list[Any]) -> list[str]:
    """Return the layer names in ``[[name, 0, 0], …]``, or in Keras 3's ``[name, 0, 0]`` for a single layer."""
    return [layers[0]] if isinstance(layers[0], str) else [layer[0] for layer in layers]


def _input(config: Mapping[str, Any]) -> Any:
    shape = config.get("batch_input_shape") or config["batch_shape"]
    return keras.Input(tuple(shape[1:]))


def _nested(entry: Mapping[str, Any]) -> Any:
    """Return a network nested as a layer, under the name of its weights in the file."""
    network = build_old_architecture(entry)
    network.name = entry.get("name") or entry["config"].get("name") or network.name
    return network


def _layer(entry: Mapping[str, Any]) -> Any:
    kind, config = entry["class_name"], entry["config"]
    if kind in _NESTED:
        return _nested(entry)
    if kind not in _LAYERS:
        raise ModelError(f"expected layers from {', '.join(_LAYERS)}; got {kind!r}")
    if config.get("data_format") == "channels_first" or config.get("dim_ordering") == "th":
        raise ModelError(f"expected channels last; layer {config.get('name')!r} has them first")
    build, wanted = _LAYERS[kind]
    known = {_RENAMED.get(key, key): value for key, value in config.items()}
    if "nb_row" in config:
        known["kernel_size"] = [config["nb_row"], config["nb_col"]]
    arguments = {key: known[key] for key in wanted if known.get(key) is not None}
    return build(**arguments, name=config.get("name"))
