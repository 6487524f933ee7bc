"""What Keras computes with: prepared before a training, fed during it, and named in what comes of it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from typing import Any

import keras

from emotion.engine.prefetch import prefetch

TENSORFLOW = "tensorflow"
"""The backend that the product is built with. Others, on machines with a GPU, can train the same networks."""

_AHEAD = 4
"""Batches kept ready."""


def is_tensorflow() -> bool:
    """Tell whether Keras computes with TensorFlow."""
    return bool(keras.backend.backend() == TENSORFLOW)


def backend_version() -> str:
    """Return the backend's name and version."""
    name = keras.backend.backend()
    return f"{name} {importlib.metadata.version(name)}"


def prepare_backend(seed: int, *, bfloat16: bool = True) -> None:
    """Fix all chance, and let TensorFlow compute as fast as the processor can.

    Args:
        seed: Of all chance.
        bfloat16: Whether convolutions run in it. Depthwise ones are three times as slow that way.
    """
    keras.utils.set_random_seed(seed)
    if is_tensorflow():
        from training.fit.fused_norm import fuse_batch_norm

        use_bfloat16(bfloat16)
        fuse_batch_norm()


def use_bfloat16(wanted: bool) -> None:
    """Let TensorFlow's convolutions run in bfloat16 with float32 master weights, or in float32, in all of the process.

    Grappler rewrites the graphs of networks that are run for the first time from now on.
    """
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": wanted})


def stream(batches: Callable[[], Iterator[tuple[Any, ...]]]) -> Any:
    """Return what ``fit`` reads: batches prepared in a background thread, a few ahead of the network.

    Args:
        batches: Begins to yield tuples of float32 arrays, one face per row, without end.
    """
    if not is_tensorflow():
        return prefetch(batches(), ahead=_AHEAD)
    import tensorflow as tf

    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), tf.float32) for part in next(batches()))
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(_AHEAD)
