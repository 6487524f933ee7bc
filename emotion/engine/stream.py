"""One stream, a frame at a time: follow, then recognise. Both steps may run on threads of their own."""

from __future__ import annotations

from emotion.engine.classify_faces import Recogniser, card_of
from emotion.engine.face_follower import FULL, Effort, FaceFollower
from emotion.stream_state import State, part_of, under
from emotion.types import AbstentionLimit, Classifier, Face, Frame, FrameResult


def abstention_limit(classifier: Classifier) -> AbstentionLimit:
    """Return the probability under which a classifier's answers are unclear, 0–1; 0 for one of the user's own."""
    card = card_of(classifier)
    return card.abstention_limit if card else AbstentionLimit()


class FaceStream:
    """All that is remembered of one stream: who is in view, their numbers and their first pictures.

    Calling it analyses the next frame. :meth:`follow` and :meth:`recognise` are its halves, for whoever wants them on
    two threads: each must see the frames in order.

    Args:
        follower: A new one.
        classifier: Names what faces show.
    """

    def __init__(self, follower: FaceFollower, classifier: Classifier) -> None:
        self._follower, self._recogniser = follower, Recogniser(classifier)
        self._labels, self._abstain_below = classifier.labels, abstention_limit(classifier)

    def __call__(self, frame: Frame, effort: Effort = FULL) -> FrameResult:
        """Return what is in the next frame, whose time is never before the last one's."""
        return self.recognise(frame, self.follow(frame, effort))

    def follow(self, frame: Frame, effort: Effort = FULL) -> list[Face]:
        """Return the faces in the next frame with landmarks and track ids, not yet classified."""
        return self._follower(frame, effort)

    def resize(self, across: float, down: float) -> None:
        """Go on with pictures that are so many times as wide and as high as those before, showing the same."""
        self._follower.resize(across, down)

    def recognise(self, frame: Frame, faces: list[Face]) -> FrameResult:
        """Return a frame's result, given the faces that :meth:`follow` found in it."""
        known = self._recogniser(frame, faces)
        size = frame.width, frame.height
        return FrameResult(frame.index, frame.time_s, *size, known, self._labels, self._abstain_below)

    def follower_state(self) -> State:
        """Return what following remembers, as arrays."""
        return under("follower", self._follower.state())

    def recogniser_state(self) -> State:
        """Return what recognising remembers, as arrays."""
        return under("recogniser", self._recogniser.state())

    def restore(self, state: State) -> None:
        """Go on from both states' arrays."""
        self._follower.restore(part_of(state, "follower"))
        self._recogniser.restore(part_of(state, "recogniser"))
