"""Runs a .tflite file: quantises what goes in, dequantises what comes out, and is safe to share between threads."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from emotion.errors import ModelError
from emotion.types import FloatArray


class LiteRTModel:
    """A .tflite model as a function of one float32 array.

    An interpreter serves one call at a time, so callers on several threads
    each borrow one of their own; the pool grows to as many as ever ran at once.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._path = path
        self._threads = threads
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        first = self._open()
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in first.get_input_details()[0]["shape"])
        self._idle.put(first)

    def _open(self) -> Any:
        try:
            interpreter = Interpreter(model_path=str(self._path), num_threads=self._threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"expected a .tflite model in {self._path.name}; LiteRT says: {error}") from error
        return interpreter

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[Any]:
        try:
            interpreter = self._idle.get_nowait()
        except queue.Empty:
            interpreter = self._open()
        try:
            yield interpreter
        finally:
            self._idle.put(interpreter)

    def __call__(self, values: FloatArray) -> list[FloatArray]:
        """Return the model's outputs for one input.

        Args:
            values: float32 array of :attr:`input_shape`.

        Returns:
            One float32 array per output, dequantised.
        """
        with self._borrow() as interpreter:
            entry = interpreter.get_input_details()[0]
            interpreter.set_tensor(entry["index"], _quantise(values, entry))
            interpreter.invoke()
            return [
                _dequantise(interpreter.get_tensor(exit_["index"]), exit_) for exit_ in interpreter.get_output_details()
            ]


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
