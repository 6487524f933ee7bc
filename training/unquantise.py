"""A start from an int8 file: the weights of a network that ships, so that it can learn on from somebody's own faces.

A file holds each convolution with its batch norm folded in. What that norm saw is measured again, so that the
network that goes on learning answers at first as the file does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from emotion.errors import ModelError
from emotion.registry import card_by_digest, sha256_of
from emotion.types import FloatArray
from emotion.vision.litert import LiteRTModel
from training.batch_norm import settling_batches
from training.folded import Folded, fill, has_kernel, norms_behind, unfold
from training.inputs import InputForm
from training.losses import columns_of
from training.targets import Examples

MODEL_SUFFIX = ".tflite"
AGREEING_FACES = 256
LEAST_AGREEMENT = 0.9
"""Share of faces to which the network must answer as its file does; faithful ones reach 0.97."""

_CONVOLUTION, _BY_CHANNEL, _DENSE = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
)


def start_from_int8(model: Any, file: Path, examples: Examples, form: InputForm) -> str:
    """Fill a network with the weights of an int8 file that was exported of one like it.

    A head that learns the very labels of the model to which the file belongs is filled; any other starts anew.

    Args:
        model: A network out of the registry.
        file: What ``export`` wrote.
        examples: Training faces, on which batch norms are measured; their heads are the network's.
        form: What the network is fed.

    Returns:
        What was filled, for people.

    Raises:
        ModelError: The file is none of such a network.
    """
    *body, head = _stored_layers(file)
    *layers, last = [layer for layer in model.layers if has_kernel(layer)]
    expected = [tuple(layer.kernel.shape) for layer in layers]
    if [stored.kernel.shape for stored in body] != expected or head.kernel.shape[0] != last.kernel.shape[0]:
        raise ModelError(f"expected an int8 file that was exported of {model.name}; {file.name} has other layers")
    norms = dict(norms_behind(model))
    for layer, stored in zip(layers, body, strict=True):
        fill(layer, stored, norms.get(layer.name))
    column = _column_of(file, examples)
    if column is not None:
        _fill_head(last, head, column)
    faces = [*settling_batches(examples, form)]
    if norms:
        unfold(model, norms, faces)
    if column is not None:
        _expect_agreement(model, file, np.concatenate(faces)[:AGREEING_FACES], column)
    filled = f"all of {model.name}" if column == slice(0, last.units) else f"{model.name} but for heads of other labels"
    return f"weights of {filled} from {file.name}"


def _stored_layers(file: Path) -> list[Folded]:
    """Return the layers of a file that multiply by weights, in the order in which they are computed."""
    try:
        content = flatbuffer_utils.read_model(str(file))
    except Exception as error:  # the library names no error of its own
        raise ModelError(f"expected a .tflite model in {file.name}; it cannot be read: {error}") from error
    graph, found = content.subgraphs[0], []
    for operator in graph.operators:
        kind = flatbuffer_utils.get_builtin_code_from_operator_code(content.operatorCodes[operator.opcodeIndex])
        if kind in {_CONVOLUTION, _BY_CHANNEL, _DENSE}:
            kernel, bias = (_numbers(content, graph.tensors[index], file) for index in operator.inputs[1:3])
            found.append(Folded(_as_keras(kernel, kind), bias))
    if not found:
        raise ModelError(f"expected an int8 file of a network; {file.name} has no weights")
    return found


def _numbers(content: Any, tensor: Any, file: Path) -> FloatArray:
    """Return a tensor's values: its codes times the step of their channel."""
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


def _column_of(file: Path, examples: Examples) -> slice | None:
    """Return the outputs of the head that learns what a model's file answers with; None if there is no such head."""
    card = card_by_digest(sha256_of(file))
    columns = columns_of([len(head.label_set) for head in examples.heads])
    heads = zip(examples.heads, columns, strict=True)
    return next((column for head, column in heads if card and card.labels == head.label_set.labels), None)


def _fill_head(last: Any, head: Folded, column: slice) -> None:
    kernel, bias = last.get_weights()
    kernel[:, column], bias[column] = head.kernel, head.bias
    last.set_weights([kernel, bias])


def _expect_agreement(model: Any, file: Path, faces: FloatArray, column: slice) -> None:
    stored = LiteRTModel(file)
    told = np.concatenate([stored(face[None])[0] for face in faces]).argmax(axis=1)
    agreeing = float((model.predict_on_batch(faces)[:, column].argmax(axis=1) == told).mean())
    if agreeing < LEAST_AGREEMENT:
        raise ModelError(
            f"expected a network that answers as {file.name} does; {model.name} with its weights agrees on "
            f"{agreeing:.0%} of {len(faces)} faces"
        )
