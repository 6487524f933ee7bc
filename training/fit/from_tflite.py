"""Loads initial weights from a shipped int8 model, to fine-tune it on other faces.

The network then answers like the file. It may have fewer channels (:mod:`training.fit.narrowing`); its answers are then
close to the file's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from training.fit.folded import FoldedLayer, has_kernel, restore_body
from training.fit.losses import columns_of
from training.fit.narrowing import can_be_narrowed, narrowed

MODEL_SUFFIX = ".tflite"
NARROWING_FACES = 1280
"""Faces to which a narrower network is fitted; their feature maps take a few gigabytes of memory."""

AGREEING_FACES = 256
MIN_AGREEMENT = 0.9
"""Share of faces on which the network and its file must agree; correct weights reach 0.97."""

_CONVOLUTION, _BY_CHANNEL, _DENSE = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
)


def start_from_tflite(model: Any, file: Path, examples: Examples, form: InputForm) -> str:
    """Load weights from an int8 file of the same architecture, or of a MobileNet v1 with more channels.

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
    batches = [*batch_norm_batches(examples, form)]
    faces = np.concatenate(batches)
    if is_wider := can_be_narrowed(body, head, layers):
        body, head = narrowed(body, head, layers, faces[:NARROWING_FACES])
    elif [stored.kernel.shape for stored in body] != expected or head.kernel.shape[0] != last.kernel.shape[0]:
        raise ModelError(f"expected an int8 file exported from {model.name}; {file.name} has other layers")
    column = _column_of(file, examples)
    if column is not None:
        _fill_head(last, head, column)
    restore_body(model, body, batches)
    if column is not None and not is_wider:
        _expect_agreement(model, file, faces[:AGREEING_FACES], column)
    filled = f"all of {model.name}" if column == slice(0, last.units) else f"{model.name} but for heads of other labels"
    return f"weights of {filled} from {file.name}{', which has more channels' if is_wider else ''}"


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


def _expect_agreement(model: Any, file: Path, faces: FloatArray, column: slice) -> None:
    stored = LiteRTModel(file)
    expected = np.concatenate([stored(face[None])[0] for face in faces]).argmax(axis=1)
    agreeing = float((model.predict_on_batch(faces)[:, column].argmax(axis=1) == expected).mean())
    if agreeing < MIN_AGREEMENT:
        raise ModelError(
            f"expected a network that answers as {file.name} does; {model.name} with its weights agrees on "
            f"{agreeing:.0%} of {len(faces)} faces"
        )
