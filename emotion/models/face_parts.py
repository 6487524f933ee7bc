"""Cards and files of the face-part models."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from emotion.errors import ModelError
from emotion.models.registry import CARD_FILE, checked_file, models_dir
from emotion.types import FloatArray

PARTS: tuple[str, ...] = ("brows", "eyes", "nose", "mouth")
"""Parts of a face, in the order of their masks."""

KEYPOINTS: tuple[str, ...] = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)
"""Points of a face in the order of Kaggle's facial-keypoints table; left and right are the person's."""


FINDERS = ("keypoints", "resunet", "presence")
"""Models that find keypoints, masks, and whether parts are visible."""


@dataclass(frozen=True, slots=True, eq=False)
class PartCard:
    """Everything needed to run and to assess a face-part model.

    Attributes:
        name: Folder name under ``data/models/parts``.
        title: Display name.
        outputs: Meaning of each output: parts of maps, coordinates from −1 to 1 across the picture, or ``face``.
        input_size: Side of the square grey input, px.
        normalisation: See ``emotion.vision.normalise``.
        frame: Mean positions of right eye, left eye, nose tip, right and left mouth corner in its training pictures,
            ``(5, 2)`` shares of the side.
        file: Name of the .tflite file beside the card.
        sha256: Digest of that file.
        parameters: Number of weights.
        multiply_adds: Multiply–adds per face.
        licence: Terms of use.
        training: Command, seed, commit, hardware, hours, recipe.
        scores: Figures copied by script from ``evaluation.json``.
    """

    name: str
    title: str
    outputs: tuple[str, ...]
    input_size: int
    normalisation: str
    frame: tuple[tuple[float, float], ...]
    file: str
    sha256: str
    parameters: int
    multiply_adds: int
    licence: str
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)

    @property
    def frame_points(self) -> FloatArray:
        """The frame as an array, ``(5, 2)`` float32."""
        return np.array(self.frame, np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"outputs": list(self.outputs), "frame": [list(point) for point in self.frame]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PartCard:
        """Build from :meth:`to_dict`'s output.

        Raises:
            TypeError: A field is missing or unknown.
        """
        frame = tuple((float(x), float(y)) for x, y in values["frame"])
        return cls(**(values | {"outputs": tuple(values["outputs"]), "frame": frame}))


def part_models_dir() -> Path:
    """Return the folder of the face-part models."""
    return models_dir() / "parts"


def list_part_models() -> list[str]:
    """Return the names of the installed face-part models."""
    return sorted(card.parent.name for card in part_models_dir().glob(f"*/{CARD_FILE}"))


def can_find_parts() -> bool:
    """Return whether all of :data:`FINDERS` are installed."""
    return set(FINDERS) <= set(list_part_models())


def load_part_card(name: str) -> PartCard:
    """Read the card of a face-part model.

    Raises:
        ModelError: There is no such model, or its card is damaged.
    """
    if name not in list_part_models():
        known = ", ".join(list_part_models()) or "(none installed)"
        raise ModelError(f"expected a model of face parts from {known}; got {name!r}")
    try:
        return PartCard.from_dict(json.loads((part_models_dir() / name / CARD_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"the card of model {name!r} cannot be read: {error}") from error


def save_part_card(card: PartCard) -> None:
    """Write a card into its model's folder."""
    text = json.dumps(card.to_dict(), indent=2, ensure_ascii=False)
    (part_models_dir() / card.name / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def checked_part_file(card: PartCard) -> Path:
    """Return the path of a card's .tflite file after checking its digest.

    Raises:
        ModelError: The file is missing or has another digest.
    """
    return checked_file(card.name, part_models_dir() / card.name / card.file, card.sha256)
