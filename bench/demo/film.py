"""The frames of the demo film: a call of two people, one of whom joins late and leaves early."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.demo.puppet import Puppet
from emotion.engine.analyzer import Analyzer
from emotion.errors import InputError
from emotion.samples import sample_image
from emotion.types import Image
from emotion.vision.decode.image import load_image

FPS, LENGTH_S = 25.0, 24.0
SIZE = 960, 540

_TILE = 468, 516
_TOP, _LEFTS = 12, (8, 484)
_PAGE, _EMPTY = (19, 20, 28), (40, 42, 56)
_EASE_S, _FADE_S = 0.6, 1.2
_BLINK_S = 0.16

Strengths = Mapping[str, float]

# Found by trial: the default model is confident about all of these except DOUBT, which it calls unclear.
SMILE: Strengths = {}
LAUGH = {"mouth wide": 0.9, "mouth up": 0.8, "cheeks up": 0.9, "lower lids up": 0.9, "brows up": 0.3}
DOUBT = {
    "mouth wide": -0.7, "mouth up": -1.2, "cheeks up": -1.0, "inner brows up": -1.2, "brows up": -0.9,
    "outer brows up": 0.9, "brows together": 0.3, "eyes wide": 0.7, "lower lids up": 0.3, "lower lip down": -0.6,
    "upper lip up": 0.3,
}  # fmt: skip
CALM = {
    "mouth wide": 0.8, "mouth up": 0.3, "cheeks up": 0.7, "inner brows up": -1.2, "brows up": -0.35,
    "outer brows up": 0.8, "brows together": -0.5, "lower lids up": 0.3, "lower lip down": 0.2, "upper lip up": 0.5,
}  # fmt: skip
JOY = {
    "mouth wide": 0.1, "mouth up": 1.1, "cheeks up": 0.9, "inner brows up": -0.2, "brows up": -1.2,
    "outer brows up": -1.1, "brows together": 0.5, "eyes wide": 1.0, "lower lids up": -0.3, "lower lip down": 0.5,
    "upper lip up": 0.45,
}  # fmt: skip
SAD = {
    "mouth wide": 0.75, "mouth up": -0.7, "cheeks up": 0.1, "brows up": -0.8, "outer brows up": 0.7, "eyes wide": -0.6,
    "lower lip down": -0.4, "upper lip up": -0.3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What one person does.

    Attributes:
        looks: Time, s → strengths of the moves from that time on, in order of time.
        blinks: Times, s.
        turns: Time, s → strength of the turn of the head.
        present: Start and end of the time in view, s.
        sway: Phase of the slow movement of the tile, radians.
    """

    looks: Mapping[float, Strengths]
    blinks: Sequence[float]
    turns: Mapping[float, float]
    present: tuple[float, float]
    sway: float


EILEEN = Part(
    {0.0: SMILE, 4.5: DOUBT, 7.5: LAUGH, 12.0: SMILE, 14.0: DOUBT, 19.0: SMILE, 21.0: LAUGH},
    (2.2, 6.1, 10.4, 13.2, 17.5, 20.3),
    {0.0: 0.0, 3.0: 0.8, 6.5: -0.3, 10.0: 0.4, 14.5: 1.0, 19.0: 0.0},
    (-9.0, 99.0),
    0.0,
)
GRACE = Part(
    {0.0: CALM, 8.0: JOY, 12.0: CALM, 13.5: SAD, 18.5: CALM},
    (4.3, 7.1, 11.5, 15.8, 19.2),
    {0.0: 0.0, 4.5: -0.7, 9.0: -0.2, 13.5: -0.6, 18.0: 0.1},
    (1.5, 21.0),
    2.0,
)


def frames(analyzer: Analyzer) -> Iterator[Image]:
    """Yield the film's ``(540, 960, 3)`` uint8 RGB frames.

    Args:
        analyzer: Finds the portraits' faces.

    Raises:
        InputError: A portrait is not installed, or its face is not found.
    """
    people = [(_tile(analyzer, portrait()), part) for portrait, part in ((sample_image, EILEEN), (_hopper, GRACE))]
    for index in range(int(FPS * LENGTH_S)):
        page = np.full((SIZE[1], SIZE[0], 3), _PAGE, np.uint8)
        for left, (puppet, part) in zip(_LEFTS, people, strict=True):
            page[_TOP : _TOP + _TILE[1], left : left + _TILE[0]] = _view(puppet, part, index / FPS)
        yield page


def _hopper() -> Image:
    """Return the US Navy's portrait of Grace Hopper from Matplotlib, ``(600, 512, 3)`` uint8 RGB."""
    try:
        from matplotlib import get_data_path  # noqa: PLC0415 – only this script needs Matplotlib
    except ImportError as error:
        raise InputError("expected Matplotlib, which has the second portrait; it is not installed") from error
    return load_image(Path(get_data_path()) / "sample_data" / "grace_hopper.jpg")


def _tile(analyzer: Analyzer, portrait: Image) -> Puppet:
    """Return a portrait, cropped and scaled to a tile with its face in the middle."""
    found = analyzer.image(portrait).faces
    if not found:
        raise InputError("expected a face in the portrait; none was found")
    x1, y1, x2, y2 = found[0].box_xyxy
    zoom = 0.36 * _TILE[0] / (x2 - x1)
    matrix = np.array(
        [[zoom, 0, _TILE[0] / 2 - zoom * (x1 + x2) / 2], [0, zoom, 0.47 * _TILE[1] - zoom * (y1 + y2) / 2]]
    )
    tile = cv2.warpAffine(portrait, matrix, _TILE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
    mesh = analyzer.image(np.asarray(tile, np.uint8)).faces[0].landmarks
    if mesh is None:
        raise InputError("expected the mesh of a portrait's face; none was found")
    return Puppet(np.asarray(tile, np.uint8), mesh[:, :2])


def _view(puppet: Puppet, part: Part, time_s: float) -> Image:
    """Return a person's tile at a time; it fades in and out, because a sudden change would count as a cut."""
    empty = np.full((_TILE[1], _TILE[0], 3), _EMPTY, np.uint8)
    begin, end = part.present
    shown = float(np.clip(min(time_s - begin, end - time_s) / _FADE_S, 0.0, 1.0))
    if not shown:
        return empty
    looks = {name: {t: look.get(name, 0.0) for t, look in part.looks.items()} for name in _moves(part)}
    strengths = {name: _at(course, time_s) for name, course in looks.items()}
    strengths |= {"blink": _blink(part.blinks, time_s), "turn": _at(part.turns, time_s)}
    view = _swayed(puppet.show(strengths), time_s, part.sway)
    return np.asarray(cv2.addWeighted(view, shown, empty, 1 - shown, 0), np.uint8)


def _moves(part: Part) -> set[str]:
    return {name for look in part.looks.values() for name in look}


def _at(course: Mapping[float, float], time_s: float) -> float:
    """Return the value at a time: constant after each key, with an eased transition just before the next one."""
    keys = sorted(course)
    now = course[keys[0]]
    for key in keys[1:]:
        share = np.clip((time_s - key + _EASE_S) / _EASE_S, 0.0, 1.0)
        now += (course[key] - now) * (0.5 - 0.5 * np.cos(np.pi * share))
    return float(now)


def _blink(blinks: Sequence[float], time_s: float) -> float:
    return float(max(max(0.0, 1.0 - abs(time_s - blink) / _BLINK_S) for blink in blinks))


def _swayed(tile: Image, time_s: float, phase: float) -> Image:
    """Return a tile as from a hand-held camera: slightly shifted, rotated and scaled."""
    angle = 2.5 * np.sin(0.55 * time_s + phase)
    zoom = 1.06 + 0.03 * np.sin(0.4 * time_s + 2 * phase)
    matrix = cv2.getRotationMatrix2D((_TILE[0] / 2, _TILE[1] / 2), angle, zoom)
    matrix[:, 2] += 9 * np.sin(0.8 * time_s + phase), 6 * np.sin(0.63 * time_s + 1 + phase)
    return np.asarray(cv2.warpAffine(tile, matrix, _TILE, borderMode=cv2.BORDER_REFLECT_101), np.uint8)
