"""The way of the data, in one place: decode → follow (detect, landmarks, track) → align → classify → FrameResult."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from emotion.analytics.timeline import TimelineBuilder
from emotion.errors import Cancelled, VideoError
from emotion.protocols import Classifier, Detector
from emotion.registry import resolve, sha256_of
from emotion.types import Analysis, Face, Frame, FrameResult, Image, ModelCard, Progress
from emotion.vision.align import align
from emotion.vision.classify import LiteRTClassifier, load_classifier
from emotion.vision.decode_image import load_image
from emotion.vision.decode_video import probe, read_video
from emotion.vision.detect import load_detector
from emotion.vision.follow import FaceFollower
from emotion.vision.landmarks import FaceMesh, five_points
from emotion.vision.normalise import GREY
from emotion.vision.prefetch import prefetch
from emotion.vision.similarity import ssim

CROP_PX = 48
"""Side of FER2013's pictures: of the crops that are compared, and of a classifier's unless its card says otherwise."""

OnProgress = Callable[[Progress], None]


class Analyzer:
    """Finds faces and names what they show, in pictures and videos.

    Loading takes a moment, so make one and keep it; it may be used from several threads at once.

    Args:
        model: A name from :func:`emotion.list_models`, ``"default"``, or a classifier of your own.
        detector: ``"blazeface"``, ``"haar"``, or a detector of your own.

    Raises:
        ModelError: There is no such model or detector.
    """

    def __init__(self, model: str | Classifier = "default", detector: str | Detector = "blazeface") -> None:
        self.model = resolve(model) if isinstance(model, str) else type(model).__name__
        self.detector = detector if isinstance(detector, str) else type(detector).__name__
        self._detector = load_detector(detector) if isinstance(detector, str) else detector
        self._mesh = FaceMesh()
        self._classifier = load_classifier(model) if isinstance(model, str) else model

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self._classifier.labels

    @property
    def unclear_below(self) -> float:
        """The probability under which the classifier's answers are unclear, 0–1; 0 for one of your own."""
        card = _card_of(self._classifier)
        return card.unclear_below if card else 0.0

    def image(self, source: str | Path | bytes | Image) -> FrameResult:
        """Return the faces in one picture, numbered from 1 in reading order.

        Args:
            source: A path, a file's bytes, or a uint8 array, ``(H, W, 3)`` RGB or ``(H, W)`` grey.

        Raises:
            ImageError: Not a picture that can be read.
            TooLargeError: It has too many pixels.
        """
        rgb = load_image(source)
        frame = Frame(0, 0.0, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), lambda: rgb)
        return _in_reading_order(next(self.stream([frame])))

    def largest_face(self, image: Image) -> Face | None:
        """Return the widest face of a photograph, ``(H, W, 3)`` uint8 RGB, or None if there is none."""
        faces = [face for face in self.image(image).faces if face.landmarks is not None]
        return max(faces, key=lambda face: float(face.box_xyxy[2] - face.box_xyxy[0]), default=None)

    def video(
        self, path: str | Path, every: int = 1, on_progress: OnProgress | None = None, *, fps: float | None = None
    ) -> Analysis:
        """Analyse a video from its beginning to its end.

        Args:
            path: The file.
            every: Analyse every n-th frame.
            on_progress: Called after every frame; may raise :class:`Cancelled` to stop, which keeps what is done.
            fps: Instead of ``every``, analyse at most this many frames per second of video.

        Raises:
            VideoError: Not a video that can be read. One that breaks off later gives what came before, with a note.
        """
        info = probe(path)
        builder = TimelineBuilder(self.labels)
        stopped: VideoError | Cancelled | None = None
        # A damaged file ends with an error after its last good frame.
        try:
            with closing(self.frames(path, every, fps=fps)) as results:
                total = _expected_frames(info.frame_count, info.duration_s, every, fps)
                for result in _reporting(results, total, on_progress):
                    builder.add(result)
        except (VideoError, Cancelled) as error:
            stopped = error
        timeline, frames = builder.build()
        if isinstance(stopped, VideoError) and frames.empty:
            raise stopped
        note = "" if stopped is None else str(stopped) or "The analysis was cancelled."
        settings = {
            "detector": self.detector,
            "every": every,
            "fps": fps,
            "source_sha256": sha256_of(Path(path)),
            "unclear_below": self.unclear_below,
        }
        return Analysis(info, timeline, frames, self.model, self.labels, settings, Path(path).name, not note, note)

    def frames(
        self, path: str | Path, every: int = 1, *, fps: float | None = None
    ) -> Generator[FrameResult, None, None]:
        """Yield the result of each analysed frame of a video, in order; decoding and inference run beside each other.

        Raises:
            VideoError: Not a video that can be read, or it breaks off.
        """
        with closing(prefetch(read_video(path, every, fps))) as frames:
            yield from self.stream(frames, parallel=True)

    def stream(self, frames: Iterable[Frame], *, parallel: bool = False) -> Generator[FrameResult, None, None]:
        """Yield the result of each frame of a stream, in order.

        Args:
            frames: Consecutive frames; a photograph is a stream of one.
            parallel: Follow faces on a thread of its own while this one classifies.
        """
        follower = FaceFollower(self._detector, self._mesh)
        followed = ((frame, follower(frame)) for frame in frames)
        recogniser = _Recogniser(self._classifier)
        with closing(prefetch(followed) if parallel else followed) as pairs:
            for frame, faces in pairs:
                yield FrameResult(
                    frame.index,
                    frame.time_s,
                    frame.width,
                    frame.height,
                    recogniser(frame, faces),
                    self._classifier.labels,
                    self.unclear_below,
                )


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


def _card_of(classifier: Classifier) -> ModelCard | None:
    return classifier.card if isinstance(classifier, LiteRTClassifier) else None


class _Recogniser:
    """Classifies the faces of a stream and compares each with its person's first picture."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        # A classifier of the user's own takes crops of any size, so it gets FER2013's.
        card = _card_of(classifier)
        self._size = card.input_size if card else CROP_PX
        self._wants_colour = card is not None and card.colour != GREY
        self._references: dict[int, Image] = {}

    def __call__(self, frame: Frame, faces: list[Face]) -> tuple[Face, ...]:
        picture = frame.rgb() if faces and self._wants_colour else frame.luma
        crops = [crop_face(picture, face, self._size) for face in faces]
        like_fer2013 = self._size == CROP_PX and not self._wants_colour
        small = crops if like_fer2013 else [crop_face(frame.luma, face, CROP_PX) for face in faces]
        return tuple(
            replace(face, probabilities=row, similarity=self._similarity(face, crop))
            for face, row, crop in zip(faces, self._classifier.predict(crops), small, strict=True)
        )

    def _similarity(self, face: Face, crop: Image) -> float:
        if face.track_id is None:
            return float("nan")
        return ssim(self._references.setdefault(face.track_id, crop), crop)


def _in_reading_order(result: FrameResult) -> FrameResult:
    """Number the faces of a photograph from 1: rows of about a face's height from the top, then from the left."""
    faces = result.faces
    if not faces:
        return result
    height = float(np.median([face.box_xyxy[3] - face.box_xyxy[1] for face in faces]))
    ordered = sorted(faces, key=lambda face: (round(float(face.box_xyxy[1]) / height), float(face.box_xyxy[0])))
    return replace(result, faces=tuple(replace(face, track_id=n) for n, face in enumerate(ordered, start=1)))


def _expected_frames(frame_count: int, duration_s: float, every: int, fps: float | None) -> int:
    return -(-frame_count // every) if fps is None else min(frame_count, round(duration_s * fps))


def _reporting(results: Iterable[FrameResult], total: int, on_progress: OnProgress | None) -> Iterator[FrameResult]:
    started = time.perf_counter()
    for done, result in enumerate(results, start=1):
        yield result
        if on_progress is not None:
            on_progress(Progress(done, max(total, done), time.perf_counter() - started))
