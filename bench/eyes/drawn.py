"""Draws shut lids, or eyes with a known gaze, over the eyes of photographed faces."""

from __future__ import annotations

import math

import cv2
import numpy as np

from emotion.types import FloatArray, Image

EYEBALL_MM, IRIS_MM, WIDTH_MM = 10.0, 5.85, 30.0
"""Distance between the centres of eyeball and iris, radius of the iris, and width between the eye corners, mm."""
_SIDE, _MARGIN = 192, 2.3
# The mesh's lids from the corner on the picture's left to the other one: upper, then lower.
LIDS = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
RIGHT, LEFT = 0, 1


def shut(picture: Image, points: FloatArray, eyes: tuple[int, ...] = (RIGHT, LEFT)) -> Image:
    """Return an RGB picture in which the eyes of a face are drawn shut: skin with a line of lashes."""
    for eye in eyes:
        to_level, level, upper, lower = _levelled(picture, points, eye)
        picture = _paste(picture, _shut_level(level, upper, lower), _between(upper, lower, grow=9), to_level)
    return picture


def looking(picture: Image, points: FloatArray, yaw_deg: float, pitch_deg: float, rest: tuple[float, float]) -> Image:
    """Return an RGB picture with drawn eyeballs that look in a direction, for a head that faces the camera.

    Args:
        picture: ``(H, W, 3)``.
        points: The face's mesh.
        yaw_deg: To the picture's right.
        pitch_deg: Up.
        rest: Position of the iris at 0° from the middle of the corners: towards the temple and up, in eye widths.
    """
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    aim = np.array([math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    for eye in (RIGHT, LEFT):
        to_level, level, upper, lower = _levelled(picture, points, eye)
        middle = (upper[0] + upper[-1]) / 2
        width = float(np.linalg.norm(upper[-1] - upper[0]))
        at_rest = middle + np.array([rest[0] if eye == LEFT else -rest[0], -rest[1]]) * width
        iris = at_rest + aim * EYEBALL_MM / WIDTH_MM * width
        drawn = _eyeball(level, iris, IRIS_MM / WIDTH_MM * width, aim)
        outline = np.round(np.concatenate([upper, lower[::-1]])).astype(np.int32)
        dark = tuple(int(value) for value in np.percentile(level.reshape(-1, 3), 5, axis=0))
        drawn = cv2.polylines(drawn, [outline[: len(upper)]], False, dark, 5, cv2.LINE_AA)
        drawn = cv2.polylines(drawn, [outline[len(upper) :]], False, dark, 2, cv2.LINE_AA)
        picture = _paste(picture, drawn, _between(upper, lower, grow=2), to_level)
    return picture


def _eyeball(level: Image, centre: FloatArray, radius: float, aim: FloatArray) -> Image:
    """Return a sclera with an iris and a pupil, foreshortened by their direction."""
    drawn = np.full_like(level, 0)
    white = np.clip(np.percentile(level.reshape(-1, 3), 95, axis=0), 0, 225)
    off_middle = (np.arange(_SIDE, dtype=np.float32) / _SIDE - 0.5) * 2 * _MARGIN / 2
    drawn[:] = (white * np.clip(1 - 0.3 * off_middle**2, 0.5, 1)[None, :, None]).astype(np.uint8)
    along = float(np.hypot(*aim))
    angle = math.degrees(math.atan2(aim[1], aim[0])) if along > 1e-6 else 0.0
    short = math.sqrt(max(1 - along * along, 0.0))
    for share, colour in ((1.0, (70, 50, 40)), (0.42, (12, 10, 10))):
        axes = (max(round(16 * radius * share * short), 1), max(round(16 * radius * share), 1))
        place = (round(16 * centre[0]), round(16 * centre[1]))
        cv2.ellipse(drawn, place, axes, angle, 0, 360, colour, -1, cv2.LINE_AA, shift=4)
    return drawn


def _shut_level(level: Image, upper: FloatArray, lower: FloatArray) -> Image:
    """Return skin in place of the eye, from its colour above the upper lid to that below the lower one, and lashes."""
    columns = np.arange(_SIDE, dtype=np.float32)
    top, bottom = (np.interp(columns, curve[:, 0], curve[:, 1]).astype(np.float32) for curve in (upper, lower))
    reach = 0.2 * float(upper[-1, 0] - upper[0, 0])
    above, below = (_row_of(level, columns, row) for row in (top - reach, bottom + reach))
    rows = np.arange(_SIDE, dtype=np.float32)[:, None]
    share = np.clip((rows - top + reach) / (bottom - top + 2 * reach), 0, 1)[..., None]
    lid = (above * (1 - share) + below * share).astype(np.uint8)
    line = np.stack([columns, 0.25 * top + 0.75 * bottom + 0.02 * reach], axis=1)
    lashes = np.round(line[int(upper[0, 0]) : int(upper[-1, 0]) + 1]).astype(np.int32)
    dark = tuple(int(value * 0.35) for value in np.median(lid.reshape(-1, 3), axis=0))
    return cv2.polylines(lid, [lashes], False, dark, 4, cv2.LINE_AA)


def _row_of(level: Image, columns: FloatArray, rows: FloatArray) -> FloatArray:
    soft = cv2.GaussianBlur(level, (0, 0), 4)
    return cv2.remap(soft, columns[None], np.clip(rows, 0, _SIDE - 1)[None], cv2.INTER_LINEAR).astype(np.float32)


def _between(upper: FloatArray, lower: FloatArray, grow: int) -> FloatArray:
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(np.concatenate([upper, lower[::-1]])).astype(np.int32)], 255)
    if grow:
        mask = cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8))
    return cv2.GaussianBlur(mask, (0, 0), 2).astype(np.float32) / 255


def _paste(picture: Image, drawn: Image, mask: FloatArray, to_level: FloatArray) -> Image:
    size = (picture.shape[1], picture.shape[0])
    shrink = float(np.linalg.norm(to_level[0, :2]))
    blur = max(shrink / 2, 0.1)
    soft = cv2.GaussianBlur(drawn, (0, 0), blur) if shrink > 1 else drawn
    back = cv2.warpAffine(soft, to_level, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    share = cv2.warpAffine(mask, to_level, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)[..., None]
    return np.round(picture * (1 - share) + back * share).astype(np.uint8)


def _levelled(picture: Image, points: FloatArray, eye: int) -> tuple[FloatArray, Image, FloatArray, FloatArray]:
    """Return the map to a level square around an eye, the square, and the upper and the lower lid in it."""
    to_level = _to_level(points, eye)
    level = cv2.warpAffine(picture, to_level, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    upper, lower = (_level_curve(points, to_level, row) for row in LIDS[eye])
    return to_level, level, upper, lower


def _to_level(points: FloatArray, eye: int) -> FloatArray:
    first, last = points[LIDS[eye][0][0], :2], points[LIDS[eye][0][-1], :2]
    across = last - first
    scale = _SIDE / (_MARGIN * float(across @ across))
    cos, sin = (across * scale).tolist()
    x, y = ((first + last) / 2).tolist()
    half = _SIDE / 2
    return np.array([[cos, sin, half - cos * x - sin * y], [-sin, cos, half + sin * x - cos * y]], np.float32)


def _level_curve(points: FloatArray, to_level: FloatArray, row: tuple[int, ...]) -> FloatArray:
    return np.asarray(points[list(row), :2] @ to_level[:, :2].T + to_level[:, 2])
