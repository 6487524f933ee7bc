"""The memory of a stream's stages as plain arrays, so that it can be written down and a stream go on from there."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

State = dict[str, NDArray[Any]]
"""Name → array; a stage within a stage has its names behind a dot."""


def under(name: str, state: Mapping[str, Any]) -> State:
    """Return the state with every name behind ``name`` and a dot."""
    return {f"{name}.{key}": np.asarray(value) for key, value in state.items()}


def part_of(state: State, name: str) -> State:
    """Return what :func:`under` put behind ``name``."""
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def pack_state(state: State) -> bytes:
    """Return the state as an .npz file's bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **state)
    return buffer.getvalue()


def unpack_state(data: bytes) -> State:
    """Return what :func:`pack_state` packed; never unpickles anything."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
