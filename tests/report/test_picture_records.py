from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.timeline import EYES, MEASURES, result_at
from emotion.labels import FERPLUS_LABELS
from emotion.report.picture_records import image_record, image_table, probabilities_of
from emotion.types import Face, HeadPose
from tests.conftest import leaning, make_face, make_result


def test_a_picture_as_a_record():
    record = image_record(make_result(0, [make_face("fear")]), "a b.jpg")
    (face,) = record["faces"]
    assert (record["file"], record["width"], record["height"]) == ("a b.jpg", 160, 120)
    assert face["box_xyxy"] == [10, 20, 50, 70]
    assert (face["emotion"], face["confidence"]) == ("fear", 0.9)
    assert list(face["probabilities"]) == list(FERPLUS_LABELS)
    assert json.loads(json.dumps(record)) == record


def test_unknown_values_of_a_face_are_null():
    """The first face has only a box and probabilities; the second one has a hidden eye."""
    values = np.arange(12, dtype=np.float32) / 100
    bare = Face(make_face().box_xyxy, 0.9, probabilities=leaning("fear"))
    seen = replace(bare, pose=HeadPose(1.234, 0, -2), eye_openness_left=0.25, measures=values)
    unseen, face = image_record(make_result(0, [bare, seen]), "a.jpg")["faces"]
    assert [unseen[name] for name in ("pose", "eyes", "mouth_openness", "measures")] == [None] * 4
    assert face["pose"] == {"yaw": 1.23, "pitch": 0, "roll": -2}
    assert face["eyes"] == dict.fromkeys(EYES) | {"eye_openness_left": 0.25}
    assert list(face["measures"]) == MEASURES
    assert face["measures"]["lip_gap"] == 0.11


def test_an_unclear_face_keeps_its_leading_expression():
    result = make_result(0, [make_face("fear")])  # 0.65
    for limit, unclear in ((0.0, False), (0.65 - 1e-6, False), (0.66, True)):
        limited = replace(result, abstain_below=limit)
        (face,) = image_record(limited, "a.jpg")["faces"]
        assert (face["emotion"], face["unclear"]) == ("fear", unclear)
        table = image_table(limited, "a.jpg")
        assert (table["emotion"].tolist(), table["unclear"].tolist()) == (["fear"], [unclear])


def test_a_picture_as_a_table():
    table = image_table(make_result(0, [make_face("fear", 1), make_face("anger", 2, 80)]), "a.jpg")
    assert table["file"].tolist() == ["a.jpg", "a.jpg"]
    assert table["face"].tolist() == [1, 2]
    assert table["emotion"].tolist() == ["fear", "anger"]
    assert "time_s" not in table


def test_an_unclassified_face_is_refused():
    with pytest.raises(ValueError, match="expected a classified face"):
        probabilities_of(replace(make_face(), probabilities=None), FERPLUS_LABELS)


def test_a_frame_is_rebuilt_from_an_analysis(analysis):
    result = result_at(analysis, 7)
    assert result.time_s == pytest.approx(0.7)
    assert [face.track_id for face in result.faces] == [1, 2]
    assert probabilities_of(result.faces[1], result.labels)["surprise"] == pytest.approx(0.65, abs=1e-5)
    assert result_at(analysis, 4).faces == ()


def test_a_picture_without_a_face_has_a_row():
    empty = image_table(make_result(0, []), "empty.jpg")
    assert empty["file"].tolist() == ["empty.jpg"]
    assert empty.drop(columns="file").isna().all(axis=None)
    both = pd.concat([image_table(make_result(0, [make_face()]), "a.jpg"), empty])
    assert both["face"].tolist()[0] == 1 and both["file"].tolist() == ["a.jpg", "empty.jpg"]
    assert list(both) == list(empty)
