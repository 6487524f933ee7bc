"""Writes a model as a versioned SavedModel that TensorFlow Serving loads as it is.

The graph includes normalisation, temperature and softmax, so clients send pictures and receive probabilities.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from emotion.errors import InputError, ModelError
from emotion.models.registry import model_dir
from emotion.serving.settings import PNG_SIGNATURE, PROBABILITIES_OUTPUT, RAW_SIGNATURE
from emotion.types import ModelCard
from emotion.vision.normalise import CAFFE, GREY, IMAGENET_MEANS_BGR, INPUT_LIMIT, MIN_STD, STANDARDISE, SYMMETRIC, UNIT
from training.evaluation.evaluate import KERAS_FILE

CARD_ASSET = Path("assets.extra") / "card.json"
"""Folder of a SavedModel for extra files, which TensorFlow Serving ignores."""


def export_serving(card: ModelCard, folder: Path, version: int | None = None) -> Path:
    """Write ``folder/<name>/<version>``, which a running server loads by itself.

    Args:
        card: Card of a shipped model whose float network exists beside its file.
        folder: The server's folder of models.
        version: Version number; by default one more than the highest existing one.

    Returns:
        The folder of the version.

    Raises:
        ModelError: The float network does not exist.
        InputError: The version already exists.
    """
    path = model_dir(card.name) / KERAS_FILE
    if not path.is_file():
        raise ModelError(
            f"expected the float network {KERAS_FILE} of model {card.name}, which `python -m training export` writes; "
            "the shipped int8 file cannot be served"
        )
    base = folder / card.name
    target = base / str(version or _next_version(base))
    if target.exists():
        raise InputError(f"expected a version that is not in use; {target} exists")
    beside = base / f".{target.name}"
    shutil.rmtree(beside, ignore_errors=True)
    served = ServedModel(keras.models.load_model(path, compile=False), card)
    tf.saved_model.save(served, str(beside), signatures=served.signatures())
    (beside / CARD_ASSET).parent.mkdir()
    (beside / CARD_ASSET).write_text(json.dumps(card.to_dict(), indent=2) + "\n", encoding="utf-8")
    # Renaming is atomic, so a server never sees an incomplete version.
    beside.rename(target)
    return target


class ServedModel(tf.Module):  # type: ignore[misc]
    """A network with pre- and post-processing and the two signatures that clients call."""

    def __init__(self, network: Any, card: ModelCard) -> None:
        super().__init__()
        self._network = network
        self._card = card
        self._channels = 1 if card.colour == GREY else 3

    def signatures(self) -> dict[str, Any]:
        """Return signature → function; raw pixels are the default."""
        side, channels = self._card.input_size, self._channels
        raw = self.raw.get_concrete_function(tf.TensorSpec((None, side, side, channels), tf.uint8, "faces"))
        png = self.png.get_concrete_function(tf.TensorSpec((None,), tf.string, "png"))
        return {"serving_default": raw, RAW_SIGNATURE: raw, PNG_SIGNATURE: png}

    @tf.function  # type: ignore[untyped-decorator]
    def raw(self, faces: Any) -> dict[str, Any]:
        """Classify crops, ``(n, s, s, c)`` uint8."""
        logits = self._network(_normalised(tf.cast(faces, tf.float32), self._card.normalisation), training=False)
        return {PROBABILITIES_OUTPUT: tf.nn.softmax(logits / self._card.temperature)}

    @tf.function  # type: ignore[untyped-decorator]
    def png(self, png: Any) -> dict[str, Any]:
        """Classify PNG files, ``(n,)`` strings, of faces of any size."""
        side = self._card.input_size

        def decode(file: Any) -> Any:
            face = tf.io.decode_png(file, channels=self._channels)
            return tf.cast(tf.round(tf.image.resize(face, (side, side), method="area")), tf.uint8)

        faces = tf.map_fn(decode, png, fn_output_signature=tf.TensorSpec((side, side, self._channels), tf.uint8))
        return dict(self.raw(faces))


def _normalised(pixels: Any, how: str) -> Any:
    """Normalise in the graph as ``emotion.vision.normalise`` does."""
    if how == STANDARDISE:
        mean, variance = tf.nn.moments(pixels, axes=(1, 2, 3), keepdims=True)
        deviation = tf.maximum(tf.sqrt(variance), MIN_STD)
        return tf.clip_by_value((pixels - mean) / deviation, -INPUT_LIMIT, INPUT_LIMIT)
    if how == CAFFE:
        return tf.reverse(pixels, axis=[-1]) - tf.constant(IMAGENET_MEANS_BGR)
    known = {UNIT: pixels / 255, SYMMETRIC: pixels / 127.5 - 1}
    if how not in known:
        raise ModelError(f"expected a normalisation that can be served; got {how!r}")
    return known[how]


def _next_version(base: Path) -> int:
    known = [int(path.name) for path in base.glob("*") if path.name.isdigit()]
    return max(known, default=0) + 1
