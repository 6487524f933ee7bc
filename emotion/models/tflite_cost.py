"""Counts the parameters of a .tflite file and its multiply–adds for one input.

``training/evaluation/cost.py`` does the same for a Keras network.
"""

from __future__ import annotations

import math
from typing import Any

from ai_edge_litert import schema_py_generated as schema

_OPS = schema.BuiltinOperator

_COUNTED = frozenset({_OPS.CONV_2D, _OPS.DEPTHWISE_CONV_2D, _OPS.FULLY_CONNECTED})
"""Operations that use each weight once per output position."""

_NOT_COUNTED = frozenset(
    {
        _OPS.BATCH_MATMUL,
        _OPS.BIDIRECTIONAL_SEQUENCE_LSTM,
        _OPS.BIDIRECTIONAL_SEQUENCE_RNN,
        _OPS.CALL,
        _OPS.CONV_3D,
        _OPS.CONV_3D_TRANSPOSE,
        _OPS.CUSTOM,
        _OPS.IF,
        _OPS.LSTM,
        _OPS.RNN,
        _OPS.SVDF,
        _OPS.TRANSPOSE_CONV,
        _OPS.UNIDIRECTIONAL_SEQUENCE_LSTM,
        _OPS.UNIDIRECTIONAL_SEQUENCE_RNN,
        _OPS.WHILE,
    }
)
"""Other operations that multiply weights or run subgraphs, which are not counted."""


def tflite_cost(content: bytes) -> tuple[int, int | None]:
    """Return a model's parameters and its multiply–adds for one input, None if they cannot be counted.

    Parameters are the elements of all constant tensors. Their number differs a little from the network's, as batch
    norms may be folded into convolutions, and shapes are constants too.

    Args:
        content: A .tflite file that LiteRT has accepted; its offsets are not checked.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    # Old files have only the deprecated field, new ones have both.
    kinds = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return _parameters(model), _multiply_adds(model.subgraphs[0], kinds)


def _parameters(model: Any) -> int:
    shapes = {
        tensor.buffer: tensor.shape
        for graph in model.subgraphs
        for tensor in graph.tensors
        if model.buffers[tensor.buffer].data is not None
    }
    return sum(math.prod(map(int, shape)) for shape in shapes.values() if shape is not None)


def _multiply_adds(graph: Any, kinds: list[int]) -> int | None:
    total = 0
    for operator in graph.operators:
        kind = kinds[operator.opcodeIndex]
        if kind in _NOT_COUNTED:
            return None
        if kind in _COUNTED:
            weights, result = graph.tensors[operator.inputs[1]].shape, graph.tensors[operator.outputs[0]].shape
            total += math.prod(map(int, weights)) * math.prod(map(int, result[:-1]))
    return total
