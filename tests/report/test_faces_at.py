from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.timeline import BOX, TimelineBuilder
from emotion.drawing.blur import blur_everything, blur_faces, with_margins
from emotion.labels import FERPLUS_LABELS
from emotion.report.edited import edit
from emotion.report.faces_at import CoveredFaces, ShownFaces
from emotion.types import Analysis, FrameResult, VideoInfo
from tests.conftest import make_face


def analysis_of(lefts: list[float | None], step_s: float = 0.5) -> Analysis:
    """Return an analysis of one person; the box starts at these places, one per frame, None if not in view."""
    builder = TimelineBuilder(FERPLUS_LABELS)
    for index, left in enumerate(lefts):
        faces = () if left is None else (make_face(left=left),)
        builder.add(FrameResult(index * 5, index * step_s, 320, 240, faces, FERPLUS_LABELS))
    timeline, frames = builder.build()
    info = VideoInfo(320, 240, 10.0, 5 * len(lefts), len(lefts) * step_s)
    return Analysis(info, timeline, frames, "fake", FERPLUS_LABELS, {"every": 5}, "clip.mp4")


def lefts(faces) -> list[float]:
    return [round(float(face.box_xyxy[0]), 3) for face in faces]


def test_boxes_are_interpolated_between_analysed_frames():
    shown = ShownFaces(analysis_of([0, 100, None]))
    assert lefts(shown.at(0.0)) == [0]
    assert lefts(shown.at(0.1)) == [20]
    assert lefts(shown.at(0.5)) == [100]
    assert lefts(shown.at(0.9)) == [100], "kept if the next frame has no face"
    assert shown.at(1.0) == ()


def test_no_box_outside_the_analysed_part():
    shown = ShownFaces(analysis_of([0, 100]))
    assert lefts(shown.at(0.99)) == [100]
    assert shown.at(1.01) == ()
    assert ShownFaces(analysis_of([])).at(0.0) == ()


def test_no_box_in_excluded_spans():
    edits = Edits(events=(Event("pause", Span(0.7, 2.2), excluded=True),))
    shown = ShownFaces(edit(analysis_of([10] * 8), edits).analysis)
    assert [bool(shown.at(time_s)) for time_s in (0.6, 0.8, 1.5, 2.3, 2.6)] == [True, False, False, False, True]


def test_a_cover_spans_the_path_between_two_detections():
    covered = CoveredFaces(analysis_of([0, 100]))
    (box,) = covered.at(0.25)
    assert (box[0], box[2]) == (0, 140)


def test_a_cover_extends_before_after_and_over_gaps():
    covered = CoveredFaces(analysis_of([None, None, 50, None, 50, None, None, None]))
    assert [len(covered.at(time_s)) for time_s in (0.1, 0.6, 1.0, 1.5, 2.4, 3.2)] == [0, 1, 1, 1, 1, 0]


def test_a_cover_lasts_longer_at_low_sampling_rates():
    """With a frame every two seconds, a cover lasts one and a half steps."""
    covered = CoveredFaces(analysis_of([None, None, 50, None, None], step_s=2.0))
    assert [len(covered.at(time_s)) for time_s in (0.9, 1.1, 6.9, 7.1)] == [0, 1, 1, 0]


def test_times_outside_the_analysis_are_unknown():
    covered = CoveredFaces(analysis_of([0, 100]))
    assert [covered.was_analysed(time_s) for time_s in (0.0, 0.9, 5.0)] == [True, True, False]
    assert not CoveredFaces(analysis_of([])).was_analysed(0.0)


def test_nothing_before_or_after_a_part_counts_as_analysed():
    """A frame every ten seconds of the part from 60 to 95 s: a face may pass at 50 s without being seen."""
    analysis = analysis_of([0, 0, 0, 0], step_s=10)
    late = {
        name: table.assign(time_s=table["time_s"] + 60)
        for name, table in (("timeline", analysis.timeline), ("frames", analysis.frames))
    }
    covered = CoveredFaces(replace(analysis, settings=analysis.settings | {"end_s": 95.0}, **late))
    times_s = (50.0, 59.9, 60.0, 65.0, 94.9, 95.0, 99.0)
    assert [covered.was_analysed(time_s) for time_s in times_s] == [False, False, True, True, True, False, False]


@settings(deadline=None)
@given(
    st.lists(st.none() | st.floats(0, 200), min_size=2, max_size=12),
    st.floats(0, 1),
)
def test_every_box_is_inside_a_cover(places, share):
    analysis = analysis_of(places)
    time_s = share * (len(places) - 1) * 0.5
    shown, covered = ShownFaces(analysis), CoveredFaces(analysis).at(time_s)
    for face in shown.at(time_s):
        assert any(
            (box[:2] <= face.box_xyxy[:2] + 0.01).all() and (box[2:] >= face.box_xyxy[2:] - 0.01).all()
            for box in covered
        )


def test_blurring_removes_detail_and_changes_nothing_outside():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    before = image.copy()
    box = np.array([[40, 40, 80, 90]], np.float32)
    blur_faces(image, box)
    (left, top, right, bottom), outside = with_margins(box, 160, 120)[0], np.ones((120, 160), bool)
    outside[top:bottom, left:right] = False
    assert np.array_equal(image[outside], before[outside])
    assert left < 40 and top < 40 and right > 80 and bottom > 90
    steps = np.abs(np.diff(image[top:bottom, left:right].astype(int), axis=1))
    assert steps.max() < 25, "the whole picture is covered"


@pytest.mark.parametrize("box", [[-50, -50, -10, -10], [150, 110, 400, 300], [10, 10, 10, 10], [0, 0, 160, 120]])
def test_boxes_at_and_beyond_the_edge(box):
    image = np.zeros((120, 160, 3), np.uint8)
    blur_faces(image, np.array([box], np.float32))
    blur_everything(image)
    assert image.shape == (120, 160, 3)


def test_hidden_people_are_covered_too():
    analysis = analysis_of([10, 20])
    edited = edit(analysis, Edits(hidden=frozenset({1})))
    assert edited.analysis.timeline.empty
    assert len(CoveredFaces(edited.raw).at(0.0)) == 1


def test_boxes_are_those_of_the_frame():
    analysis = analysis_of([10, 20, 30])
    (face,) = ShownFaces(replace(analysis)).at(0.5)
    assert face.box_xyxy.tolist() == analysis.timeline[BOX].iloc[1].tolist()
