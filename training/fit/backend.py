"""Keras' backend: its setup before training, its input stream, and its version for records."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from typing import Any

import keras

from emotion.engine.prefetch import prefetch

TENSORFLOW = "tensorflow"
"""The backend used for export; the others can train the same networks, for example on a GPU."""

_AHEAD = 4
"""Number of prefetched batches."""


def is_tensorflow() -> bool:
    """Return whether Keras runs on TensorFlow."""
    return bool(keras.backend.backend() == TENSORFLOW)


def backend_version() -> str:
    """Return the backend's name and version."""
    name = keras.backend.backend()
    return f"{name} {importlib.metadata.version(name)}"


def prepare_backend(seed: int, *, bfloat16: bool = True) -> None:
    """Seed all random generators and enable TensorFlow's fast paths.

    Args:
        seed: The seed.
        bfloat16: Run convolutions in bfloat16, in which depthwise ones are three times slower.
    """
    keras.utils.set_random_seed(seed)
    if is_tensorflow():
        from training.fit.fused_norm import fuse_batch_norm

        use_bfloat16(bfloat16)
        fuse_batch_norm()


def use_bfloat16(wanted: bool) -> None:
    """Run TensorFlow's convolutions in bfloat16 with float32 master weights, or in float32, in the whole process.

    Only graphs that are traced after the call are affected.
    """
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": wanted})


def stream(batches: Callable[[], Iterator[tuple[Any, ...]]]) -> Any:
    """Return input for ``fit``: batches prefetched in a background thread.

    Args:
        batches: Returns an endless iterator over tuples of float32 arrays with one face per row.
    """
    if not is_tensorflow():
        return prefetch(batches(), ahead=_AHEAD)
    import tensorflow as tf

    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), tf.float32) for part in next(batches()))
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(_AHEAD)
