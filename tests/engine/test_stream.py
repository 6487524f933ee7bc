"""Streams of single frames: the same results as a video, and lower effort."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from emotion import Analyzer
from emotion.engine.face_follower import Effort, FaceFollower
from emotion.errors import VideoError
from emotion.samples import clip_frames
from emotion.types import Face, Frame, Image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh
from emotion.vision.litert import TOGETHER


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


@pytest.mark.parametrize("parallel", [False, True])
def test_frames_before_an_error_are_not_lost(analyzer: Analyzer, frames: list[Frame], parallel: bool) -> None:
    def broken():
        yield from frames[: TOGETHER + 2]
        raise VideoError("expected more frames")

    results = analyzer.stream(broken(), parallel=parallel)
    assert [next(results).frame_index for _ in range(TOGETHER + 2)] == list(range(TOGETHER + 2))
    with pytest.raises(VideoError, match="expected more frames"):
        next(results)


@pytest.mark.parametrize("asked", range(TOGETHER))
def test_a_state_continues_after_its_own_frame(analyzer: Analyzer, frames: list[Frame], asked: int) -> None:
    """Later frames that are classified in the same call must not be part of the state."""
    wanted, stream = Event(), analyzer.follow()

    def asking():
        for number, frame in enumerate(frames[:12]):
            if number == TOGETHER + asked:
                wanted.set()
            yield frame

    results = list(stream.run(asking(), state_wanted=wanted))
    ((number, state),) = ((number, state) for number, (_, state) in enumerate(results) if state is not None)
    assert number == TOGETHER + asked
    assert state["classifier.last_s"].tolist() == [results[number][0].time_s]
    continued = analyzer.follow()
    continued.restore(state)
    rest = [continued(frame) for frame in frames[number + 1 : 12]]
    assert table(rest) == table([result for result, _ in results[number + 1 :]])


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


def test_a_follower_scales_across_and_down_by_their_own_factors(frames: list[Frame]) -> None:
    follower = FaceFollower(BlazeFace(), FaceMesh())
    follower(frames[0])
    before = follower.state()
    follower.resize(0.5, 0.25)
    after = follower.state()
    assert after["tracker.boxes"] == pytest.approx(before["tracker.boxes"] * [0.5, 0.25, 0.5, 0.25], rel=1e-5)
    assert after["points"] == pytest.approx(before["points"] * [0.5, 0.25, 0.5], rel=1e-5)
    assert before["points"].shape == (1, 468, 3)
