"""Checks an untrusted .tflite file: its input and output, and whether it answers as a face classifier should.

:func:`emotion.imported_models.importer.inspect_model` calls :func:`examine` in a sandbox, as a damaged file may crash
LiteRT or keep it busy forever.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from emotion.engine.classify_faces import crop_face
from emotion.engine.face_follower import FaceFollower
from emotion.errors import ModelError
from emotion.evaluation.timing import median_ms
from emotion.labels import EMOTIONS
from emotion.model_card import LOGITS, PROBABILITIES
from emotion.models.tflite_cost import tflite_cost
from emotion.samples import sample_image
from emotion.types import FloatArray, Frame, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.detection.detect import load_detector
from emotion.vision.landmarks import FaceMesh
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import GREY, RGB, UNIT, fit, normalisations_for, normalise

_TYPES = (np.float32, np.int8, np.uint8)
_COLOURS = {1: GREY, 3: RGB}
_TIMING_S = 0.5
_LONGEST_REASON = 200
_UNKNOWN_OPERATION = re.compile(
    r"unresolved custom op: ([\w-]+)|op for builtin opcode '([\w-]+)'|\((Flex\w+)\) failed to prepare"
)
_SUM_TOLERANCE = 1e-3


def examine(path: Path) -> dict[str, Any]:
    """Return the facts of a model: fields of :class:`emotion.imported_models.importer.ModelFacts` as JSON types.

    Raises:
        ModelError: The file is not a face classifier that LiteRT can run.
    """
    cv2.setNumThreads(1)
    model_input, model_output = _input_and_output(path)
    size, colour = _input_form(model_input)
    classes = _classes(model_output)
    face = _sample_face(size, colour)
    answers = _steady_answers(path, _test_inputs(face, colour))
    outputs = _meaning(answers, _step(model_output))
    parameters, multiply_adds = tflite_cost(path.read_bytes())
    card = ModelCard(
        name="", title="", labels=EMOTIONS[:classes], input_size=size, colour=colour, normalisation=UNIT,
        crop="aligned", temperature=1.0, file=path.name, sha256="", parameters=parameters,
        multiply_adds=multiply_adds, licence="", outputs=outputs,
    )  # fmt: skip
    return {
        "input_size": size,
        "colour": colour,
        "classes": classes,
        "outputs": outputs,
        "input_type": np.dtype(model_input["dtype"]).name,
        "output_type": np.dtype(model_output["dtype"]).name,
        "parameters": parameters,
        "multiply_adds": multiply_adds,
        "ms": _ms_per_face(LiteRTClassifier(card, file=path)),
        "readings": _readings(card, path, face),
    }


@contextlib.contextmanager
def _litert_errors() -> Iterator[None]:
    """Turn LiteRT's errors, which have several lines or none, into one sentence."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if found := _UNKNOWN_OPERATION.search(str(error)):
            raise ModelError(
                f"expected operations that LiteRT supports; got {next(filter(None, found.groups()))}"
            ) from error
        reason = re.split(r"\n|Node number", str(error))[0].strip(" .")[:_LONGEST_REASON]
        problem = f"it says: {reason}" if reason else "it gives no reason; memory may be low"
        raise ModelError(f"expected a .tflite model that LiteRT can run; {problem}") from error


def _input_and_output(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return LiteRT's details of the only input and the only output."""
    with _litert_errors():
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    return _single(interpreter.get_input_details(), "input"), _single(interpreter.get_output_details(), "output")


def _single(details: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(details) != 1:
        raise ModelError(f"expected one {what}; got {len(details)}")
    detail = details[0]
    if detail["dtype"] not in _TYPES:
        raise ModelError(f"expected an {what} of float32, int8 or uint8; got {np.dtype(detail['dtype']).name}")
    if detail["dtype"] != np.float32 and not detail["quantization"][0] > 0:
        raise ModelError(f"expected an integer {what} with quantisation parameters; got none")
    return detail


def _input_form(detail: dict[str, Any]) -> tuple[int, str]:
    """Return the side of the square input, px, and its colour: ``"grey"`` or ``"rgb"``."""
    shape = tuple(map(int, detail["shape"]))
    if -1 in tuple(detail["shape_signature"])[1:]:
        raise ModelError("expected an input of one fixed size; this model leaves it open")
    if len(shape) == 4 and shape[1] in _COLOURS and shape[2] == shape[3] > 3:
        raise ModelError(f"expected colours last, (1, size, size, 1 or 3); got colours first, {shape}")
    if len(shape) != 4 or shape[0] != 1 or shape[1] != shape[2] or shape[3] not in _COLOURS:
        raise ModelError(f"expected one square picture as input, (1, size, size, 1 or 3); got {shape}")
    return shape[1], _COLOURS[shape[3]]


def _classes(detail: dict[str, Any]) -> int:
    shape = tuple(map(int, detail["shape"]))
    if len(shape) != 2 or shape[0] != 1 or not 2 <= shape[1] <= len(EMOTIONS):
        raise ModelError(f"expected an output of 2 to {len(EMOTIONS)} expressions, (1, k); got {shape}")
    return shape[1]


def _step(detail: dict[str, Any]) -> float:
    """Return the quantisation step of an output; 0 for float."""
    return 0.0 if detail["dtype"] == np.float32 else float(detail["quantization"][0])


def _test_inputs(face: Image, colour: str) -> list[FloatArray]:
    """Return the inputs to try: a face in every normalisation, a flat picture and a noisy one."""
    noise = np.random.default_rng(0).integers(0, 256, face.shape, np.uint8)
    pictures = [(face, how) for how in normalisations_for(colour)] + [(np.full_like(face, 128), UNIT), (noise, UNIT)]
    return [normalise(picture[None], how) for picture, how in pictures]


def _sample_face(size: int, colour: str) -> Image:
    """Return the sample portrait's face, cropped as the app does it for a classifier."""
    portrait = sample_image()
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    face = FaceFollower(load_detector("blazeface"), FaceMesh())(Frame(0, 0.0, grey, lambda: portrait))[0]
    return fit(crop_face(portrait if colour == RGB else grey, face, size), size, colour)


def _steady_answers(path: Path, inputs: list[FloatArray]) -> FloatArray:
    """Return the answers, ``(n, k)``, after checking that a second run gives the same ones."""
    with _litert_errors():
        model = LiteRTModel(path)
        first, second = (np.concatenate([model(values)[0] for values in inputs]) for _ in range(2))
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ModelError("expected finite numbers as answers; got infinite values or NaN")
    if not np.array_equal(first, second):
        raise ModelError("expected the same answer to the same picture; got another one the second time")
    return first


def _meaning(answers: FloatArray, step: float) -> str:
    """Return whether answers, ``(n, k)``, are logits or probabilities, which sum to 1 up to quantisation."""
    if (answers == answers[0]).all():
        raise ModelError("expected answers that depend on the picture; got the same one to all")
    tolerance = max(_SUM_TOLERANCE, step * answers.shape[1])
    sums_to_one = np.abs(answers.sum(axis=1) - 1) <= tolerance
    return PROBABILITIES if (answers >= 0).all() and sums_to_one.all() else LOGITS


def _readings(card: ModelCard, path: Path, face: Image) -> dict[str, list[float]]:
    """Return the sample face's probabilities in every normalisation, so that people can recognise the right one."""
    readings = {}
    for how in normalisations_for(card.colour):
        classifier = LiteRTClassifier(replace(card, normalisation=how), file=path)
        readings[how] = [round(float(share), 4) for share in classifier.predict([face])[0]]
    return readings


def _ms_per_face(classifier: LiteRTClassifier) -> float:
    """Return the median time for one face, ms, measured for about half a second."""
    once_ms = median_ms(classifier, faces=1, warm_up=1)
    return median_ms(classifier, faces=int(np.clip(1000 * _TIMING_S / once_ms, 1, 50)), warm_up=0)
