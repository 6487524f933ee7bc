from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from emotion.drawing.face_map import NOTABLE, face_map, spoken

SVG = "{http://www.w3.org/2000/svg}"


def spots(svg: str) -> dict[str, tuple[float, float]]:
    """Return title → position and opacity of every spot."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        title, circle = group.find(f"{SVG}title"), group.find(f"{SVG}circle")
        if title is not None and circle is not None:
            found[title.text] = (float(circle.get("cx")), float(circle.get("fill-opacity")))
    return found


def test_a_spot_lies_on_the_persons_own_side():
    drawn = spots(face_map({"lip_corner_up_left": 0.04, "lip_corner_up_right": 0.02, "jaw_drop": 0.03}, "Ada"))
    left, right = drawn["Lip corner up, left: 0.040"], drawn["Lip corner up, right: 0.020"]
    assert left[0] > 180 > right[0], "the person's left is on the right of the picture"
    assert left[0] + right[0] == pytest.approx(360, abs=0.5)
    assert drawn["Jaw drop: 0.030"][0] == pytest.approx(180, abs=0.5)


def test_a_stronger_movement_is_darker():
    drawn = spots(face_map({"lip_corner_up_left": 0.04, "lip_corner_up_right": 0.02}, "Ada"))
    assert drawn["Lip corner up, left: 0.040"][1] > drawn["Lip corner up, right: 0.020"][1]
    assert "0.05 eye distances" in face_map({"jaw_drop": 0.02}, "Ada"), "jitter gets a pale colour"
    assert "0.40 eye distances" in face_map({"jaw_drop": 0.4}, "Ada")


def test_jitter_and_unknown_values_have_no_spot():
    assert not spots(face_map({"jaw_drop": NOTABLE / 2, "lip_press": float("nan")}, "Ada"))


def test_the_text_alternative_names_the_strongest_first():
    means = {"lip_corner_up_left": 0.02, "jaw_drop": 0.3}
    assert spoken(means) == "Jaw drop 0.300. Lip corner up, left 0.020."
    assert spoken({}) == "No movement from rest."
    label = ElementTree.fromstring(face_map(means, "Means of Ada")).get("aria-label")
    assert label == "Means of Ada. Jaw drop 0.300. Lip corner up, left 0.020."


def test_a_name_is_escaped_in_the_text_alternative():
    svg = face_map({}, 'x" onload="alert(1)"><script>')
    assert ElementTree.fromstring(svg).get("onload") is None
    assert not re.search("<script", svg)
