from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.labels import ANSWER_COLOURS, FERPLUS_LABELS, UNCLEAR
from emotion.live.canvas import Area, Canvas, planar, yuv
from emotion.live.face_masking import HOLD_S, FaceMask
from emotion.live.overlay import FaceText, Overlay
from emotion.types import Face
from tests.live.cameras import as_frame, portrait

GREY = np.full((120, 160, 3), 128, np.uint8)


def rgb(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="rgb24").astype(int)


def face(left: float, top: float, right: float, bottom: float, track: int = 1, points: bool = False) -> Face:
    box = np.array([left, top, right, bottom], np.float32)
    grid = np.stack(np.meshgrid(np.linspace(left, right, 26), np.linspace(top, bottom, 18)), -1).reshape(-1, 2)
    mesh = np.hstack([grid, np.zeros((len(grid), 1))]).astype(np.float32)
    return Face(box, 0.9, landmarks=mesh if points else None, track_id=track)


@pytest.mark.parametrize("colour", ["#000000", "#FFFFFF", *ANSWER_COLOURS.values()])
def test_colours_match_the_request(colour):
    canvas = Canvas(as_frame(GREY, 0))
    canvas.fill(Area(40, 40, 80, 80), colour)
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert rgb(canvas.frame)[60, 60] == pytest.approx(wanted, abs=6)
    assert rgb(canvas.frame)[20, 20] == pytest.approx([128] * 3, abs=3)


def test_limited_range():
    assert yuv("#000000") == (16, 128, 128)
    assert yuv("#FFFFFF") == (235, 128, 128)


def test_the_input_frame_is_unchanged_and_times_are_kept():
    frame = as_frame(portrait(), 7)
    before = frame.to_ndarray().copy()
    canvas = Canvas(frame)
    canvas.fill(Area(0, 0, 640, 480), "#FF0000")
    np.testing.assert_array_equal(frame.to_ndarray(), before)
    assert (canvas.frame.pts, canvas.frame.time_base) == (frame.pts, frame.time_base)


@pytest.mark.parametrize("size", [(160, 120), (161, 121), (66, 34)])
def test_mirroring_swaps_left_and_right(size):
    image = np.asarray(np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3)), np.uint8)
    frame = as_frame(image, 0)
    luma = Canvas(frame).planes[0]
    np.testing.assert_array_equal(Canvas(frame, mirror=True).planes[0], luma[:, ::-1])


def test_every_pixel_format_becomes_planar():
    frame = av.VideoFrame.from_ndarray(portrait(), format="rgb24")
    assert planar(frame).format.name == "yuv420p"
    already = as_frame(portrait(), 0)
    assert planar(already) is already


@given(st.tuples(*[st.floats(-300, 300)] * 4), st.sampled_from([(160, 120), (161, 121)]), st.booleans())
def test_drawing_is_clipped_to_the_frame(corners, size, mirror):
    canvas = Canvas(as_frame(np.zeros((size[1], size[0], 3), np.uint8), 0), mirror=mirror)
    left, right = sorted((corners[0], corners[2]))
    top, bottom = sorted((corners[1], corners[3]))
    shown = face(left, top, right + 1, bottom + 1, points=True)
    mask = FaceMask()
    mask.update([shown], 0.0)
    for hide in ("blur", "silhouette"):
        mask.apply(canvas, hide, mirror=mirror)
    face_text = FaceText("happiness", dict.fromkeys(FERPLUS_LABELS, 1 / 8))
    Overlay(canvas, mirror=mirror).draw([shown], {1: face_text}, mesh=True)
    assert (canvas.frame.width, canvas.frame.height) == size


def drawn(answer: str | None, *, mirror: bool = False, mesh: bool = False) -> np.ndarray:
    canvas = Canvas(as_frame(np.full((480, 640, 3), 90, np.uint8), 0), mirror=mirror)
    face_text = FaceText(answer, {"happiness": 0.9, "neutral": 0.1} if answer else {})
    Overlay(canvas, mirror=mirror).draw([face(100, 200, 200, 320, points=mesh)], {1: face_text}, mesh=mesh)
    return rgb(canvas.frame)


def close(pixels: np.ndarray, colour: str) -> np.ndarray:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return np.abs(pixels - wanted).max(axis=-1) < 12


def test_a_box_has_its_expressions_colour_where_the_face_is():
    picture = drawn("happiness")
    colour = ANSWER_COLOURS["happiness"]
    assert close(picture[300, 100:102], colour).all()
    assert close(picture[300, 198:200], colour).all()
    assert close(picture[300, 110:190], "#5A5A5A").all(), "the face stays visible"
    assert close(picture[170:200, 100:180], colour).mean() > 0.3, "the name is above it"


def test_the_largest_probabilities_are_drawn_beside_the_box():
    changed = ~close(drawn("happiness"), "#5A5A5A")
    assert changed[200:250, 206:330].mean() > 0.5
    assert not changed[340:, :].any()


def test_mirroring_moves_boxes_and_keeps_text_readable():
    plain, mirrored = drawn("happiness"), drawn("happiness", mirror=True)
    colour = ANSWER_COLOURS["happiness"]
    assert close(mirrored[300, 440:442], colour).all()
    assert close(mirrored[300, 538:540], colour).all()
    tag, moved = plain[172:198, 110:190], mirrored[172:198, 450:530]
    np.testing.assert_allclose(tag, moved, atol=8)


def test_an_unclear_box_is_dashed():
    """Grey and gaps alternate along a side."""
    side = close(drawn(UNCLEAR)[204:316, 100], ANSWER_COLOURS[UNCLEAR])
    assert 0.3 < side.mean() < 0.9
    assert np.abs(np.diff(side.astype(int))).sum() >= 3
    assert close(drawn("happiness")[204:316, 100], ANSWER_COLOURS["happiness"]).all()


def test_the_mesh_is_drawn_only_on_request():
    inside = np.s_[210:310, 110:190]
    assert (drawn("happiness", mesh=True)[inside] > 180).any()
    assert not (drawn("happiness")[inside] > 180).any()


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("hide", ["blur", "silhouette"])
def test_hiding_removes_detail_of_the_face_only(hide, mirror):
    noise = np.asarray(np.random.default_rng(5).integers(0, 256, (480, 640, 3)), np.uint8)
    canvas, before = Canvas(as_frame(noise, 0), mirror=mirror), Canvas(as_frame(noise, 0), mirror=mirror)
    mask = FaceMask()
    mask.update([face(100, 200, 200, 320, points=True)], 0.0)
    mask.apply(canvas, hide, mirror=mirror)
    luma, old = canvas.planes[0].astype(int), before.planes[0]
    inside = np.s_[205:315, 445:535] if mirror else np.s_[205:315, 105:195]
    assert np.abs(np.diff(luma[inside])).max() <= 6
    np.testing.assert_array_equal(luma[:, 0:60], old[:, 0:60])
    np.testing.assert_array_equal(luma[420:], old[420:])


def test_a_lost_face_stays_hidden_for_a_second():
    mask, noise = FaceMask(), np.asarray(np.random.default_rng(5).integers(0, 256, (480, 640, 3)), np.uint8)

    def hidden(time_s: float, faces: list[Face]) -> bool:
        canvas = Canvas(as_frame(noise, 0))
        mask.update(faces, time_s)
        mask.apply(canvas, "blur", mirror=False)
        return bool(np.abs(np.diff(canvas.planes[0][210:310, 110:190].astype(int))).max() < 10)

    assert hidden(0.0, [face(100, 200, 200, 320)])
    assert hidden(HOLD_S - 0.1, [])
    assert not hidden(HOLD_S + 0.1, [])
