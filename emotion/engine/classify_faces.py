"""Recognises the faces of a stream: align → classify, and how alike each is to its person's first picture."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from emotion.serving import ServedClassifier
from emotion.stream_state import State
from emotion.types import Classifier, Face, Frame, Image, ModelCard
from emotion.vision.align import align
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.landmarks import five_points
from emotion.vision.normalise import GREY
from emotion.vision.similarity import SimilarityTo
from emotion.vision.track import MEMORY_S

CROP_PX = 48
"""Side of FER2013's pictures: of the crops that are compared, and of a classifier's unless its card says otherwise."""


def crop_face(image: Image, face: Face, size: int) -> Image:
    """Return what a classifier sees of a face: ``(size, size)`` or ``(size, size, 3)``, framed like FER2013.

    Args:
        image: ``(H, W, 3)`` RGB or ``(H, W)`` grey, where the face was found.
        face: One of the faces that :meth:`Analyzer.image` returned for it.
        size: Side of the crop, px.

    Raises:
        ValueError: The face has no landmarks.
    """
    if face.landmarks is None:
        raise ValueError("expected a face with landmarks; got one without")
    return align(image, five_points(face.landmarks), size)


def card_of(classifier: Classifier) -> ModelCard | None:
    """Return the card of one of the installed models; None for a classifier of the user's own."""
    return classifier.card if isinstance(classifier, (LiteRTClassifier, ServedClassifier)) else None


class _Reference(NamedTuple):
    """A person's first picture, how to compare others with it, and when the person was last seen."""

    crop: Image
    similarity: SimilarityTo
    last_s: float


class Recogniser:
    """Classifies the faces of a stream and compares each with its person's first picture."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        # A classifier of the user's own takes crops of any size, so it gets FER2013's.
        card = card_of(classifier)
        self._size = card.input_size if card else CROP_PX
        self._wants_colour = card is not None and card.colour != GREY
        self._references: dict[int, _Reference] = {}

    def __call__(self, frame: Frame, faces: list[Face]) -> tuple[Face, ...]:
        """Return the faces with probabilities and similarity, in the same order."""
        picture = frame.rgb() if faces and self._wants_colour else frame.luma
        crops = [crop_face(picture, face, self._size) for face in faces]
        like_fer2013 = self._size == CROP_PX and not self._wants_colour
        small = crops if like_fer2013 else [crop_face(frame.luma, face, CROP_PX) for face in faces]
        answered = tuple(
            replace(face, probabilities=row, similarity=self._similarity(face, crop, frame.time_s))
            for face, row, crop in zip(faces, self._classifier.predict(crops), small, strict=True)
        )
        # A track that the tracker has forgotten never returns, so that hours of passers-by fill no memory.
        self._references = {
            track_id: known for track_id, known in self._references.items() if frame.time_s - known.last_s <= MEMORY_S
        }
        return answered

    def _similarity(self, face: Face, crop: Image, time_s: float) -> float:
        if face.track_id is None:
            return float("nan")
        known = self._references.get(face.track_id) or _Reference(crop, SimilarityTo(crop), time_s)
        self._references[face.track_id] = known._replace(last_s=time_s)
        return known.similarity(crop)

    def state(self) -> State:
        """Return all that is remembered, as arrays."""
        known = self._references.values()
        return {
            "ids": np.array(list(self._references), np.int64),
            "crops": np.array([each.crop for each in known], np.uint8).reshape(-1, CROP_PX, CROP_PX),
            "last_s": np.array([each.last_s for each in known], np.float64),
        }

    def restore(self, state: State) -> None:
        """Go on from :meth:`state`'s arrays."""
        rows = zip(state["ids"], state["crops"], state["last_s"], strict=True)
        self._references = {
            int(track_id): _Reference(crop, SimilarityTo(crop), float(last_s)) for track_id, crop, last_s in rows
        }
