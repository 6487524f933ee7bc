"""Loads initial weights from a shipped int8 model, to fine-tune it on other faces.

The file holds each convolution with its batch norm folded in. Batch norms are restored by measuring their statistics
again, so that the network initially answers like the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from emotion.errors import ModelError
from emotion.models.registry import card_by_digest, sha256_of
from emotion.types import FloatArray
from emotion.vision.litert import LiteRTModel
from training.data.inputs import InputForm
from training.data.targets import Examples
from training.fit.batch_norm import batch_norm_batches
from training.fit.losses import columns_of

MODEL_SUFFIX = ".tflite"
AGREEING_FACES = 256
MIN_AGREEMENT = 0.9
"""Share of faces on which the network and its file must agree; correct weights reach 0.97."""

_INITIAL_NORM = float(np.sqrt(2))
"""Norm of a channel's weights under He initialisation (He et al. 2015). Before a batch norm it does not change the
output, but it determines how far a gradient step turns the weights."""

_SMALLEST_NORM = 1e-6
"""Channels with a smaller norm are inactive and are not rescaled further."""

_CONVOLUTION, _BY_CHANNEL, _DENSE = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
)


@dataclass(frozen=True, slots=True, eq=False)
class FoldedLayer:
    """A layer's float32 kernel and bias in Keras' layout, with the following batch norm, if any, folded in."""

    kernel: FloatArray
    bias: FloatArray


def start_from_tflite(model: Any, file: Path, examples: Examples, form: InputForm) -> str:
    """Load weights from an int8 file that was exported from the same architecture.

    A head with the labels of the file's model is loaded; other heads keep their random weights.

    Args:
        model: A network of the registry.
        file: A file written by ``export``.
        examples: Training faces for the batch-norm statistics, with the network's heads.
        form: Form of the network's input.

    Returns:
        A description of what was loaded.

    Raises:
        ModelError: The file belongs to another architecture.
    """
    *body, head = _stored_layers(file)
    *layers, last = [layer for layer in model.layers if has_kernel(layer)]
    expected = [tuple(layer.kernel.shape) for layer in layers]
    if [stored.kernel.shape for stored in body] != expected or head.kernel.shape[0] != last.kernel.shape[0]:
        raise ModelError(f"expected an int8 file exported from {model.name}; {file.name} has other layers")
    column = _column_of(file, examples)
    if column is not None:
        _fill_head(last, head, column)
    faces = restore_body(model, body, examples, form)
    if column is not None:
        _expect_agreement(model, file, np.concatenate(faces)[:AGREEING_FACES], column)
    filled = f"all of {model.name}" if column == slice(0, last.units) else f"{model.name} but for heads of other labels"
    return f"weights of {filled} from {file.name}"


def restore_body(model: Any, body: Sequence[FoldedLayer], examples: Examples, form: InputForm) -> list[FloatArray]:
    """Load folded weights into all layers but the last, and restore the batch norms.

    Args:
        model: A network with as many layers before its last one.
        body: The weights of these layers.
        examples: Training faces.
        form: Form of the network's input.

    Returns:
        Batches of the faces on which statistics were measured.
    """
    norms = dict(_norms_by_layer(model))
    layers = [layer for layer in model.layers if has_kernel(layer)][:-1]
    for layer, stored in zip(layers, body, strict=True):
        _fill(layer, stored, norms.get(layer.name))
    faces = [*batch_norm_batches(examples, form)]
    if norms:
        _restore_norms(model, norms, faces)
    return faces


def _stored_layers(file: Path) -> list[FoldedLayer]:
    """Return a file's convolutions and dense layers in execution order."""
    try:
        content = flatbuffer_utils.read_model(str(file))
    except Exception as error:  # the library has no exception class of its own
        raise ModelError(f"expected a .tflite model in {file.name}; it cannot be read: {error}") from error
    graph, found = content.subgraphs[0], []
    for operator in graph.operators:
        kind = flatbuffer_utils.get_builtin_code_from_operator_code(content.operatorCodes[operator.opcodeIndex])
        if kind in {_CONVOLUTION, _BY_CHANNEL, _DENSE}:
            kernel, bias = (_numbers(content, graph.tensors[index], file) for index in operator.inputs[1:3])
            found.append(FoldedLayer(_as_keras(kernel, kind), bias))
    if not found:
        raise ModelError(f"expected an int8 file of a network; {file.name} has no weights")
    return found


def _numbers(content: Any, tensor: Any, file: Path) -> FloatArray:
    """Return a tensor's dequantised values."""
    types = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
    data = content.buffers[tensor.buffer].data
    if tensor.type not in types or data is None or tensor.quantization is None or tensor.quantization.scale is None:
        raise ModelError(f"expected weights in int8 in {file.name}; got another kind")
    codes = np.frombuffer(bytes(data), types[tensor.type]).reshape(tensor.shape)
    shape = [1] * codes.ndim
    shape[tensor.quantization.quantizedDimension] = -1
    return (codes * np.asarray(tensor.quantization.scale, np.float32).reshape(shape)).astype(np.float32)


def _as_keras(kernel: FloatArray, kind: int) -> FloatArray:
    """Return a kernel as (height, width, inputs, outputs), (height, width, channels, 1) or (inputs, outputs)."""
    if kind == _BY_CHANNEL:
        return kernel[0, ..., None]
    return kernel.transpose(1, 2, 3, 0) if kind == _CONVOLUTION else kernel.T


def has_kernel(layer: Any) -> bool:
    """Return whether a layer is a convolution or dense layer."""
    return isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense)


def _norms_by_layer(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name of the layer before each batch norm, and the batch norm."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer.input._keras_history.operation.name, layer


def _fill(layer: Any, stored: FoldedLayer, norm: Any | None) -> None:
    """Set a layer's weights; a batch norm after it gets the bias, and is an identity otherwise until it is restored."""
    if norm is None:
        layer.set_weights([stored.kernel, stored.bias])
        return
    bias = [np.zeros_like(stored.bias)] if layer.use_bias else []
    layer.set_weights([stored.kernel, *bias])
    none, one = np.zeros_like(stored.bias), np.ones_like(stored.bias)
    norm.set_weights([one, stored.bias, none, one - norm.epsilon])


def _column_of(file: Path, examples: Examples) -> slice | None:
    """Return the outputs of the head with the labels of a file's model, or None."""
    card = card_by_digest(sha256_of(file))
    columns = columns_of([len(head.label_set) for head in examples.heads])
    heads = zip(examples.heads, columns, strict=True)
    return next((column for head, column in heads if card and card.labels == head.label_set.labels), None)


def _fill_head(last: Any, head: FoldedLayer, column: slice) -> None:
    kernel, bias = last.get_weights()
    kernel[:, column], bias[column] = head.kernel, head.bias
    last.set_weights([kernel, bias])


def _restore_norms(model: Any, norms: Mapping[str, Any], faces: Sequence[FloatArray]) -> None:
    """Set each batch norm's statistics to those of its input, with a scale and shift that keep its output unchanged.

    Args:
        model: A network with loaded weights, whose batch norms only add a bias.
        norms: Name of the layer before → batch norm.
        faces: Batches of inputs.
    """
    before = keras.Model(model.input, [norm.input for norm in norms.values()])
    # Called eagerly, thus in float32.
    moments = [[_moments(maps) for maps in before(batch, training=False)] for batch in faces]
    for (name, norm), seen in zip(norms.items(), zip(*moments, strict=True), strict=True):
        means, variances = map(np.stack, zip(*seen, strict=True))
        mean, variance = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        stretch = _rescale(model.get_layer(name))
        spread = np.sqrt(stretch**2 * variance + norm.epsilon)
        shift = norm.get_weights()[1]
        norm.set_weights([spread / stretch, shift + mean, stretch * mean, stretch**2 * variance])


def _moments(maps: Any) -> tuple[FloatArray, FloatArray]:
    """Return each channel's mean and variance over a batch."""
    values = keras.ops.convert_to_numpy(maps)
    axes = tuple(range(values.ndim - 1))
    return values.mean(axes), values.var(axes)


def _rescale(layer: Any) -> FloatArray:
    """Rescale each channel's weights to their norm at initialisation, and return the factors."""
    kernel, *bias = layer.get_weights()  # the bias, if any, is 0: the batch norm has it
    channel = 2 if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.ndim - 1
    others = tuple(axis for axis in range(kernel.ndim) if axis != channel)
    length = np.sqrt((kernel**2).sum(axis=others, keepdims=True))
    stretch = _INITIAL_NORM / np.maximum(length, _SMALLEST_NORM)
    layer.set_weights([stretch * kernel, *bias])
    return np.asarray(stretch.ravel())


def _expect_agreement(model: Any, file: Path, faces: FloatArray, column: slice) -> None:
    stored = LiteRTModel(file)
    expected = np.concatenate([stored(face[None])[0] for face in faces]).argmax(axis=1)
    agreeing = float((model.predict_on_batch(faces)[:, column].argmax(axis=1) == expected).mean())
    if agreeing < MIN_AGREEMENT:
        raise ModelError(
            f"expected a network that answers as {file.name} does; {model.name} with its weights agrees on "
            f"{agreeing:.0%} of {len(faces)} faces"
        )
