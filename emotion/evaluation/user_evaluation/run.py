"""Runs models over labelled pictures: reads each picture once, and classifies its face with every model."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.bad_file import sentence_for
from emotion.engine.classify_faces import crop_face
from emotion.errors import Cancelled, InputError, ModelError
from emotion.evaluation.user_evaluation.zip_folders import LabelledFile, Unread
from emotion.labels import LabelSet
from emotion.progress import OnProgress
from emotion.types import Face, FloatArray, Image, ModelCard, Progress
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import GREY, fit, middle_square
from emotion.vision.uploaded import load_uploaded

log = logging.getLogger(__name__)

FaceFinder = Callable[[Image], Face | None]
"""Returns the main face of a photograph, ``(H, W, 3)`` uint8 RGB, with landmarks; None if it shows none."""

CUT_OUT_PX = 120
"""Pictures whose longer side is shorter are taken for cropped faces."""

THUMBNAIL_PX = 96

NO_FACE = "no face was found"
"""Reason of a readable photograph without an answer."""

_AHEAD = 4
"""Queued pictures per thread: enough to keep all threads busy with little memory."""


class LabelledPictures(Protocol):
    """A source of pictures: an archive or folders.

    Attributes:
        label_set: The labels that occur.
        unlabelled: Paths of pictures outside class folders.
        others: Number of files that are not pictures.
    """

    label_set: LabelSet
    unlabelled: list[str]
    others: int

    def __len__(self) -> int:
        """Return the number of labelled pictures."""

    def __iter__(self) -> Iterator[LabelledFile | Unread]:
        """Yield every labelled picture, or the reason why it cannot be read."""


class Framing(Enum):
    """What the pictures show, with labels for the app."""

    BY_SIZE = "Detect automatically"
    PHOTOGRAPHS = "Photographs"
    CUT_OUT = "Cropped faces"


@dataclass(frozen=True, slots=True, eq=False)
class UserEvaluation:
    """The models' answers for ``n`` labelled pictures.

    Attributes:
        label_set: The labels that occur.
        names: Path of each answered picture.
        truth: ``(n,)`` int8 labels of the pictures, positions in ``label_set``.
        searched: ``(n,)`` mask of the photographs, in which a face was searched for; the others are cropped faces.
        thumbnails: JPEG file of each face, :data:`THUMBNAIL_PX` a side.
        cards: Model → card.
        logits: Model → ``(n, k)`` float32 logits.
        unread: Pictures that could not be read or show no face.
        unlabelled: Number of pictures outside class folders.
        others: Number of files that are not pictures.
        files: Number of pictures in class folders.
        note: Why it ended early, in one sentence, or empty.
    """

    label_set: LabelSet
    names: tuple[str, ...]
    truth: NDArray[np.int8]
    searched: NDArray[np.bool_]
    thumbnails: tuple[bytes, ...]
    cards: Mapping[str, ModelCard]
    logits: Mapping[str, FloatArray]
    unread: tuple[Unread, ...]
    unlabelled: int
    others: int
    files: int
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Answered:
    name: str
    label: str
    searched: bool
    thumbnail: bytes
    logits: dict[str, FloatArray]


def run_user_evaluation(
    folders: LabelledPictures,
    classifiers: Mapping[str, LiteRTClassifier],
    find_face: FaceFinder,
    framing: Framing = Framing.BY_SIZE,
    on_progress: OnProgress | None = None,
) -> UserEvaluation:
    """Classify every picture with every model, on all cores.

    Args:
        folders: The labelled pictures.
        classifiers: Model → classifier.
        find_face: Finds the main face of a photograph.
        framing: Whether faces have to be found.
        on_progress: Called after each picture; may raise :class:`Cancelled` to stop and keep the results so far.
    """
    answered: list[_Answered] = []
    unread: list[Unread] = []
    note = ""
    answer = partial(_answer, classifiers=classifiers, find_face=find_face, framing=framing)
    try:
        for result in _reporting(_on_all_cores(answer, folders), len(folders), on_progress):
            if isinstance(result, Unread):
                unread.append(result)
            else:
                answered.append(result)
    except (Cancelled, InputError) as error:
        note = str(error)
    labels = folders.label_set.labels
    return UserEvaluation(
        folders.label_set,
        tuple(one.name for one in answered),
        np.array([labels.index(one.label) for one in answered], np.int8),
        np.array([one.searched for one in answered], np.bool_),
        tuple(one.thumbnail for one in answered),
        {name: classifier.card for name, classifier in classifiers.items()},
        {name: _stack([one.logits[name] for one in answered], classifier) for name, classifier in classifiers.items()},
        tuple(unread),
        len(folders.unlabelled),
        folders.others,
        len(folders),
        note,
    )


def _answer(
    file: LabelledFile | Unread, classifiers: Mapping[str, LiteRTClassifier], find_face: FaceFinder, framing: Framing
) -> _Answered | Unread:
    if isinstance(file, Unread):
        return file
    try:
        return _answer_readable(file, classifiers, find_face, framing)
    except InputError as error:
        return Unread(file.name, str(error))
    except ModelError:  # concerns all pictures
        raise
    except Exception as error:  # a damaged file may raise anything in a decoder; go on with the others
        log.exception("a labelled picture cannot be evaluated")
        return Unread(file.name, sentence_for(error, file.name, "a picture"))


def _answer_readable(
    file: LabelledFile, classifiers: Mapping[str, LiteRTClassifier], find_face: FaceFinder, framing: Framing
) -> _Answered | Unread:
    image = load_uploaded(file.content)
    is_face = framing is Framing.CUT_OUT or (framing is Framing.BY_SIZE and max(image.shape[:2]) < CUT_OUT_PX)
    crop_to = partial(fit, middle_square(image)) if is_face else _cropper(image, find_face)
    if crop_to is None:
        return Unread(file.name, NO_FACE)
    logits = {
        name: classifier.logits([crop_to(classifier.card.input_size, classifier.card.colour)])
        for name, classifier in classifiers.items()
    }
    return _Answered(file.name, file.label, not is_face, _as_jpeg(crop_to(THUMBNAIL_PX, "rgb")), logits)


def _cropper(image: Image, find_face: FaceFinder) -> Callable[[int, str], Image] | None:
    """Return a function that crops the face at a size (px) and in a colour, or None without a face."""
    face = find_face(image)
    return None if face is None else partial(_cut, image, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), face)


def _cut(image: Image, luma: Image, face: Face, size: int, colour: str) -> Image:
    return crop_face(luma if colour == GREY else image, face, size)


def _on_all_cores(
    answer: Callable[[LabelledFile | Unread], _Answered | Unread], files: Iterable[LabelledFile | Unread]
) -> Iterator[_Answered | Unread]:
    """Yield the answers in the files' order, from threads, as decoding and LiteRT release the interpreter lock."""
    workers = os.cpu_count() or 1
    waiting: deque[Future[_Answered | Unread]] = deque()
    with ThreadPoolExecutor(workers, "user-evaluation") as pool:
        try:
            for file in files:
                waiting.append(pool.submit(answer, file))
                if len(waiting) >= workers * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _reporting(
    results: Iterator[_Answered | Unread], total: int, on_progress: OnProgress | None
) -> Iterator[_Answered | Unread]:
    started = time.perf_counter()
    for done, result in enumerate(results, start=1):
        yield result
        if on_progress is not None:
            on_progress(Progress(done, total, time.perf_counter() - started))


def _stack(rows: list[FloatArray], classifier: LiteRTClassifier) -> FloatArray:
    return np.concatenate(rows) if rows else classifier.logits([])


def _as_jpeg(face: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(face, cv2.COLOR_RGB2BGR))[1])
