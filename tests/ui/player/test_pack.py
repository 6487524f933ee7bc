from __future__ import annotations

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.timeline import BOX, TimelineBuilder, probability_columns
from emotion.labels import FERPLUS_LABELS
from emotion.types import Analysis, Face, FrameResult, HeadPose, VideoInfo
from tests.conftest import make_analysis
from ui.player.pack import BOX_UNIT, POSE_UNIT_DEG, TICK_S, UNCLEAR, UNKNOWN, pack

WIDTH, HEIGHT = 1920, 1080


def unpack(packed: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Read the arrays with only the header, as the browser does."""
    start = 4 + struct.unpack_from("<I", packed)[0]
    head = json.loads(packed[4:start])
    places = head["arrays"].items()
    return head, {
        name: np.frombuffer(packed, np.dtype(place["type"]), place["length"], start + place["offset"])
        for name, place in places
    }


def random_analysis(seed: int, frames: int) -> Analysis:
    """Return uneven times, up to three faces per frame in any order, some off the picture or without a pose."""
    rng = np.random.default_rng(seed)
    builder, time_s = TimelineBuilder(FERPLUS_LABELS), 0.0
    for index in range(frames):
        tracks = rng.permutation(9)[: rng.integers(0, 4)] + 1
        builder.add(
            FrameResult(7 * index, time_s, WIDTH, HEIGHT, tuple(_face(rng, track) for track in tracks), FERPLUS_LABELS)
        )
        time_s += rng.uniform(0.004, 2)
    timeline, table = builder.build()
    info = VideoInfo(WIDTH, HEIGHT, 30.0, frames, time_s)
    return Analysis(info, timeline, table, "fake", FERPLUS_LABELS, {"abstain_below": 0.3}, "a.mp4")


def _face(rng: np.random.Generator, track: int) -> Face:
    corners = np.sort(rng.uniform(-0.2, 1.2, (2, 2)), axis=0) * (WIDTH, HEIGHT)
    pose = HeadPose(*rng.uniform(-90, 90, 3)) if rng.random() < 0.8 else None
    probabilities = rng.dirichlet(np.ones(8)).astype(np.float32)
    return Face(
        corners.reshape(4).astype(np.float32),
        float(rng.random()),
        None,
        pose,
        track_id=int(track),
        probabilities=probabilities,
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(1, 40))
def test_packed_values_round_trip_within_their_unit(seed, frames):
    analysis = random_analysis(seed, frames)
    head, arrays = unpack(pack(analysis))
    order = np.lexsort((-analysis.timeline["face_confidence"], analysis.timeline["frame_index"]))
    rows = analysis.timeline.iloc[order]

    assert np.array_equal(arrays["indices"], analysis.frames["frame_index"])
    assert np.array_equal(np.diff(arrays["first"]), analysis.frames["faces"])
    assert np.array_equal(arrays["tracks"], rows["track_id"])
    np.testing.assert_allclose(arrays["ticks"] * TICK_S, analysis.frames["time_s"], rtol=0, atol=TICK_S / 2 + 1e-9)
    shares = arrays["boxes"].reshape(-1, 4) / BOX_UNIT
    size = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])
    np.testing.assert_allclose(shares, rows[list(BOX)] / size, rtol=0, atol=0.5 / BOX_UNIT + 1e-6)
    probabilities = arrays["shares"].reshape(-1, 8) * head["units"]["share"]
    np.testing.assert_allclose(probabilities, rows[probability_columns(FERPLUS_LABELS)], rtol=0, atol=0.5 / 255 + 1e-6)
    poses = np.where(arrays["poses"] == UNKNOWN, np.nan, arrays["poses"] * POSE_UNIT_DEG).reshape(-1, 3)
    np.testing.assert_allclose(poses, rows[["yaw", "pitch", "roll"]], rtol=0, atol=POSE_UNIT_DEG / 2 + 1e-4)


def test_answers_below_the_threshold_are_unclear():
    analysis = random_analysis(3, 60)
    _, arrays = unpack(pack(analysis))
    rows = analysis.timeline.sort_values(["frame_index", "face_confidence"], ascending=[True, False])
    unclear = rows["emotion_confidence"].to_numpy(np.float64) < 0.3
    assert 0 < unclear.sum() < len(rows)
    assert np.array_equal(arrays["leading"] == UNCLEAR, unclear)
    assert np.array_equal(arrays["leading"][~unclear], rows["emotion"].cat.codes[~unclear])


def test_without_a_threshold_every_answer_is_a_label():
    _, arrays = unpack(pack(replace(random_analysis(3, 60), settings={})))
    assert arrays["leading"].max() < len(FERPLUS_LABELS)


def test_the_most_confident_face_comes_first():
    analysis = random_analysis(5, 30)
    _, arrays = unpack(pack(analysis))
    sure = analysis.timeline.set_index(["frame_index", "track_id"])["face_confidence"]
    for place, index in enumerate(arrays["indices"]):
        tracks = arrays["tracks"][arrays["first"][place] : arrays["first"][place + 1]]
        confidences = [sure[(index, track)] for track in tracks]
        assert confidences == sorted(confidences, reverse=True)


def test_the_digest_identifies_the_analysis():
    one, same, other = (pack(random_analysis(seed, 20)) for seed in (1, 1, 2))
    assert one == same
    assert unpack(one)[0]["digest"] != unpack(other)[0]["digest"]


def test_the_last_frame_lasts_to_the_end_of_the_analysed_part():
    whole = make_analysis([["happiness"]] * 10)
    longer = replace(whole, info=replace(whole.info, duration_s=60.0))
    slack = replace(whole, info=replace(whole.info, duration_s=1.4))
    assert unpack(pack(slack))[0]["end_s"] == pytest.approx(1.4)
    head = unpack(pack(longer))[0]
    assert (head["end_s"], head["duration_s"]) == (pytest.approx(1.0), 60.0)


def test_an_analysis_without_a_face_can_be_packed():
    head, arrays = unpack(pack(make_analysis([[], []])))
    assert len(arrays["ticks"]) == 2
    assert len(arrays["tracks"]) == 0
    assert head["labels"] == list(FERPLUS_LABELS)


def test_three_hours_of_one_face_take_under_three_megabytes():
    frames, rows = 54_000, 54_000
    short = pack(make_analysis([["happiness"]] * 100))
    longer = pack(make_analysis([["happiness"]] * 200))
    assert (len(longer) - len(short)) / 100 * max(frames, rows) < 3e6


def test_boxes_far_outside_the_picture_are_cut_at_the_limit_of_their_type():
    analysis = make_analysis([["happiness"]] * 2)
    width = analysis.info.width
    far = analysis.timeline.assign(x1=np.float32(-10 * width), x2=np.float32(10 * width))
    boxes = unpack(pack(replace(analysis, timeline=far)))[1]["boxes"].reshape(-1, 4)
    assert (boxes[:, 0] == UNKNOWN + 1).all(), "never the sign of an unknown value"
    assert (boxes[:, 2] == -UNKNOWN - 1).all()
