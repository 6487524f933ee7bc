"""The frame loop that pictures, videos, batches and cameras share: follow faces, classify and measure them."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing

from emotion.engine.classify_faces import StreamClassifier, card_of
from emotion.engine.face_follower import FULL, Effort, FaceFollower
from emotion.engine.measure_eyes import with_eyes
from emotion.engine.measure_movements import with_measures
from emotion.engine.prefetch import prefetch
from emotion.engine.stage_costs import EYES, MOVEMENTS
from emotion.stream_state import StreamState, part_of, with_prefix
from emotion.types import AbstentionLimit, Classifier, Face, Frame, FrameResult
from emotion.vision.decode.seek import position_of
from emotion.vision.eyes import EyeModel
from emotion.vision.litert import TOGETHER

_COST_KEPT = 0.9
"""Weight of the earlier mean when a frame's time is added."""

FollowedFrame = tuple[Frame, list[Face], StreamState | None]


def abstention_limit(classifier: Classifier) -> AbstentionLimit:
    """Return the probability below which a classifier's answers count as unclear, 0–1; 0 for a custom classifier."""
    card = card_of(classifier)
    return card.abstention_limit if card else AbstentionLimit()


class FaceStream:
    """The state of one stream: who is in view, their track ids and their reference crops.

    :meth:`run` pulls frames from an iterable, a few ahead of their results. Where frames are pushed, as by a camera,
    call the stream with one frame at a time, or call :meth:`follow` and :meth:`classify`, its two halves. Each half
    must see the frames in order and may run on its own thread.

    Args:
        follower: A new follower.
        classifier: Classifies the expressions.
        eyes: Measures the eyes of the classified faces; None to leave them unmeasured.
        movements: Whether to measure brows, lids, lips and jaw.
    """

    def __init__(
        self,
        follower: FaceFollower,
        classifier: Classifier,
        eyes: EyeModel | None = None,
        *,
        movements: bool = False,
    ) -> None:
        self._follower, self._classifier = follower, StreamClassifier(classifier)
        self._eyes, self._movements = eyes, movements
        self._wants_eyes = self._wants_movements = True
        self._costs_ms: dict[str, float] = {}
        self._labels, self._abstain_below = classifier.labels, abstention_limit(classifier)

    def __call__(self, frame: Frame, effort: Effort = FULL) -> FrameResult:
        """Return the result of the next frame. Times must not decrease."""
        return self.classify(frame, self.follow(frame, effort))

    def run(
        self, frames: Iterable[Frame], *, parallel: bool = False, state_wanted: threading.Event | None = None
    ) -> Generator[tuple[FrameResult, StreamState | None], None, None]:
        """Yield the result of each frame, in order, and the stream's state after a frame where it was asked for.

        The faces of a few consecutive frames are classified together, which is faster.

        Args:
            frames: Consecutive frames; a picture is a stream of one.
            parallel: Follow faces on another thread while this one classifies.
            state_wanted: Set it to ask for the state, which comes with one of the next results.
        """
        followed = self._follow_each(frames, state_wanted)
        with closing(prefetch(followed) if parallel else followed) as items:
            for group in _grouped(items):
                results = self._results([(frame, faces) for frame, faces, _ in group])
                for (*_, state), result in zip(group, results, strict=True):
                    yield result, None if state is None else state | with_prefix("classifier", self._classifier.state())

    def follow(self, frame: Frame, effort: Effort = FULL) -> list[Face]:
        """Return the faces in the next frame with landmarks and track ids, not yet classified."""
        return self._follower(frame, effort)

    def classify(self, frame: Frame, faces: list[Face]) -> FrameResult:
        """Return the result of a frame, given the faces that :meth:`follow` found in it."""
        return self._results([(frame, faces)])[0]

    def _results(self, frames: Sequence[tuple[Frame, list[Face]]]) -> list[FrameResult]:
        classified = self._classifier(frames)
        return [self._measured(frame, faces) for (frame, _), faces in zip(frames, classified, strict=True)]

    def _measured(self, frame: Frame, known: tuple[Face, ...]) -> FrameResult:
        """Return the result of a frame, given its classified faces."""
        if self._eyes is not None and self._wants_eyes:
            eyes, begun_s = self._eyes, time.perf_counter()
            known = tuple(with_eyes(eyes, frame.luma, face) for face in known)
            self._note_cost(EYES, begun_s, known)
        if self._movements and self._wants_movements:
            begun_s = time.perf_counter()
            known = with_measures(known)
            self._note_cost(MOVEMENTS, begun_s, known)
        size = frame.width, frame.height
        return FrameResult(frame.index, frame.time_s, *size, known, self._labels, self._abstain_below)

    def measure(self, *, eyes: bool, movements: bool) -> None:
        """Switch stages on or off from the next frame on. Stages that the stream was opened without stay off."""
        for name, wanted in ((EYES, eyes), (MOVEMENTS, movements)):
            if not wanted:
                self._costs_ms.pop(name, None)
        self._wants_eyes, self._wants_movements = eyes, movements

    @property
    def costs_ms(self) -> Mapping[str, float]:
        """Recent mean time of :data:`EYES` and :data:`MOVEMENTS` per frame with a face, ms, if they are on."""
        return dict(self._costs_ms)

    def _note_cost(self, name: str, begun_s: float, faces: Sequence[Face]) -> None:
        if faces:
            ms = (time.perf_counter() - begun_s) * 1000
            self._costs_ms[name] = ms + _COST_KEPT * (self._costs_ms.get(name, ms) - ms)

    def resize(self, across: float, down: float) -> None:
        """Continue with frames of the same view whose width and height are scaled by these factors."""
        self._follower.resize(across, down)

    def restore(self, state: StreamState) -> None:
        """Continue from a state that :meth:`run` yielded."""
        self._follower.restore(part_of(state, "follower"))
        # Checkpoints of version 1 call the classifier's part "recogniser".
        self._classifier.restore(part_of(state, "classifier") or part_of(state, "recogniser"))

    def _follow_each(
        self, frames: Iterable[Frame], state_wanted: threading.Event | None
    ) -> Generator[FollowedFrame, None, None]:
        """Yield each frame with its faces and, if asked for, the follower's state and the frame's position."""
        for frame in frames:
            faces, state = self.follow(frame), None
            if state_wanted is not None and state_wanted.is_set():
                state_wanted.clear()
                position = position_of(frame)
                state = with_prefix("follower", self._follower.state()) | with_prefix("position", position.state())
            yield frame, faces, state


def _grouped(frames: Iterable[FollowedFrame]) -> Generator[list[FollowedFrame], None, None]:
    """Yield consecutive frames in groups of :data:`TOGETHER`, the number of faces that a network classifies at once.

    A frame with a state ends its group, because the classifier's state is read after the group. If reading the frames
    fails, those before the error are yielded first.
    """
    group: list[FollowedFrame] = []
    try:
        for item in frames:
            group.append(item)
            if len(group) == TOGETHER or item[2] is not None:
                yield group
                group = []
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group
