"""The package's main class: loads models once and analyses pictures, videos and streams with them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emotion.engine.classify_faces import CROP_PX
from emotion.engine.face_follower import FaceFollower
from emotion.engine.prefetch import prefetch
from emotion.engine.run import analyse_video
from emotion.engine.stream import FaceStream, abstention_limit
from emotion.models.registry import resolve
from emotion.progress import OnProgress
from emotion.serving import open_classifier
from emotion.stream_state import StreamState, part_of
from emotion.types import AbstentionLimit, Analysis, Classifier, Detector, Face, Frame, FrameResult, Image
from emotion.vision.decode.containers import path_of
from emotion.vision.decode.image import Picture, load_image
from emotion.vision.decode.sampling import Sampling
from emotion.vision.decode.seek import Position
from emotion.vision.decode.video import read_video
from emotion.vision.detection.bordered import with_border
from emotion.vision.detection.confirm import FaceCheck
from emotion.vision.detection.detect import BlazeFace, load_detector
from emotion.vision.detection.turned import TURNS, Turned
from emotion.vision.eyes import EyeModel
from emotion.vision.landmarks import FaceMesh, Roi


class Analyzer:
    """Finds faces in pictures and videos and classifies their expressions.

    Create one and reuse it, as loading the models takes a moment. It may be used from several threads at once.

    Args:
        model: A name from :func:`emotion.list_models`, ``"default"``, or a custom classifier.
        detector: ``"blazeface"``, ``"haar"``, or a custom detector.
        eyes: Whether to measure how open the eyes are and where they look.
        movements: Whether to measure brows, lids, lips and jaw.

    Raises:
        ModelError: There is no such model or detector.
    """

    def __init__(
        self,
        model: str | Classifier = "default",
        detector: str | Detector = "blazeface",
        *,
        eyes: bool = True,
        movements: bool = True,
    ) -> None:
        self.model = resolve(model) if isinstance(model, str) else type(model).__name__
        self.detector = detector if isinstance(detector, str) else type(detector).__name__
        self._detector = load_detector(detector) if isinstance(detector, str) else detector
        self._mesh, self._short_range = FaceMesh(), BlazeFace(small=True)
        self._check = FaceCheck(self._mesh, self._short_range)
        self._classifier = open_classifier(model) if isinstance(model, str) else model
        self._eyes, self._movements = EyeModel() if eyes else None, movements

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self._classifier.labels

    @property
    def abstain_below(self) -> AbstentionLimit:
        """The probability below which the classifier's answers count as unclear, 0–1; 0 for a custom classifier."""
        return abstention_limit(self._classifier)

    def image(self, source: Picture) -> FrameResult:
        """Return the faces in one picture, numbered from 1 in reading order.

        If there is no upright face, the detector also tries the picture with a border around it, which finds a face
        that fills the picture, then upside down and on its sides. Boxes and landmarks refer to the picture as given;
        the head pose says how a face is turned.

        Args:
            source: A path, a file's bytes, an open binary file, a Pillow picture, or an array: ``(H, W, 3)`` RGB,
                ``(H, W, 4)`` RGBA or ``(H, W)`` grey (:func:`emotion.vision.decode.image.load_image`).

        Raises:
            ImageError: The picture cannot be read.
            TooLargeError: The picture has too many pixels.
        """
        rgb = load_image(source)
        frame = _still(rgb)
        result = self._new_stream()(frame)
        if not result.faces:
            bordered = with_border(rgb)
            result = bordered.original(self._new_stream()(_still(bordered.image)))
        turns = iter(TURNS)
        while not result.faces and (turn := next(turns, None)) is not None:
            result = self._new_stream(Turned(self._detector, turn))(frame)
        return _in_reading_order(result)

    def largest_face(self, image: Image) -> Face | None:
        """Return the widest face of a picture, ``(H, W, 3)`` uint8 RGB; None if there is no face."""
        faces = [face for face in self.image(image).faces if face.landmarks is not None]
        return max(faces, key=lambda face: face.width, default=None)

    def video(
        self,
        path: str | Path,
        every: int = 1,
        on_progress: OnProgress | None = None,
        *,
        fps: float | None = None,
        start_s: float = 0.0,
        end_s: float | None = None,
    ) -> Analysis:
        """Analyse a video, or a part of it.

        Args:
            path: The file.
            every: Analyse every n-th frame.
            on_progress: Called after every frame; may raise :class:`emotion.errors.Cancelled` to stop, which keeps the
                results so far.
            fps: Analyse at most this many frames per second of video, instead of every n-th.
            start_s: Start of the part, s.
            end_s: End of the part, s, exclusive; None for the end of the video.

        Raises:
            VideoError: The file cannot be read. If it breaks off after some frames, the analysis says so in its note.
        """
        return analyse_video(self, path_of(path), Sampling(every, fps, start_s, end_s), on_progress)

    def settings(self, sampling: Sampling, source_sha256: str) -> dict[str, Any]:
        """Return the settings that are saved with an analysis, as JSON types."""
        limit = self.abstain_below
        measured = {"eyes": self._eyes is not None, "movements": self._movements}
        own: dict[str, Any] = {"detector": self.detector, **measured, "abstain_below": float(limit)}
        if limit.slopes:
            own["abstain_slopes"] = dict(limit.slopes)
        return own | asdict(sampling) | {"source_sha256": source_sha256}

    def frames(
        self,
        path: str | Path,
        every: int = 1,
        *,
        fps: float | None = None,
        start_s: float = 0.0,
        end_s: float | None = None,
    ) -> Generator[FrameResult, None, None]:
        """Yield the result of each analysed frame of a video, in order. Takes the arguments of :meth:`video`.

        Decoding, following and classifying run on one thread each.

        Raises:
            VideoError: The file cannot be read, or it breaks off.
        """
        sampling = Sampling(every, fps, start_s, end_s)
        with closing(self.resumable_frames(path, sampling, threading.Event())) as results:
            for result, _ in results:
                yield result

    def resumable_frames(
        self,
        path: str | Path,
        sampling: Sampling,
        state_wanted: threading.Event,
        after: StreamState | None = None,
        *,
        parallel: bool = True,
    ) -> Generator[tuple[FrameResult, StreamState | None], None, None]:
        """Yield like :meth:`frames`, each result with the state to continue from if it was asked for, else None.

        A run that continues from a state yields exactly what the first run would have yielded after that result.

        Args:
            path: The file.
            sampling: Which frames to analyse.
            state_wanted: Set it to ask for a state, which comes with one of the next results.
            after: A state of an earlier run with the same file, sampling, model and detector.
            parallel: Decode and follow on separate threads. Without, everything runs on the caller's thread.

        Raises:
            VideoError: The file cannot be read, or it breaks off.
        """
        stream, position = self._new_stream(), None
        if after is not None:
            stream.restore(after)
            position = Position.from_state(part_of(after, "position"))
        frames = read_video(path, **asdict(sampling), after=position)
        with closing(prefetch(frames) if parallel else (frame for frame in frames)) as ahead:
            yield from stream.run(ahead, parallel=parallel, state_wanted=state_wanted)

    def stream(self, frames: Iterable[Frame], *, parallel: bool = False) -> Generator[FrameResult, None, None]:
        """Yield the result of each frame of a stream, in order.

        Args:
            frames: Consecutive frames; a picture is a stream of one.
            parallel: Follow faces on another thread while this one classifies.
        """
        with closing(self._new_stream().run(frames, parallel=parallel)) as results:
            for result, _ in results:
                yield result

    def follow(self) -> FaceStream:
        """Return a new stream that takes one frame at a time, as from a camera.

        Streams of one analyzer share only its models. Each may be used by one thread at a time, and takes an
        :class:`emotion.engine.face_follower.Effort` per frame.
        """
        follower = FaceFollower(self._detector, self._mesh, self._small_detector, self._check)
        return FaceStream(follower, self._classifier, self._eyes, movements=self._movements)

    def warm(self) -> None:
        """Run every model of :meth:`follow` once on a black picture; the first call of each is slow."""
        black = np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
        for detector in (self._detector, self._small_detector):
            detector.detect(black)
        self._mesh.fit(black[..., 0], Roi(CROP_PX / 2, CROP_PX / 2, CROP_PX, 0.0))
        self._classifier.predict([black])
        if self._eyes is not None:
            third = CROP_PX / 3
            corners = np.array([[[0, third], [third, third]], [[2 * third, third], [CROP_PX, third]]], np.float32)
            self._eyes(black[..., 0], corners, np.eye(3, dtype=np.float32))

    @property
    def _small_detector(self) -> Detector:
        return self._short_range if isinstance(self._detector, BlazeFace) else self._detector

    def _new_stream(self, detector: Detector | None = None) -> FaceStream:
        follower = FaceFollower(detector or self._detector, self._mesh, check=self._check)
        return FaceStream(follower, self._classifier, self._eyes, movements=self._movements)


def _still(rgb: Image) -> Frame:
    return Frame(0, 0.0, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), lambda: rgb)


def _in_reading_order(result: FrameResult) -> FrameResult:
    """Number the faces of a picture from 1, in rows of about a face's height from the top, each from the left."""
    faces = result.faces
    if not faces:
        return result
    height = float(np.median([face.box_xyxy[3] - face.box_xyxy[1] for face in faces]))
    ordered = sorted(faces, key=lambda face: (round(float(face.box_xyxy[1]) / height), float(face.box_xyxy[0])))
    return replace(result, faces=tuple(replace(face, track_id=n) for n, face in enumerate(ordered, start=1)))
