"""The state of a stream's stages as named arrays, saved in checkpoints so that a stream can continue exactly."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

StreamState = dict[str, NDArray[Any]]
"""Name → array. Arrays of a nested stage are prefixed with its name and a dot: ``tracker.boxes``."""


def with_prefix(name: str, state: Mapping[str, Any]) -> StreamState:
    """Return a state in which every name is prefixed with ``name`` and a dot."""
    return {f"{name}.{key}": np.asarray(value) for key, value in state.items()}


def part_of(state: StreamState, name: str) -> StreamState:
    """Return the nested state that :func:`with_prefix` put below ``name``; empty if there is none."""
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def pack_state(state: StreamState) -> bytes:
    """Return the state as the bytes of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **state)
    return buffer.getvalue()


def unpack_state(data: bytes) -> StreamState:
    """Return the state in the bytes of :func:`pack_state`. Nothing is unpickled."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
