"""Streams of single frames: the same results as a video, and lower effort."""

from __future__ import annotations

import numpy as np
import pytest

from emotion import Analyzer
from emotion.engine.face_follower import Effort, FaceFollower
from emotion.samples import clip_frames
from emotion.types import Face, Frame, Image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    import cv2

    return [
        Frame(index, index / 25, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), lambda image=image: image)
        for index, image in enumerate(clip_frames())
    ]


def table(results: list) -> list[tuple]:
    return [
        (result.frame_index, face.track_id, *face.box_xyxy.tolist(), *face.probabilities.tolist(), face.similarity)
        for result in results
        for face in result.faces
    ]


@pytest.mark.slow
def test_frames_and_stream_agree(analyzer: Analyzer, frames: list[Frame]) -> None:
    stream = analyzer.follow()
    one_by_one = table([stream(frame) for frame in frames])
    assert one_by_one == table(list(analyzer.stream(frames)))
    assert len(one_by_one) > 30


@pytest.mark.slow
def test_two_streams_share_only_the_models(analyzer: Analyzer, frames: list[Frame]) -> None:
    first, second = analyzer.follow(), analyzer.follow()
    turned = [(first(frame), second(other)) for frame, other in zip(frames, frames[::-1], strict=True)]
    assert table([one for one, _ in turned]) == table(list(analyzer.stream(frames)))


class Counting:
    """The real detector, which counts its calls by region."""

    def __init__(self, *, small: bool = False) -> None:
        self._detector, self.looks = BlazeFace(small=small), []

    def regions(self, width: int, height: int) -> list:
        return self._detector.regions(width, height)

    def detect(self, image: Image, regions=None) -> list[Face]:
        self.looks.append(list(regions))
        return self._detector.detect(image, regions)


def test_lower_effort_detects_less_often_on_smaller_inputs(frames: list[Frame]) -> None:
    large, small = Counting(), Counting(small=True)
    follower = FaceFollower(large, FaceMesh(), small)
    effort = Effort(key_frame_s=10, search_s=10, tiles=False, small=True)
    found = [follower(frame, effort) for frame in frames[:15]]
    assert all(len(faces) == 1 for faces in found)
    assert large.looks == []
    assert small.looks == [[(0, 0, 640, 360)]]
    assert len([follower(frame) for frame in frames[15:20]]) == 5
    assert large.looks == []


def without_the_face(frame: Frame) -> Frame:
    """Return the picture with its face upside down: not a cut, because the grey levels are the same."""
    rgb = frame.rgb().copy()
    rgb[60:330, 180:480] = rgb[60:330, 180:480][::-1]
    return Frame(frame.index, frame.time_s, rgb[..., 1].copy(), lambda: rgb)


def test_a_lost_face_starts_a_detection_at_once(frames: list[Frame]) -> None:
    detector = Counting()
    follower = FaceFollower(detector, FaceMesh())
    effort = Effort(key_frame_s=10, search_s=0.1)
    assert [len(follower(frame, effort)) for frame in frames[:5]] == [1] * 5
    assert len(detector.looks) == 1, "the first picture"
    assert follower(without_the_face(frames[5]), effort) == []
    assert len(detector.looks) == 2, "the face was lost, although no key frame was due"
    looks = []
    for frame in frames[6:12]:
        assert follower(without_the_face(frame), effort) == []
        looks.append(len(detector.looks))
    assert looks == [2, 2, 3, 3, 3, 4], "without a face, the detector runs every 0.1 s at 25 frames/s"
    found = [len(follower(frame, effort)) for frame in frames[12:16]]
    assert found == [0, 0, 1, 1], "found again when the next search is due"


def test_detections_alternate_between_the_frame_and_its_tiles() -> None:
    detector, wall = Counting(), np.full((720, 1280, 3), 90, np.uint8)
    follower = FaceFollower(detector, FaceMesh())
    whole, *tiles = detector.regions(1280, 720)
    assert len(tiles) > 1
    for index in range(1 + 2 * len(tiles)):
        assert follower(Frame(index, index / 2, wall[..., 0].copy(), lambda: wall)) == []
    first, *later = detector.looks
    assert first == [whole, *tiles], "frame and tiles at the start of a shot"
    assert later[::2] == [[whole]] * len(tiles)
    assert sorted(later[1::2]) == sorted([tile] for tile in tiles)


def test_the_small_detector_finds_the_same_face(frames: list[Frame]) -> None:
    image = frames[0].rgb()
    (large,), (small,) = BlazeFace().detect(image, [(0, 0, 640, 360)]), BlazeFace(small=True).detect(image)
    assert small.box_xyxy == pytest.approx(large.box_xyxy, abs=0.15 * float(np.ptp(large.box_xyxy[::2])))


def test_a_stream_accepts_frames_of_another_size(analyzer: Analyzer, frames: list[Frame]) -> None:
    stream, frame = analyzer.follow(), frames[0]
    before = stream(frame).faces
    half = frame.rgb()[::2, ::2].copy()
    stream.resize(0.5, 0.5)
    after = stream(Frame(1, 0.04, half[..., 1].copy(), lambda: half)).faces
    assert [face.track_id for face in after] == [face.track_id for face in before] == [1]
    assert after[0].box_xyxy == pytest.approx(before[0].box_xyxy / 2, abs=4)


def test_warming_up_does_not_change_results(analyzer: Analyzer, frames: list[Frame]) -> None:
    analyzer.warm()
    assert table([next(analyzer.stream(frames[:1]))]) == table([analyzer.follow()(frames[0])])
