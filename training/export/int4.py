"""Stores the largest dense kernels of an int8 .tflite file in 4 bits if the file is too large otherwise.

Layers, activations and arithmetic do not change: LiteRT multiplies int8 by int4 as it does int8 by int8. See
``docs/decisions/0004-four-bits.md`` for why no library does this.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from numpy.typing import NDArray

from emotion.types import FloatArray

INT4_KERNELS = "int4_kernels"
"""In a card's training record: inputs and outputs of each dense kernel in 4 bits. Absent if there are none."""

FACES = 128
"""Representative faces for rounding a kernel; five times as many make almost no difference."""

_LARGEST_CODE = 7
"""Codes are −7 to 7: LiteRT's kernels are symmetric, so −8 is left out."""

_CLIPS = np.linspace(0.3, 1, 15)
"""Shares of a row's largest weight that may become the largest code; whatever is larger is clipped."""

_FIRST_VERSION = 10
"""Of FULLY_CONNECTED with int8 activations and int4 weights, in LiteRT's table of operator versions."""


@dataclass(frozen=True, slots=True, eq=False)
class _Dense:
    """A dense layer of a file that is being rewritten.

    Attributes:
        code: Its operator code; all dense layers of a file may share one.
        source: Index of its input tensor.
        kernel: Tensor of shape (outputs, inputs).
        bias: Tensor of shape (outputs,), or None.
    """

    code: Any
    source: int
    kernel: Any
    bias: Any | None

    @property
    def weights(self) -> int:
        """How many the kernel has."""
        return math.prod(map(int, self.kernel.shape))


def fit_under(file: bytes, faces: FloatArray, limit: int) -> tuple[bytes, list[tuple[int, int]]]:
    """Store dense kernels in 4 bits, the largest first, until a file is smaller than a limit.

    A file that would remain too large is returned unchanged.

    Args:
        file: A .tflite file with int8 weights, activations and input.
        faces: ``(n, *input shape)`` float32 typical inputs, ``n`` > 0.
        limit: Size limit, bytes.

    Returns:
        The file, and (inputs, outputs) of the kernels that are in 4 bits.
    """
    model = flatbuffer_utils.read_model_from_bytearray(file)
    layers = sorted(_dense_layers(model), key=lambda dense: -dense.weights)
    if len(file) - sum(dense.weights // 2 for dense in layers) >= limit:
        return file, []
    fitting, kernels = file, []
    for dense in layers:
        if len(fitting) < limit:
            break
        _store_in_4_bits(model, dense, _read_by(dense, file, faces))
        fitting = bytes(flatbuffer_utils.convert_object_to_bytearray(model))
        kernels.append((int(dense.kernel.shape[1]), int(dense.kernel.shape[0])))
    return (fitting, kernels) if len(fitting) < limit else (file, [])


def round_rows(codes: NDArray[np.int8], read: FloatArray) -> tuple[NDArray[np.int8], FloatArray]:
    """Round an int8 kernel to 4 bits with one scale per row.

    Each scale minimises the mean squared change of the layer's output on representative inputs. Minimising the error of
    the weights instead would clip the few large weights, which matter most.

    Args:
        codes: ``(outputs, inputs)``.
        read: ``(n, inputs)`` float32 inputs of the layer, in any unit.

    Returns:
        ``(outputs, inputs)`` codes from −7 to 7, and ``(outputs,)`` float32 steps in units of int8 steps.
    """
    weights = codes.astype(np.float32)
    answers = read @ weights.T
    largest = np.maximum(np.abs(weights).max(axis=1), 1)
    trials = (largest * _CLIPS[:, None] / _LARGEST_CODE).astype(np.float32)
    errors = [np.square(read @ (_rounded(weights, steps) * steps[:, None]).T - answers).sum(axis=0) for steps in trials]
    steps = trials[np.argmin(errors, axis=0), np.arange(len(codes))]
    return _rounded(weights, steps).astype(np.int8), steps


def pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Pack two 4-bit codes per byte, the first in the lower half; an odd number is padded with zero."""
    halves = np.pad(codes.ravel(), (0, codes.size % 2)).view(np.uint8) & 0xF
    return (halves[::2] | halves[1::2] << 4).astype(np.uint8)


def _rounded(weights: FloatArray, steps: FloatArray) -> FloatArray:
    return np.clip(np.rint(weights / steps[:, None]), -_LARGEST_CODE, _LARGEST_CODE)


def _dense_layers(model: Any) -> list[_Dense]:
    """Return the dense layers whose int8 kernel and bias are not shared."""
    tensors, operators = model.subgraphs[0].tensors, model.subgraphs[0].operators
    readers = Counter(index for operator in operators for index in operator.inputs)
    holders = Counter(tensor.buffer for graph in model.subgraphs for tensor in graph.tensors)
    layers = []
    for operator in operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if flatbuffer_utils.get_builtin_code_from_operator_code(code) != schema.BuiltinOperator.FULLY_CONNECTED:
            continue
        source, *constants = (index for index in operator.inputs if index >= 0)
        alone = all(readers[index] == holders[tensors[index].buffer] == 1 for index in constants)
        kernel, bias = (*(tensors[index] for index in constants), None)[:2]
        if alone and kernel.type == schema.TensorType.INT8 and model.buffers[kernel.buffer].data is not None:
            layers.append(_Dense(code, source, kernel, bias))
    return layers


def _read_by(dense: _Dense, file: bytes, faces: FloatArray) -> FloatArray:
    """Return a layer's inputs for some faces: ``(n, inputs)`` float32, in quantisation steps from zero."""
    # Only LiteRT's built-in kernels preserve intermediate tensors.
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=file, experimental_preserve_all_tensors=True, experimental_op_resolver_type=plain
    )
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    scale, zero_point = entry["quantization"]
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    rows = []
    for face in faces:
        values = np.clip(np.rint(face[None] / scale) + zero_point, -128, 127)
        interpreter.set_tensor(entry["index"], values.astype(np.int8))
        interpreter.invoke()
        rows.append(interpreter.get_tensor(dense.source).reshape(-1, dense.kernel.shape[1]))
    return np.concatenate(rows).astype(np.float32) - details[dense.source]["quantization"][1]


def _store_in_4_bits(model: Any, dense: _Dense, read: FloatArray) -> None:
    """Rewrite a kernel, and the bias, whose scale depends on the kernel's."""
    data = model.buffers[dense.kernel.buffer]
    codes, steps = round_rows(np.asarray(data.data, np.uint8).view(np.int8).reshape(dense.kernel.shape), read)
    data.data = pack(codes)
    dense.kernel.type = schema.TensorType.INT4
    _widen(dense.kernel.quantization, steps)
    dense.code.version = max(dense.code.version, _FIRST_VERSION)
    if dense.bias is not None:
        data = model.buffers[dense.bias.buffer]
        numbers = np.asarray(data.data, np.uint8).view(np.int32)
        data.data = np.rint(numbers / steps).astype(np.int32).view(np.uint8)
        _widen(dense.bias.quantization, steps)


def _widen(quantisation: Any, steps: FloatArray) -> None:
    """Replace the scale by one per row, multiplied by the given steps."""
    quantisation.scale = (np.asarray(quantisation.scale, np.float32) * steps).astype(np.float32)
    quantisation.zeroPoint = np.zeros(len(steps), np.int64)
    quantisation.quantizedDimension = 0
