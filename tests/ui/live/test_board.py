from __future__ import annotations

import base64
import re
from dataclasses import replace

import numpy as np
import pytest

from emotion.labels import ANSWER_COLOURS, FERPLUS_LABELS, UNCLEAR
from emotion.live import BaselineNow, FaceNow, Load, PersonNow, RecordingNow, Series, Snapshot
from tests.conftest import ROOT, leaning
from ui.common.web_modules import joined_modules
from ui.live.board import board_data
from ui.live.lanes import COLUMNS, UNSEEN, pack_lane
from ui.live.lanes import UNCLEAR as UNCLEAR_CODE
from ui.live.messages import OBSTACLES

NAN = float("nan")
WEB = ROOT / "ui" / "live" / "web"
LOAD = Load(29.97, 29.5, 29.2, 6.6, 18.4, 1234, 0, "full quality")


def series(times: list[float], label: str = "happiness") -> Series:
    return Series(np.array(times), np.array([leaning(label)] * len(times), np.float32).reshape(-1, 8))


def person(leading: str = "happiness", relative: dict | None = None) -> PersonNow:
    shares = dict(zip(FERPLUS_LABELS, map(float, leaning("happiness")), strict=True))
    colour = ANSWER_COLOURS[leading]
    return PersonNow(3, True, leading, colour, shares, None, relative, series([-0.2, -0.1, 0.0]))


def snapshot(*people: PersonNow, **changes) -> Snapshot:
    whole = Snapshot(40.0, FERPLUS_LABELS, 0.3, (640, 480), people, LOAD, False, None, None, False)
    return replace(whole, **changes)


def heads(packed: str) -> np.ndarray:
    """Return the leading answer of each column."""
    return np.frombuffer(base64.b64decode(packed), np.uint8)[:COLUMNS]


def test_a_lane_has_a_column_for_each_tenth_of_a_second_that_was_seen():
    times = list(np.arange(-9.95, 0.0, 0.1))
    seen = heads(pack_lane(series(times), FERPLUS_LABELS, 40.0, 0.3)) != UNSEEN
    assert seen.sum() == pytest.approx(100, abs=2)
    assert not seen[:198].any()


def test_a_lane_has_a_gap_where_nobody_was_seen():
    times = [*np.arange(-20, -10, 0.1), *np.arange(-5, 0, 0.1)]
    seen = heads(pack_lane(series(times), FERPLUS_LABELS, 40.0, 0.3)) != UNSEEN
    assert seen[105:195].all()
    assert not seen[203:247].any()
    assert seen[253:298].all()


def test_a_lane_moves_by_whole_columns():
    times = np.arange(-20, -1, 0.1)
    before = heads(pack_lane(series(list(times)), FERPLUS_LABELS, 40.02, 0.3))
    after = heads(pack_lane(series(list(times - 0.3)), FERPLUS_LABELS, 40.32, 0.3))
    assert (before[3:] == after[:-3]).mean() > 0.98


def test_a_lane_shows_leading_label_shares_and_unclear():
    packed = base64.b64decode(pack_lane(series([-0.15, -0.05]), FERPLUS_LABELS, 40.0, 0.3))
    head, shares = np.frombuffer(packed, np.uint8)[:COLUMNS], np.frombuffer(packed, np.uint8)[COLUMNS:]
    assert head[-1] == FERPLUS_LABELS.index("happiness")
    assert shares.reshape(COLUMNS, 8)[-1] / 255 == pytest.approx(leaning("happiness"), abs=0.01)
    assert heads(pack_lane(series([-0.15, -0.05]), FERPLUS_LABELS, 40.0, 0.7))[-1] == UNCLEAR_CODE


def test_lanes_use_the_display_order_of_expressions():
    packed = base64.b64decode(pack_lane(series([-0.15, -0.05], "anger"), FERPLUS_LABELS[::-1], 40.0, 0.3))
    columns = np.frombuffer(packed, np.uint8)
    leading = FERPLUS_LABELS[::-1][int(leaning("anger").argmax())]
    assert columns[COLUMNS - 1] == FERPLUS_LABELS.index(leading)
    assert columns[COLUMNS:].reshape(COLUMNS, 8)[-1].argmax() == FERPLUS_LABELS.index(leading)


def test_the_board_states_reduced_quality():
    load = replace(LOAD, quality=3, quality_words="reduced: analysing every 3rd frame")
    assert board_data(snapshot(load=load), 0.0)["notices"] == [
        "Reduced quality, because the server is busy: analysing every 3rd frame."
    ]


def test_no_person_gives_an_empty_lane():
    assert (heads(pack_lane(series([]), FERPLUS_LABELS, 40.0, 0.3)) == UNSEEN).all()


def test_the_board_shows_values_and_differences_from_the_baseline():
    relative = dict.fromkeys(FERPLUS_LABELS, 0.0) | {"happiness": 0.4, "neutral": -0.35}
    (shown,) = board_data(snapshot(person(relative=relative)), 0.0)["people"]
    assert (shown["id"], shown["leading"], shown["share"]) == (3, "happiness", "65%")
    assert shown["figures"][:3] == ["5% (−35)", "65% (+40)", "5%"]
    assert shown["spoken"] == "Person 3, average of the last 30 seconds: happiness 65% and neutral 5%"


def test_the_board_shows_eyes_gaze_blinks_and_movements():
    face = FaceNow(0.98, 0.4, 6.2, True, 4, {"jaw_drop": 0.3, "lip_press": 0.01}, "neutral")
    (shown,) = board_data(snapshot(replace(person(), face=face)), 0.0)["people"]
    assert shown["face"] == [
        ("Eyes open", "left 98%, right 40%"),
        ("Blinks", "4"),
        ("Gaze", "towards the camera (6°)"),
        ("Movements", "jaw drop 0.30"),
    ]


def test_an_eye_wider_than_the_open_eye_seen_so_far_is_capped():
    face = FaceNow(2.2, 1.1, NAN, None, None, {}, "")
    (shown,) = board_data(snapshot(replace(person(), face=face)), 0.0)["people"]
    assert dict(shown["face"])["Eyes open"] == "left over 150%, right 110%"


def test_the_board_says_why_blinks_and_movements_are_missing():
    face = FaceNow(0.98, 0.98, NAN, None, None, {}, "unknown")
    (shown,) = board_data(snapshot(replace(person(), face=face)), 0.0)["people"]
    assert dict(shown["face"])["Blinks"] == "needs 15 frames per second"
    assert dict(shown["face"])["Movements"] == "press Baseline, or show a neutral face"
    slow = replace(face, blinks=4, counts_blinks=False)
    (shown,) = board_data(snapshot(replace(person(), face=slow)), 0.0)["people"]
    assert dict(shown["face"])["Blinks"] == "4, not counted now: needs 15 frames per second"
    (shown,) = board_data(snapshot(replace(person(), face=replace(face, rest=""))), 0.0)["people"]
    assert "Movements" not in dict(shown["face"])
    assert board_data(snapshot(person()), 0.0)["people"][0]["face"] == []


def test_the_board_shows_what_eyes_and_movements_cost():
    load = replace(LOAD, eyes_ms=3.14, movements_ms=0.31)
    data = dict(board_data(snapshot(load=load), 0.0)["load"])
    assert (data["Eyes"], data["Movements"]) == ("3.1 ms per frame", "0.3 ms per frame")


def test_an_unclear_answer_has_no_share():
    (shown,) = board_data(snapshot(person(UNCLEAR)), 0.0)["people"]
    assert (shown["leading"], shown["share"]) == (UNCLEAR, "")


def test_the_board_shows_load_and_recording():
    data = board_data(
        snapshot(
            held=True,
            baseline=BaselineNow(0.4, 1.8),
            recording=RecordingNow("id", 75.0, True, True, "A part is lost.", marks=2),
        ),
        3.2,
    )
    assert dict(data["load"]) == {
        "Frame": "640 × 480",
        "Received": "30.0/s",
        "Analysed": "29.5/s",
        "Returned": "29.2/s",
        "Server time": "7 ms, 95% within 18 ms",
        "Dropped": "1,234",
        "Quality": "full quality",
        "Eyes": "not measured",
        "Movements": "not measured",
    }
    assert data["notices"] == [
        "No frame received for 3 s.",
        "On hold: values and recording are paused.",
        "Keep a neutral face: 2 …",
        "● Recording timeline and clip, 1:15, 2 events",
        "A part is lost.",
    ]
    failed = BaselineNow(1.0, 0.0, "No face was seen.")
    assert board_data(snapshot(baseline=failed), 0.0)["notices"] == ["No face was seen."]
    assert data["empty"] == "No face in view yet."
    assert board_data(snapshot(held=True), 0.0)["notices"] == ["On hold: values are frozen."]


def test_before_the_first_picture_the_board_waits():
    data = board_data(snapshot(size=None, load=replace(LOAD, median_ms=float("nan"), p95_ms=float("nan"))), 9.0)
    assert (data["empty"], data["notices"]) == ("Waiting for the first frame …", [])
    assert dict(data["load"])["Server time"] == "–, 95% within –"


def test_every_camera_error_has_a_message():
    text = (WEB / "watch.js").read_text(encoding="utf-8")
    sent = set(re.findall(r'tell\("(\w+)"', text)) | set(re.findall(r'^  \w+: "(\w+)",$', text, re.MULTILINE))
    sent |= set(re.findall(r'\? "(\w+)" : "(\w+)"\)', text)[0])
    assert sent == set(OBSTACLES)
    assert all(obstacle.title and obstacle.advice for obstacle in OBSTACLES.values())


def test_bundled_scripts_have_no_imports_and_no_duplicate_names():
    player = WEB.parents[1] / "player" / "web"
    text = joined_modules(player / "timeline.js", player / "lanes.js", WEB / "board.js")
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert len(re.findall(r"^export ", text, re.MULTILINE)) == 1
    names = re.findall(r"^(?:class|function|const) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))
