"""The way of the data, in one place: decode → follow (detect, landmarks, track) → align → classify → FrameResult."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emotion.analytics.timeline import TimelineBuilder
from emotion.engine.classify_faces import CROP_PX
from emotion.engine.face_follower import FaceFollower
from emotion.engine.prefetch import prefetch
from emotion.engine.stream import FaceStream, abstention_limit
from emotion.errors import Cancelled, VideoError
from emotion.models.registry import resolve, sha256_of
from emotion.serving import open_classifier
from emotion.stream_state import State, part_of, under
from emotion.types import AbstentionLimit, Analysis, Classifier, Detector, Face, Frame, FrameResult, Image, Progress
from emotion.vision.confirm import FaceCheck
from emotion.vision.decode.image import Picture, load_image
from emotion.vision.decode.sampling import Sampling
from emotion.vision.decode.seek import Position, position_of
from emotion.vision.decode.video import probe, read_video
from emotion.vision.detect import BlazeFace, load_detector
from emotion.vision.landmarks import FaceMesh, Roi
from emotion.vision.turned import TURNS, Turned

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
        self._mesh, self._short_range = FaceMesh(), BlazeFace(small=True)
        self._check = FaceCheck(self._mesh, self._short_range)
        self._classifier = open_classifier(model) if isinstance(model, str) else model

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self._classifier.labels

    @property
    def abstain_below(self) -> AbstentionLimit:
        """The probability under which the classifier's answers are unclear, 0–1; 0 for one of your own."""
        return abstention_limit(self._classifier)

    def image(self, source: Picture) -> FrameResult:
        """Return the faces in one picture, numbered from 1 in reading order.

        A picture without upright faces is looked at upside down and on its sides as well; what is found there has its
        place in the picture as it is, and a head pose that says how it is turned.

        Args:
            source: A path, a file's bytes, an open binary file, a Pillow picture, or an array: ``(H, W, 3)`` RGB,
                ``(H, W, 4)`` RGBA or ``(H, W)`` grey (:func:`emotion.vision.decode.image.load_image`).

        Raises:
            ImageError: Not a picture that can be read.
            TooLargeError: It has too many pixels.
        """
        rgb = load_image(source)
        frame = Frame(0, 0.0, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), lambda: rgb)
        result = next(self.stream([frame]))
        turns = iter(TURNS)
        while not result.faces and (turn := next(turns, None)) is not None:
            with closing(self._results([frame], False, detector=Turned(self._detector, turn))) as results:
                result = next(results)[0]
        return _in_reading_order(result)

    def largest_face(self, image: Image) -> Face | None:
        """Return the widest face of a photograph, ``(H, W, 3)`` uint8 RGB, or None if there is none."""
        faces = [face for face in self.image(image).faces if face.landmarks is not None]
        return max(faces, key=lambda face: float(face.box_xyxy[2] - face.box_xyxy[0]), default=None)

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
            on_progress: Called after every frame; may raise :class:`Cancelled` to stop, which keeps what is done.
            fps: Instead of ``every``, analyse at most this many frames per second of video.
            start_s: Where the part begins.
            end_s: Where it ends; that moment is no longer in it.

        Raises:
            VideoError: Not a video that can be read. One that breaks off later gives what came before, with a note.
        """
        info, sampling = probe(path), Sampling(every, fps, start_s, end_s)
        builder = TimelineBuilder(self.labels)
        stopped: VideoError | Cancelled | None = None
        # A damaged file ends with an error after its last good frame.
        try:
            with closing(self.frames(path, every, fps=fps, start_s=start_s, end_s=end_s)) as results:
                for result in _reporting(results, sampling.expected_frames(info), on_progress):
                    builder.add(result)
        except (VideoError, Cancelled) as error:
            stopped = error
        timeline, frames = builder.build()
        if isinstance(stopped, VideoError) and frames.empty:
            raise stopped
        note = "" if stopped is None else str(stopped) or "The analysis was cancelled."
        settings = self.settings(sampling, sha256_of(Path(path)))
        return Analysis(info, timeline, frames, self.model, self.labels, settings, Path(path).name, not note, note)

    def settings(self, sampling: Sampling, source_sha256: str) -> dict[str, Any]:
        """Return what an analysis by this analyzer notes of how it was made, as plain JSON types."""
        limit = self.abstain_below
        own: dict[str, Any] = {"detector": self.detector, "abstain_below": float(limit)}
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
        """Yield the result of each analysed frame of a video, in order; decoding and inference run beside each other.

        Raises:
            VideoError: Not a video that can be read, or it breaks off.
        """
        with closing(prefetch(read_video(path, every, fps, start_s=start_s, end_s=end_s))) as frames:
            yield from self.stream(frames, parallel=True)

    def resumable_frames(
        self,
        path: str | Path,
        sampling: Sampling,
        wanted: threading.Event,
        after: State | None = None,
        *,
        parallel: bool = True,
    ) -> Generator[tuple[FrameResult, State | None], None, None]:
        """Yield like :meth:`frames`, and now and then, beside a result, the state from which a later run can go on.

        A run that goes on yields exactly what the first one would have yielded after that result.

        Args:
            path: The file.
            sampling: Which frames.
            wanted: Set it to ask for a state; one of the next results has it. The stream does not stop for it.
            after: A state of an earlier run with the same file, sampling, model and detector.
            parallel: Decode and follow on threads of their own; without, the stream keeps to the caller's thread.

        Raises:
            VideoError: Not a video that can be read, or it breaks off.
        """
        position = None if after is None else Position.from_state(part_of(after, "position"))
        frames = read_video(path, **asdict(sampling), after=position)
        with closing(prefetch(frames) if parallel else (frame for frame in frames)) as ahead:
            yield from self._results(ahead, parallel, wanted, after)

    def stream(self, frames: Iterable[Frame], *, parallel: bool = False) -> Generator[FrameResult, None, None]:
        """Yield the result of each frame of a stream, in order.

        Args:
            frames: Consecutive frames; a photograph is a stream of one.
            parallel: Follow faces on a thread of its own while this one classifies.
        """
        with closing(self._results(frames, parallel)) as results:
            for result, _ in results:
                yield result

    def follow(self) -> FaceStream:
        """Return a new stream that takes one frame at a time, as from a camera.

        Streams of one analyzer share its models and nothing else; each is for one thread at a time. They can be told
        to spend less effort (:class:`emotion.engine.face_follower.Effort`).
        """
        return FaceStream(FaceFollower(self._detector, self._mesh, self._small_detector, self._check), self._classifier)

    def warm(self) -> None:
        """Run every model of a :meth:`follow` once, on nothing: a first picture would wait for it."""
        nothing = np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
        for detector in (self._detector, self._small_detector):
            detector.detect(nothing)
        self._mesh.fit(nothing[..., 0], Roi(CROP_PX / 2, CROP_PX / 2, CROP_PX, 0.0))
        self._classifier.predict([nothing])

    @property
    def _small_detector(self) -> Detector:
        return self._short_range if isinstance(self._detector, BlazeFace) else self._detector

    def _results(
        self,
        frames: Iterable[Frame],
        parallel: bool,
        wanted: threading.Event | None = None,
        after: State | None = None,
        *,
        detector: Detector | None = None,
    ) -> Generator[tuple[FrameResult, State | None], None, None]:
        stream = FaceStream(FaceFollower(detector or self._detector, self._mesh, check=self._check), self._classifier)
        if after is not None:
            stream.restore(after)
        followed = _follow(frames, stream, wanted)
        with closing(prefetch(followed) if parallel else followed) as items:
            for frame, faces, state in items:
                result = stream.recognise(frame, faces)
                yield result, None if state is None else state | stream.recogniser_state()


def _follow(
    frames: Iterable[Frame], stream: FaceStream, wanted: threading.Event | None
) -> Generator[tuple[Frame, list[Face], State | None], None, None]:
    """Yield each frame with its faces and, after one was wanted, the state in which it leaves the follower."""
    for frame in frames:
        faces, state = stream.follow(frame), None
        if wanted is not None and wanted.is_set():
            wanted.clear()
            state = stream.follower_state() | under("position", position_of(frame).state())
        yield frame, faces, state


def _in_reading_order(result: FrameResult) -> FrameResult:
    """Number the faces of a photograph from 1: rows of about a face's height from the top, then from the left."""
    faces = result.faces
    if not faces:
        return result
    height = float(np.median([face.box_xyxy[3] - face.box_xyxy[1] for face in faces]))
    ordered = sorted(faces, key=lambda face: (round(float(face.box_xyxy[1]) / height), float(face.box_xyxy[0])))
    return replace(result, faces=tuple(replace(face, track_id=n) for n, face in enumerate(ordered, start=1)))


def _reporting(results: Iterable[FrameResult], total: int, on_progress: OnProgress | None) -> Iterator[FrameResult]:
    started = time.perf_counter()
    for done, result in enumerate(results, start=1):
        yield result
        if on_progress is not None:
            on_progress(Progress(done, max(total, done), time.perf_counter() - started))
