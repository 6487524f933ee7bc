"""Classifies the faces of a stream: align, classify, and compare each with its person's reference crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from emotion.serving import ServedClassifier
from emotion.stream_state import StreamState
from emotion.types import Classifier, Face, FloatArray, Frame, Image, ModelCard
from emotion.vision.align import align
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.landmarks import five_points
from emotion.vision.normalise import GREY, fit
from emotion.vision.similarity import SimilarityTo
from emotion.vision.track import MEMORY_S

CROP_PX = 48
"""Side of FER2013's pictures, px. Faces are compared at this size; it is a custom classifier's input size as well."""


def crop_face(image: Image, face: Face, size: int) -> Image:
    """Return a face's aligned crop, framed like FER2013: uint8, ``(size, size)`` or ``(size, size, 3)`` RGB.

    Args:
        image: ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8.
        face: A face that was found in this image, with landmarks.
        size: Side of the crop, px.

    Raises:
        ValueError: The face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("expected a face with landmarks; got one without")
    return align(image, five_points(face.landmarks), size)


def card_of(classifier: Classifier) -> ModelCard | None:
    """Return the card of an installed model; None for a custom classifier."""
    return classifier.card if isinstance(classifier, (LiteRTClassifier, ServedClassifier)) else None


class _Reference(NamedTuple):
    """A person's first crop, the similarity to it, and the time at which the person was last seen, s."""

    crop: Image
    similarity: SimilarityTo
    last_s: float


class StreamClassifier:
    """Classifies the faces of one stream and compares each with its person's first crop."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        card = card_of(classifier)
        self._size = card.input_size if card else CROP_PX
        self._wants_colour = card is not None and card.colour != GREY
        self._references: dict[int, _Reference] = {}

    def __call__(self, frames: Sequence[tuple[Frame, Sequence[Face]]]) -> list[tuple[Face, ...]]:
        """Return the faces of consecutive frames with probabilities and similarity, in the same order."""
        crops = [self._crops(frame, faces) for frame, faces in frames]
        answers = self._classifier.predict([crop for each in crops for crop in each])
        ends = np.cumsum([len(each) for each in crops])
        return [
            self._classified(frame, faces, rows, each)
            for (frame, faces), rows, each in zip(frames, np.split(answers, ends[:-1]), crops, strict=True)
        ]

    def _crops(self, frame: Frame, faces: Sequence[Face]) -> list[Image]:
        picture = frame.rgb() if faces and self._wants_colour else frame.luma
        return [crop_face(picture, face, self._size) for face in faces]

    def _classified(
        self, frame: Frame, faces: Sequence[Face], answers: FloatArray, crops: Sequence[Image]
    ) -> tuple[Face, ...]:
        """Return a frame's faces with their answers, ``(n, k)``, and the similarity of their crops."""
        classified = tuple(
            replace(face, probabilities=row, similarity=self._similarity(face, fit(crop, CROP_PX, GREY), frame.time_s))
            for face, row, crop in zip(faces, answers, crops, strict=True)
        )
        # Forget tracks that the tracker has dropped: their ids never return, and memory must not grow for hours.
        self._references = {
            track_id: known for track_id, known in self._references.items() if frame.time_s - known.last_s <= MEMORY_S
        }
        return classified

    def _similarity(self, face: Face, crop: Image, time_s: float) -> float:
        if face.track_id is None:
            return float("nan")
        known = self._references.get(face.track_id) or _Reference(crop, SimilarityTo(crop), time_s)
        self._references[face.track_id] = known._replace(last_s=time_s)
        return known.similarity(crop)

    def state(self) -> StreamState:
        """Return the reference crops as arrays."""
        known = self._references.values()
        return {
            "ids": np.array(list(self._references), np.int64),
            "crops": np.array([each.crop for each in known], np.uint8).reshape(-1, CROP_PX, CROP_PX),
            "last_s": np.array([each.last_s for each in known], np.float64),
        }

    def restore(self, state: StreamState) -> None:
        """Continue from the arrays of :meth:`state`."""
        rows = zip(state["ids"], state["crops"], state["last_s"], strict=True)
        self._references = {
            int(track_id): _Reference(crop, SimilarityTo(crop), float(last_s)) for track_id, crop, last_s in rows
        }
