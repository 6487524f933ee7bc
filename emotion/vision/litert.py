"""Runs .tflite files: quantises their input and dequantises their output."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from emotion.errors import ModelError
from emotion.models.int8_weights import with_int8_weights
from emotion.types import FloatArray

TOGETHER = 4
"""Inputs that :meth:`LiteRTModel.each` computes in one call. More would save little time and cost memory."""


class LiteRTModel:
    """A .tflite model as a function of one float32 array; safe to share between threads.

    An interpreter serves one call at a time, so a pool grows to the largest number of concurrent calls.

    Args:
        path: The file.
        threads: Number of threads per call.
        any_size: Accept inputs of any height and width, for a fully convolutional network. Each size has its own
            interpreters, as resizing one takes longer than a call.
        int8_weights: Compute the convolutions of a float32 model with int8 weights (:func:`with_int8_weights`).
    """

    def __init__(self, path: Path, threads: int = 1, *, any_size: bool = False, int8_weights: bool = False) -> None:
        self.path = path
        self._content = with_int8_weights(path.read_bytes()) if int8_weights else None
        self._threads = threads
        self._any_size = any_size
        first = self._open()
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in first.entry["shape"])
        self._is_integer = first.entry["dtype"] == np.int8
        self._idle: dict[tuple[int, ...], list[_Session]] = {self.input_shape: [first]}

    def __call__(self, values: FloatArray) -> list[FloatArray]:
        """Return the model's outputs for one input.

        Args:
            values: float32 array of :attr:`input_shape`, or of another size with ``any_size``.

        Returns:
            One float32 array per output, dequantised.
        """
        return self._run(values, values.shape if self._any_size else self.input_shape)

    def each(self, values: FloatArray) -> FloatArray:
        """Return the first output for each of ``n`` inputs, ``(n, …)``.

        Full-integer models compute several inputs at once, as weights are then read from memory once for all of them.
        Integer arithmetic is exact, so the answers do not depend on how many there are.

        Args:
            values: ``(n, …)`` float32, ``n`` > 0, each like :attr:`input_shape` without its first dimension.
        """
        together = len(values) // TOGETHER * TOGETHER if len(values) >= TOGETHER and self._takes_several else 0
        groups = [values[start : start + TOGETHER] for start in range(0, together, TOGETHER)]
        groups += [one[np.newaxis] for one in values[together:]]
        return np.concatenate([self._run(group, group.shape)[0] for group in groups])

    @cached_property
    def _takes_several(self) -> bool:
        shape = (TOGETHER, *self.input_shape[1:])
        if not self._is_integer:
            return False
        try:
            session = self._open(shape)
        except ModelError:  # a layer of the file has a fixed number of inputs
            return False
        if session.answers != TOGETHER:
            return False
        self._idle.setdefault(shape, []).append(session)
        return True

    def _run(self, values: FloatArray, shape: tuple[int, ...]) -> list[FloatArray]:
        idle = self._idle.get(shape)
        if idle is None:
            idle = self._idle.setdefault(shape, [])  # atomic: two threads with a new size share one list
        try:
            session = idle.pop()  # atomic; last in, first out keeps the number of busy interpreters low
        except IndexError:
            session = self._open(None if shape == self.input_shape else shape)
        try:
            return session.run(values)
        finally:
            idle.append(session)

    def _open(self, shape: tuple[int, ...] | None = None) -> _Session:
        try:
            source = {"model_path": str(self.path)} if self._content is None else {"model_content": self._content}
            return _Session(Interpreter(**source, num_threads=self._threads), shape)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"expected a .tflite model in {self.path.name}; LiteRT says: {error}") from error


class _Session:
    """One interpreter with its input and output details, which are slow to query."""

    def __init__(self, interpreter: Any, shape: tuple[int, ...] | None = None) -> None:
        if shape is not None:
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
        interpreter.allocate_tensors()
        self._interpreter = interpreter
        self.entry: dict[str, Any] = interpreter.get_input_details()[0]
        self._exits: list[dict[str, Any]] = interpreter.get_output_details()
        self.answers = int(self._exits[0]["shape"][0])
        """Length of the first output's first dimension: the number of inputs."""

    def run(self, values: FloatArray) -> list[FloatArray]:
        self._interpreter.set_tensor(self.entry["index"], _quantise(values, self.entry))
        self._interpreter.invoke()
        return [_dequantise(self._interpreter.get_tensor(each["index"]), each) for each in self._exits]


def _quantise(values: FloatArray, detail: dict[str, Any]) -> np.ndarray[Any, Any]:
    if detail["dtype"] == np.float32:
        return values
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    return np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(detail["dtype"])


def _dequantise(values: np.ndarray[Any, Any], detail: dict[str, Any]) -> FloatArray:
    if detail["dtype"] == np.float32:
        return values
    scale, zero_point = detail["quantization"]
    return ((values.astype(np.float32) - zero_point) * scale).astype(np.float32)
