"""Running .tflite files: sizes, and threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from emotion.models.registry import checked_model_file, load_card
from emotion.vision.litert import TOGETHER, LiteRTModel
from emotion.vision.mediapipe_files import BLAZEFACE_SHORT, FACE_MESH, mediapipe_file


def test_a_convolutional_model_takes_any_size() -> None:
    model = LiteRTModel(mediapipe_file(BLAZEFACE_SHORT), any_size=True)
    square = np.random.default_rng(0).random(model.input_shape, np.float32)
    wide = square[:, :96]
    first = model(square)
    assert [output.shape[1] for output in model(wide)] == [16 * 12 * 2 + 8 * 6 * 6] * 2
    for before, after in zip(first, model(square), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_model_with_fixed_size_refuses_others() -> None:
    model = LiteRTModel(mediapipe_file(FACE_MESH))
    with pytest.raises(ValueError, match="Cannot set tensor"):
        model(np.zeros((1, 96, 192, 3), np.float32))


def test_threads_can_use_different_sizes() -> None:
    model = LiteRTModel(mediapipe_file(BLAZEFACE_SHORT), any_size=True)
    inputs = [np.random.default_rng(rows).random((1, rows, 128, 3), np.float32) for rows in (64, 96, 128)]
    expected = [model(values)[0] for values in inputs]
    wrong: list[int] = []

    def run(number: int) -> None:
        for _ in range(20):
            if not np.array_equal(model(inputs[number])[0], expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number % len(inputs),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("name", ["default", "fer2013", "mobilenetv2", "baseline"])
def test_several_inputs_at_once_are_answered_like_one(name: str) -> None:
    """`baseline` has a layer for one input only, so its inputs are computed one by one."""
    model = LiteRTModel(checked_model_file(load_card(name)))
    inputs = np.random.default_rng(0).normal(size=(2 * TOGETHER + 3, *model.input_shape[1:])).astype(np.float32)
    expected = np.concatenate([model(one[np.newaxis])[0] for one in inputs])
    for count in (1, TOGETHER, len(inputs)):
        np.testing.assert_array_equal(model.each(inputs[:count]), expected[:count])


def test_integer_models_compute_several_inputs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, calls = LiteRTModel(checked_model_file(load_card("default"))), []
    run = LiteRTModel._run

    def counted(self, values, shape):
        calls.append(len(values))
        return run(self, values, shape)

    monkeypatch.setattr(LiteRTModel, "_run", counted)
    model.each(np.zeros((2 * TOGETHER + 1, *model.input_shape[1:]), np.float32))
    assert calls == [TOGETHER, TOGETHER, 1]
