"""Converts the convolutions of a float32 .tflite file to int8 weights, which makes them faster.

This is dynamic-range quantisation: LiteRT quantises the inputs of these convolutions for each picture, so no
representative pictures are needed, and the inputs and outputs of the file stay float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

_MIN_INPUTS = 4
"""Convolutions with fewer input channels, such as the first one, stay in float32."""
_LARGEST_CODE = 127
_VERSION = 5
"""LiteRT's operator version of CONV_2D with float32 activations and int8 weights with a scale per channel."""


def with_int8_weights(file: bytes) -> bytes:
    """Return a .tflite file whose convolutions have int8 weights, with one scale per output channel.

    The first convolution and those with an output of a single pixel, which are the network's outputs, stay in float32:
    they take little time but would cause most of the error.

    Args:
        file: A .tflite file with float32 weights.
    """
    model = flatbuffer_utils.read_model_from_bytearray(file)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if flatbuffer_utils.get_builtin_code_from_operator_code(code) != schema.BuiltinOperator.CONV_2D:
            continue
        kernel, answer = graph.tensors[operator.inputs[1]], graph.tensors[operator.outputs[0]]
        is_last = int(answer.shape[1]) * int(answer.shape[2]) == 1
        if kernel.type == schema.TensorType.FLOAT32 and int(kernel.shape[3]) >= _MIN_INPUTS and not is_last:
            _quantise(kernel, model.buffers[kernel.buffer])
            code.version = max(code.version, _VERSION)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _quantise(kernel: Any, data: Any) -> None:
    """Replace a kernel, ``(outputs, height, width, inputs)``, in its tensor and buffer."""
    weights = np.asarray(data.data, np.uint8).view(np.float32).reshape(kernel.shape)
    largest = np.abs(weights).max(axis=(1, 2, 3))
    scales = (np.where(largest > 0, largest, 1) / _LARGEST_CODE).astype(np.float32)
    data.data = np.rint(weights / scales[:, None, None, None]).astype(np.int8).view(np.uint8).ravel()
    kernel.type = schema.TensorType.INT8
    kernel.quantization = schema.QuantizationParametersT()
    kernel.quantization.scale = scales
    kernel.quantization.zeroPoint = np.zeros(len(scales), np.int64)
    kernel.quantization.quantizedDimension = 0
