"""Draws heads of cats, dogs and monkeys, clocks, and statues from behind, with random variations."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from emotion.types import Image

_SIDE = 320
_LINE = cv2.LINE_AA

Draw = Callable[[Image, np.random.Generator], None]


def draw(kind: str, seed: int) -> Image:
    """Return a drawing, ``(320, 320, 3)`` uint8 RGB.

    Args:
        kind: One of :data:`KINDS`.
        seed: Seed of the random variations.
    """
    chance = np.random.default_rng(seed)
    picture = np.full((_SIDE, _SIDE, 3), _colour(chance), np.uint8)
    KINDS[kind](picture, chance)
    grain = chance.normal(0, chance.uniform(0, 12), picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _colour(chance: np.random.Generator, low: int = 20, high: int = 235) -> tuple[int, int, int]:
    red, green, blue = chance.integers(low, high, 3).tolist()
    return red, green, blue


def _ellipse(picture: Image, x: float, y: float, across: float, down: float, colour: tuple[int, int, int]) -> None:
    cv2.ellipse(picture, (round(x), round(y)), (round(across), round(down)), 0, 0, 360, colour, -1, _LINE)


def _eyes(picture: Image, chance: np.random.Generator, y: float, apart: float, size: float, slit: float) -> None:
    iris = _colour(chance, 60)
    for x in (_SIDE / 2 - apart, _SIDE / 2 + apart):
        _ellipse(picture, x, y, size, size * 0.8, (240, 240, 230))
        _ellipse(picture, x, y, size * 0.75, size * 0.75, iris)
        _ellipse(picture, x, y, size * slit, size * 0.7, (10, 10, 10))


def _muzzle(picture: Image, chance: np.random.Generator, y: float, size: float) -> None:
    light = _colour(chance, 150)
    _ellipse(picture, _SIDE / 2, y, size, size * 0.75, light)
    _ellipse(picture, _SIDE / 2, y - size * 0.45, size * 0.3, size * 0.2, (40, 20, 25))
    for side in (-1, 1):
        centre = (round(_SIDE / 2 + side * size * 0.3), round(y))
        cv2.ellipse(picture, centre, (round(size * 0.3), round(size * 0.3)), 0, 20, 160, (30, 15, 15), 3, _LINE)


def _cat(picture: Image, chance: np.random.Generator) -> None:
    fur = _colour(chance)
    for side in (-1, 1):
        ear = np.array([[160 + side * 95, 40], [160 + side * 105, 150], [160 + side * 30, 80]], np.int32)
        cv2.fillPoly(picture, [ear], fur, _LINE)
    _ellipse(picture, 160, 175, chance.uniform(95, 120), chance.uniform(85, 110), fur)
    _eyes(picture, chance, 155, chance.uniform(42, 55), chance.uniform(20, 28), 0.25)
    _muzzle(picture, chance, 215, chance.uniform(35, 45))
    for side in (-1, 1):
        for tilt in (-12, 0, 12):
            cv2.line(picture, (160 + side * 30, 215), (160 + side * 120, 215 + tilt), (230, 230, 230), 1, _LINE)


def _dog(picture: Image, chance: np.random.Generator) -> None:
    fur = _colour(chance)
    _ellipse(picture, 160, 165, chance.uniform(85, 105), chance.uniform(100, 120), fur)
    ears = _colour(chance, 10, 160)
    for x in (60, 260):
        _ellipse(picture, x, chance.uniform(140, 170), 30, 75, ears)
    _eyes(picture, chance, 135, chance.uniform(35, 48), chance.uniform(14, 20), 0.5)
    _muzzle(picture, chance, 225, chance.uniform(50, 62))


def _monkey(picture: Image, chance: np.random.Generator) -> None:
    fur, skin = _colour(chance, 10, 120), _colour(chance, 120)
    for x in (48, 272):
        _ellipse(picture, x, 150, 35, 42, skin)
    _ellipse(picture, 160, 160, 115, 125, fur)
    for x in (125, 195):
        _ellipse(picture, x, 135, 48, 50, skin)
    _ellipse(picture, 160, 215, chance.uniform(65, 80), chance.uniform(50, 62), skin)
    _eyes(picture, chance, 138, chance.uniform(32, 42), chance.uniform(10, 17), 0.6)
    for x in (148, 172):
        _ellipse(picture, x, 190, 5, 4, (30, 20, 20))
    cv2.ellipse(picture, (160, 215), (45, round(chance.uniform(8, 25))), 0, 10, 170, (40, 20, 20), 4, _LINE)


def _clock(picture: Image, chance: np.random.Generator) -> None:
    _ellipse(picture, 160, 160, 140, 140, _colour(chance))
    _ellipse(picture, 160, 160, 122, 122, (245, 245, 240))
    for hour in range(12):
        along = np.array([np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)])
        near, far = (np.rint(160 + along * reach).astype(int).tolist() for reach in (98, 114))
        cv2.line(picture, near, far, (20, 20, 20), 5, _LINE)
    for length, width in ((60, 9), (95, 5)):
        angle = chance.uniform(0, 2 * np.pi)
        tip = np.rint(160 + length * np.array([np.sin(angle), -np.cos(angle)])).astype(int).tolist()
        cv2.line(picture, (160, 160), tip, (15, 15, 15), width, _LINE)


def _statue_from_behind(picture: Image, chance: np.random.Generator) -> None:
    shade = int(chance.integers(90, 190))
    stone, dark = (shade, shade, shade - 10), (shade - 45, shade - 45, shade - 50)
    _ellipse(picture, 160, 330, 130, 95, stone)
    cv2.rectangle(picture, (130, 200), (190, 270), stone, -1)
    _ellipse(picture, 160, 135, chance.uniform(72, 85), chance.uniform(90, 105), stone)
    for _ in range(40):
        x, y = chance.uniform(100, 220), chance.uniform(60, 190)
        cv2.ellipse(picture, (round(x), round(y)), (12, 8), float(chance.uniform(0, 180)), 0, 200, dark, 2, _LINE)


KINDS: dict[str, Draw] = {
    "cat": _cat,
    "dog": _dog,
    "monkey": _monkey,
    "clock": _clock,
    "statue from behind": _statue_from_behind,
}
