"""Converts a Keras network to a full-integer int8 .tflite file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.data.inputs import InputForm
from training.fit.backend import use_bfloat16


def to_int8(model: Any, form: InputForm, typical: NDArray[np.uint8], exact: Sequence[str] = ()) -> bytes:
    """Quantise weights (per channel) and activations after training (Jacob et al. 2018).

    The converter folds each batch norm into the convolution before it. The batch size is fixed
    at 1, which lets LiteRT plan its memory once.

    Args:
        model: A Keras model of one input and one output.
        form: Form of its input.
        typical: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8 faces, to calibrate the activations' ranges.
        exact: Operations, by TensorFlow Lite's names, that stay in float32, because they are cheap and eight bits are
            too coarse for them.

    Returns:
        A file with int8 input and arithmetic, and int8 output unless operations stay exact.
    """
    # Training leaves the bfloat16 rewrite enabled, which would add casts to the file.
    use_bfloat16(False)
    with tempfile.TemporaryDirectory() as folder:
        _save_graph(model, form, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([form.prepare(face[None])] for face in typical)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        if exact:
            return _all_but(converter, exact)
        converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def _save_graph(model: Any, form: InputForm, folder: str) -> None:
    """Write a network as a SavedModel; unlike ``keras.Model.export``, this traces its layers once, not three times."""
    face = tf.TensorSpec((1, *form.shape), tf.float32, "face")
    answer = tf.function(lambda faces: model(faces, training=False), autograph=False)
    saved = tf.Module()
    saved.variables_to_save = [variable.value for variable in model.variables]
    tf.saved_model.save(saved, folder, signatures=answer.get_concrete_function(face))


def _all_but(converter: Any, exact: Sequence[str]) -> bytes:
    """Convert with TensorFlow's quantisation debugger, which can exclude operations."""
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(exact))
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=converter.representative_dataset, debug_options=options
    )
    return bytes(debugger.get_nondebug_quantized_model())
