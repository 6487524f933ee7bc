from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from emotion.models.int8_weights import with_int8_weights
from emotion.vision.litert import LiteRTModel
from emotion.vision.mediapipe_files import IRIS, mediapipe_file

EXACT, FAST = (LiteRTModel(mediapipe_file(IRIS), any_size=True, int8_weights=fast) for fast in (False, True))


def test_answers_change_by_far_less_than_a_pixel() -> None:
    picture = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    smooth = picture * 0.2 + np.linspace(0, 0.8, 64, dtype=np.float32)[:, None]
    for before, after in zip(EXACT(smooth), FAST(smooth), strict=True):
        assert before.shape == after.shape
        assert np.abs(before - after).max() < 0.5
        assert not np.array_equal(before, after)


def test_pictures_of_a_batch_do_not_change_each_other() -> None:
    pictures = np.random.default_rng(1).random((2, 64, 64, 3), np.float32)
    pictures[1] *= 0.1
    together = FAST(pictures)
    for place, picture in enumerate(pictures):
        for both, alone in zip(together, FAST(picture[None]), strict=True):
            np.testing.assert_array_equal(both.reshape(2, -1)[place], alone.ravel())


def test_only_convolutions_inside_the_network_are_rewritten() -> None:
    original = mediapipe_file(IRIS).read_bytes()
    model = flatbuffer_utils.read_model_from_bytearray(with_int8_weights(original))
    graph = model.subgraphs[0]
    types = [
        graph.tensors[operator.inputs[1]].type
        for operator in graph.operators
        if flatbuffer_utils.get_builtin_code_from_operator_code(model.operatorCodes[operator.opcodeIndex])
        == schema.BuiltinOperator.CONV_2D
    ]
    exact = [place for place, kind in enumerate(types) if kind == schema.TensorType.FLOAT32]
    assert exact == [0, len(types) - 2, len(types) - 1]
    assert all(tensor.type == schema.TensorType.FLOAT32 for tensor in (graph.tensors[i] for i in graph.outputs))


def test_a_rewritten_file_is_smaller_and_stays_as_it_is() -> None:
    once = with_int8_weights(mediapipe_file(IRIS).read_bytes())
    assert len(once) < 0.5 * mediapipe_file(IRIS).stat().st_size
    assert with_int8_weights(once) == once
