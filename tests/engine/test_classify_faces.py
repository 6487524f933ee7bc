"""The reference faces that the classifier keeps for each person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import emotion
from emotion.engine.classify_faces import StreamClassifier
from emotion.labels import FERPLUS_LABELS
from emotion.samples import sample_image
from emotion.types import Face, Frame
from emotion.vision.classify import load_classifier
from emotion.vision.track import MEMORY_S


class Undecided:
    """A classifier that gives every label the same share."""

    labels = FERPLUS_LABELS

    def predict(self, crops: list[np.ndarray]) -> np.ndarray:
        return np.full((len(crops), len(self.labels)), 1 / len(self.labels), np.float32)


@pytest.fixture(scope="module")
def face() -> Face:
    (found,) = emotion.Analyzer(model=Undecided()).image(sample_image()).faces
    return found


def picture(time_s: float, brightness: float = 1.0) -> Frame:
    rgb = (sample_image() * brightness).astype(np.uint8)
    return Frame(0, time_s, rgb[..., 1].copy(), lambda: rgb)


def classified(classifier: StreamClassifier, frame: Frame, faces: list[Face]) -> tuple[Face, ...]:
    return classifier([(frame, faces)])[0]


def known(classifier: StreamClassifier) -> list[int]:
    return classifier.state()["ids"].tolist()


def test_each_person_is_compared_with_their_own_reference(face: Face) -> None:
    classifier = StreamClassifier(Undecided())
    first, second = (replace(face, track_id=track_id) for track_id in (1, 2))
    assert [each.similarity for each in classified(classifier, picture(0.0), [first])] == pytest.approx([1])
    seen = classified(classifier, picture(0.1, brightness=0.3), [first, second])
    assert seen[0].similarity < 0.9
    assert seen[1].similarity == pytest.approx(1)
    again = classified(classifier, picture(0.2), [first, second])
    assert again[0].similarity == pytest.approx(1)
    assert again[1].similarity < 0.9


def test_references_are_kept_as_long_as_the_track(face: Face) -> None:
    classifier = StreamClassifier(Undecided())
    classified(classifier, picture(10.0), [replace(face, track_id=1)])
    classified(classifier, picture(10.0 + MEMORY_S - 0.01), [])
    assert known(classifier) == [1]
    classified(classifier, picture(10.0 + MEMORY_S + 0.01), [])
    assert known(classifier) == []


@pytest.mark.slow
def test_references_of_ended_tracks_are_forgotten(face: Face) -> None:
    classifier = StreamClassifier(Undecided())
    for track_id in range(1, 101):
        classified(classifier, picture(float(track_id)), [replace(face, track_id=track_id)])
    assert known(classifier) == [98, 99, 100], "one person a second, each remembered for two"


def test_a_face_without_a_track_has_no_similarity(face: Face) -> None:
    classifier = StreamClassifier(Undecided())
    (seen,) = classified(classifier, picture(0.0), [replace(face, track_id=None)])
    assert np.isnan(seen.similarity)
    assert known(classifier) == []


def test_frames_together_get_the_answers_of_each_alone(face: Face) -> None:
    first, second = (replace(face, track_id=track_id) for track_id in (1, 2))
    frames = [(picture(0.0), [first]), (picture(0.1), []), (picture(0.2, brightness=0.5), [second, first])]
    together, alone = StreamClassifier(load_classifier()), StreamClassifier(load_classifier())
    expected = [classified(alone, *each) for each in frames]
    for faces, others in zip(together(frames), expected, strict=True):
        assert [face.track_id for face in faces] == [other.track_id for other in others]
        assert [face.similarity for face in faces] == [other.similarity for other in others]
        for one, other in zip(faces, others, strict=True):
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
    assert known(together) == known(alone) == [1, 2]
