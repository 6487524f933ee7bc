"""Model cards, the limit of unclear answers, and the current names of keys in saved files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOGITS, PROBABILITIES = "logits", "probabilities"
"""Output of a classifier's file, before or after a softmax."""

ABSTAIN_SLOPES = ("yaw", "pitch", "size", "doubt")
"""Properties of a face that raise the limit; see :class:`AbstentionLimit`."""
FULL_SIZE_PX = 96.0
"""Longer side of a box from which a face's size no longer raises the limit."""

_Floats = NDArray[np.float32]


class AbstentionLimit(float):
    """The probability below which answers are unclear: a number for large frontal faces, higher for others.

    Zero means that no answer is unclear.

    Attributes:
        slopes: Added to the limit's logit, each ≥ 0: ``yaw`` and ``pitch`` per degree, ``size`` per halving of the
            box's longer side below :data:`FULL_SIZE_PX`, ``doubt`` per unit by which the face's confidence is below 1.
            Empty if the limit is the same for all faces.
    """

    slopes: Mapping[str, float]

    def __new__(cls, value: float = 0.0, slopes: Mapping[str, float] | None = None) -> AbstentionLimit:
        """Return a limit, 0–1, with its slopes."""
        made = super().__new__(cls, value)
        made.slopes = dict(slopes or {})
        return made

    def required(self, yaw: _Floats, pitch: _Floats, size_px: _Floats, confidence: _Floats) -> NDArray[np.float64]:
        """Return the limit of each of ``n`` faces, ``(n,)``, at least the limit itself; NaN arguments add nothing.

        Args:
            yaw: ``(n,)`` degrees.
            pitch: ``(n,)`` degrees.
            size_px: ``(n,)`` longer sides of the boxes.
            confidence: ``(n,)`` confidences of the detector or the mesh, 0–1.
        """
        base = float(self)
        if not 0 < base < 1 or not self.slopes:
            return np.full(np.shape(yaw), base)
        more = self.slope_values() @ np.stack(difficulties(yaw, pitch, size_px, confidence))
        return np.asarray(np.maximum(1 / (1 + (1 / base - 1) * np.exp(-more)), base))

    def slope_values(self) -> NDArray[np.float64]:
        """Return the slopes in the order of :data:`ABSTAIN_SLOPES`."""
        return np.array([self.slopes.get(name, 0.0) for name in ABSTAIN_SLOPES])


def difficulties(yaw: _Floats, pitch: _Floats, size_px: _Floats, confidence: _Floats) -> list[NDArray[np.float64]]:
    """Return the properties that raise the limit, in the order of :data:`ABSTAIN_SLOPES`, each ``(n,)`` and ≥ 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        halvings = np.log2(FULL_SIZE_PX / np.maximum(np.asarray(size_px, np.float64), 1.0))
    values = (np.abs(yaw), np.abs(pitch), np.maximum(halvings, 0), 1 - np.asarray(confidence, np.float64))
    return [np.nan_to_num(np.asarray(value, np.float64), nan=0.0) for value in values]


_CARD_NUMBERS = ("temperature", "abstain_below", "second_look_below")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything needed to run and to assess a model, read from ``card.json``.

    Attributes:
        name: Folder name, under ``data/models`` or, for an imported model, in the library.
        title: Display name.
        labels: Meaning of each output column, in order.
        input_size: Side of the square input, px.
        colour: ``"grey"`` (luma) or ``"rgb"``.
        normalisation: ``"standardise"`` (zero mean and unit variance per crop), ``"unit"`` (0–1), ``"symmetric"``
            (−1–1) or ``"caffe"`` (BGR minus ImageNet's means).
        crop: ``"aligned"`` (framed like FER2013).
        temperature: Divides the logits before softmax (Guo et al. 2017).
        file: Name of the .tflite file beside the card.
        sha256: Digest of that file.
        parameters: Number of weights.
        multiply_adds: Multiply–adds per face, or None if unknown.
        licence: Terms of use.
        training: Command, seed, commit, hardware, hours, recipe.
        scores: Main figures, copied by script from ``evaluation.json``.
        outputs: ``"logits"``, or ``"probabilities"`` if the file ends with a softmax.
        abstain_below: Answers of a lower probability are unclear (``training/evaluation/calibrate.py`` chooses it); 0
            if not calibrated.
        abstain_slopes: Slopes of the limit; see :class:`AbstentionLimit`.
        second_look_below: Margin between the two highest logits below which test-time augmentation averages with the
            mirrored face (:func:`emotion.vision.classify.with_tta`); 0 turns it off.
        members: Models whose probabilities an ensemble averages. ``file`` is then empty, ``sha256`` is that of the
            members' digests, and parameters and multiply–adds are sums. Crops have the ensemble's size and colour;
            each member's card describes its input.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    input_size: int
    colour: str
    normalisation: str
    crop: str
    temperature: float
    file: str
    sha256: str
    parameters: int
    multiply_adds: int | None
    licence: str
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    outputs: str = LOGITS
    abstain_below: float = 0.0
    second_look_below: float = 0.0
    members: tuple[str, ...] = ()
    abstain_slopes: dict[str, float] = field(default_factory=dict)

    @property
    def abstention_limit(self) -> AbstentionLimit:
        """The limit with its slopes."""
        return AbstentionLimit(self.abstain_below, self.abstain_slopes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"labels": list(self.labels), "members": list(self.members)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelCard:
        """Build from :meth:`to_dict`'s output, of this version or an earlier one.

        Raises:
            TypeError: A field is missing or unknown, or a value has the wrong type.
            ValueError: A field that should be a number is not numeric.
        """
        values = with_current_keys(values)
        tuples = {"labels": tuple(values["labels"]), "members": tuple(values.get("members", ()))}
        # Converted here, so that a damaged card fails here and not in NumPy.
        numbers = {key: float(values[key]) for key in _CARD_NUMBERS if key in values}
        slopes = {name: float(slope) for name, slope in dict(values.get("abstain_slopes") or {}).items()}
        return cls(**(values | tuples | numbers | {"abstain_slopes": slopes}))


RENAMED = {"unclear_below": "abstain_below", "unclear_slopes": "abstain_slopes"}
"""Earlier key → current key, in model cards, evaluations, saved analyses and batch summaries."""


def with_current_keys(value: Any) -> Any:
    """Return a JSON value with earlier keys renamed at all levels; if an object has both, the current one wins."""
    if isinstance(value, list):
        return [with_current_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    current = {key: with_current_keys(item) for key, item in value.items() if key not in RENAMED}
    earlier = {RENAMED[key]: with_current_keys(item) for key, item in value.items() if key in RENAMED}
    return earlier | current
