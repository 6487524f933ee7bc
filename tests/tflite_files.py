"""Small synthetic .tflite files: valid, unusual and harmful ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

OPS, OPTIONS, TYPES = schema.BuiltinOperator, schema.BuiltinOptions, schema.TensorType

CLASSES, SIDE = 7, 48
GREEDY_ROWS = 1 << 28
_TYPE_OF = {
    np.dtype(np.float32): TYPES.FLOAT32,
    np.dtype(np.int32): TYPES.INT32,
    np.dtype(np.int8): TYPES.INT8,
    np.dtype(np.uint8): TYPES.UINT8,
    np.dtype(np.float64): TYPES.FLOAT64,
    np.dtype(np.bool_): TYPES.BOOL,
}


class Graph:
    """A graph of a file; tensors and operations are given by number."""

    def __init__(self, file: TfliteFile) -> None:
        self.file, self.made = file, schema.SubGraphT()
        self.made.tensors, self.made.operators = [], []

    def tensor(self, shape: Sequence[int], dtype: Any = np.float32, scale: float = 0.0, zero_point: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = f"t{len(self.made.tensors)}", list(shape), _TYPE_OF[np.dtype(dtype)]
        tensor.buffer = 0
        if scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
        self.made.tensors.append(tensor)
        return len(self.made.tensors) - 1

    def constant(self, values: np.ndarray) -> int:
        place = self.tensor(values.shape, values.dtype)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.file.model.buffers.append(buffer)
        self.made.tensors[place].buffer = len(self.file.model.buffers) - 1
        return place

    def add(self, kind: int, inputs: list[int], outputs: list[int], options: Any = None, custom: str = "") -> int:
        """Add an operation and return its first output. The kind of options follows from their type."""
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = kind, min(kind, 127), 1
        code.customCode = custom or None
        self.file.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.file.model.operatorCodes) - 1
        operator.inputs, operator.outputs = inputs, outputs
        if options is not None:
            operator.builtinOptionsType = getattr(OPTIONS, type(options).__name__.removesuffix("T"))
            operator.builtinOptions = options
        self.made.operators.append(operator)
        return outputs[0]


class TfliteFile:
    """A file under construction; graph 0 is the main one."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version, self.model.buffers = 3, [schema.BufferT()]
        self.model.operatorCodes, self.model.subgraphs = [], []
        self.graph = self.new_graph()

    def new_graph(self) -> Graph:
        graph = Graph(self)
        self.model.subgraphs.append(graph.made)
        return graph

    def content(self, inputs: list[int], outputs: list[int]) -> bytes:
        self.graph.made.inputs, self.graph.made.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def dense(
    graph: Graph, face: int, inputs: int, classes: int, weights: np.ndarray | None = None, out: Any = np.float32
) -> int:
    """Flatten a picture, add a dense layer, and return its output."""
    if weights is None:
        weights = np.random.default_rng(0).normal(0, 0.05, (classes, inputs)).astype(np.float32)
    shape = graph.constant(np.array([1, inputs], np.int32))
    flat = graph.add(OPS.RESHAPE, [face, shape], [graph.tensor((1, inputs))], schema.ReshapeOptionsT())
    bias = graph.constant(np.zeros(classes, np.float32))
    result = graph.tensor((1, classes), out)
    return graph.add(
        OPS.FULLY_CONNECTED, [flat, graph.constant(weights), bias], [result], schema.FullyConnectedOptionsT()
    )


def softmax(graph: Graph, logits: int, classes: int) -> int:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    return graph.add(OPS.SOFTMAX, [logits], [graph.tensor((1, classes))], options)


def classifier(
    classes: int = 7,
    shape: tuple[int, ...] = (1, 48, 48, 1),
    probabilities: bool = False,
    weights: np.ndarray | None = None,
) -> bytes:
    """Return a dense layer, with a softmax after it if ``probabilities``."""
    file = TfliteFile()
    face = file.graph.tensor(shape)
    answer = dense(file.graph, face, int(np.prod(shape)), classes, weights)
    return file.content([face], [softmax(file.graph, answer, classes) if probabilities else answer])


def uint8_classifier(quantised: bool = True) -> bytes:
    """Return a model with uint8 pixels and uint8 probabilities, as older converters make them."""
    file = TfliteFile()
    graph = file.graph
    face = graph.tensor((1, SIDE, SIDE, 3), np.uint8, 1 / 255 if quantised else 0.0)
    shares = _float_classifier_between(graph, face)
    return file.content([face], [_quantised(graph, shares)])


def _float_classifier_between(graph: Graph, face: int) -> int:
    pixels = graph.add(OPS.DEQUANTIZE, [face], [graph.tensor((1, SIDE, SIDE, 3))], schema.DequantizeOptionsT())
    return softmax(graph, dense(graph, pixels, SIDE * SIDE * 3, CLASSES), CLASSES)


def _quantised(graph: Graph, shares: int) -> int:
    result = graph.tensor((1, CLASSES), np.uint8, 1 / 256)
    return graph.add(OPS.QUANTIZE, [shares], [result], schema.QuantizeOptionsT())


def endless_classifier() -> bytes:
    """Return a model that never ends: a loop runs until a counter reaches one, but adds zero to it."""
    file = TfliteFile()
    graph, condition, body = file.graph, file.new_graph(), file.new_graph()
    for inner in (condition, body):
        inner.made.inputs = [inner.tensor((1,), np.int32), inner.tensor((1, CLASSES))]
    one = condition.constant(np.ones(1, np.int32))
    condition.made.outputs = [
        condition.add(OPS.LESS, [0, one], [condition.tensor((1,), np.bool_)], schema.LessOptionsT())
    ]
    zero = body.constant(np.zeros(1, np.int32))
    body.made.outputs = [body.add(OPS.ADD, [0, zero], [body.tensor((1,), np.int32)], schema.AddOptionsT()), 1]
    face = graph.tensor((1, SIDE, SIDE, 1))
    start, answer = graph.constant(np.zeros(1, np.int32)), dense(graph, face, SIDE * SIDE, CLASSES)
    loop = schema.WhileOptionsT()
    loop.condSubgraphIndex, loop.bodySubgraphIndex = 1, 2
    ends = [graph.tensor((1,), np.int32), graph.tensor((1, CLASSES))]
    graph.add(OPS.WHILE, [start, answer], ends, loop)
    return file.content([face], [ends[1]])


def crashing_classifier() -> bytes:
    """Return a model that overflows LiteRT's stack: the body of a loop contains the loop itself."""
    file = TfliteFile()
    graph, condition, body = file.graph, file.new_graph(), file.new_graph()
    for inner in (condition, body):
        inner.made.inputs = [inner.tensor((1, CLASSES))]
    loop = schema.WhileOptionsT()
    loop.condSubgraphIndex, loop.bodySubgraphIndex = 1, 2
    condition.made.outputs = [condition.constant(np.ones(1, np.bool_))]
    body.made.outputs = [body.add(OPS.WHILE, [0], [body.tensor((1, CLASSES))], loop)]
    face = graph.tensor((1, SIDE, SIDE, 1))
    answer = dense(graph, face, SIDE * SIDE, CLASSES)
    return file.content([face], [graph.add(OPS.WHILE, [answer], [graph.tensor((1, CLASSES))], loop)])


def greedy_classifier() -> bytes:
    """Return a model that needs more memory than the check allows: 7.5 GB for 2²⁸ rows of seven numbers."""
    file = TfliteFile()
    graph = file.graph
    face = graph.tensor((1, SIDE, SIDE, 1))
    answer = dense(graph, face, SIDE * SIDE, CLASSES)
    times = graph.constant(np.array([GREEDY_ROWS, 1], np.int32))
    huge = graph.add(OPS.TILE, [answer, times], [graph.tensor((GREEDY_ROWS, CLASSES))], schema.TileOptionsT())
    first = graph.constant(np.zeros(1, np.int32))
    options = schema.GatherOptionsT()
    options.axis = 0
    return file.content([face], [graph.add(OPS.GATHER, [huge, first], [graph.tensor((1, CLASSES))], options)])


def fickle_classifier() -> bytes:
    """Return a model that adds noise to every answer."""
    file = TfliteFile()
    graph = file.graph
    face = graph.tensor((1, SIDE, SIDE, 1))
    answer = dense(graph, face, SIDE * SIDE, CLASSES)
    shape = graph.constant(np.array([1, CLASSES], np.int32))
    noise = graph.add(OPS.RANDOM_UNIFORM, [shape], [graph.tensor((1, CLASSES))], schema.RandomOptionsT())
    return file.content(
        [face], [graph.add(OPS.ADD, [answer, noise], [graph.tensor((1, CLASSES))], schema.AddOptionsT())]
    )


def foreign_classifier() -> bytes:
    """Return a model whose last operation exists only in TensorFlow."""
    file = TfliteFile()
    face = file.graph.tensor((1, SIDE, SIDE, 1))
    answer = dense(file.graph, face, SIDE * SIDE, CLASSES)
    return file.content(
        [face], [file.graph.add(OPS.CUSTOM, [answer], [file.graph.tensor((1, CLASSES))], custom="FlexErf")]
    )


def two_headed_classifier() -> bytes:
    """Return a model with two outputs."""
    file = TfliteFile()
    face = file.graph.tensor((1, SIDE, SIDE, 1))
    answer = dense(file.graph, face, SIDE * SIDE, CLASSES)
    return file.content([face], [answer, softmax(file.graph, answer, CLASSES)])
