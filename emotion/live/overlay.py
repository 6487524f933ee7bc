"""Draws the results of a live frame on that same frame: boxes, numbers, expressions, probabilities, the mesh.

Letters are rendered once and cached as masks, because there are thirty frames a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from emotion.drawing.boxes import dashes, text_colour
from emotion.fonts import picture_font
from emotion.labels import ANSWER_COLOURS, COLOURS, UNCLEAR
from emotion.live.canvas import PLANAR, Area, Canvas
from emotion.live.face_masking import mirrored
from emotion.types import Face, FloatArray

_UNCLASSIFIED = "#FFFFFF"
_MOST_BARS = 3
"""Number of the largest probabilities drawn beside a face; the page shows all of them."""
_LEAST_BAR = 0.05
_KEPT_TEXTS = 1024


@dataclass(frozen=True, slots=True)
class FaceText:
    """The text beside a face.

    Attributes:
        answer: The leading expression or :data:`emotion.labels.UNCLEAR`; None before the first result.
        probabilities: Label → probability, 0–1.
        notes: Notes on eyes, gaze and movements below the box.
    """

    answer: str | None
    probabilities: Mapping[str, float]
    notes: tuple[str, ...] = ()


class Overlay:
    """Draws on one canvas, with lines and letters in proportion to it.

    Args:
        canvas: The canvas to draw on.
        mirror: Whether the canvas is mirrored; faces are in coordinates of the camera.
    """

    def __init__(self, canvas: Canvas, *, mirror: bool) -> None:
        self._canvas, self._mirror = canvas, mirror
        side = min(canvas.width, canvas.height)
        self._line_px = max(2, 2 * round(side / 440))
        self._text_px = max(10, 2 * round(side / 60))

    def draw(self, faces: Sequence[Face], texts: Mapping[int, FaceText], *, mesh: bool) -> None:
        """Draw every face; small ones last, because large ones would hide them."""
        for face in sorted(faces, key=lambda face: -face.width):
            track = face.track_id or 0
            self._draw_face(face, track, texts.get(track, FaceText(None, {})), mesh=mesh)

    def _draw_face(self, face: Face, track: int, text: FaceText, *, mesh: bool) -> None:
        colour = _UNCLASSIFIED if text.answer is None else ANSWER_COLOURS[text.answer]
        if mesh and face.landmarks is not None:
            self._draw_mesh(face.landmarks[:, :2], face.width)
        corners = self._displayed(face.box_xyxy.reshape(2, 2))
        box = self._canvas.area(*corners.min(axis=0), *corners.max(axis=0))
        if not box:
            return
        self._draw_box(box, colour, dashed=text.answer == UNCLEAR)
        self._draw_tag(box, f"{track}" if text.answer is None else f"{track} {text.answer}", colour)
        self._draw_bars(box, text)
        self._draw_notes(box, text.notes)

    def _draw_notes(self, box: Area, notes: Sequence[str]) -> None:
        """Draw notes below the box, one per row, while there is room."""
        size = max(10, round(0.8 * self._text_px))
        height = round(1.35 * self._text_px)
        for row, note in enumerate(notes):
            mask, top = _text(note, size), box.bottom + row * height
            left = max(min(box.left, self._canvas.width - mask.shape[1] - 4), 0)
            if top + height > self._canvas.height:
                return
            self._canvas.shade(self._canvas.area(left, top, left + mask.shape[1] + 4, top + height))
            self._canvas.ink(mask, left + 2, top, "#FFFFFF")

    def _draw_mesh(self, points: FloatArray, width_px: float) -> None:
        # Larger dots would hide a small face.
        side_px = self._line_px // 2 if width_px >= 60 * self._line_px else 1
        self._canvas.dots(self._displayed(points), _UNCLASSIFIED, side_px)

    def _displayed(self, points: FloatArray) -> FloatArray:
        return mirrored(points, self._canvas.width) if self._mirror else points

    def _draw_box(self, box: Area, colour: str, *, dashed: bool) -> None:
        for side in _sides(box, self._line_px):
            self._canvas.fill(side, text_colour(colour) if dashed else colour)
            if dashed:
                for dash in _dashed(side, 6 * self._line_px):
                    self._canvas.fill(self._canvas.area(*dash), colour)

    def _draw_tag(self, box: Area, text: str, colour: str) -> None:
        mask = _text(text, self._text_px)
        height, width = mask.shape[0], mask.shape[1] + self._text_px // 2
        # Above the box if there is room, otherwise inside its top edge; always within the picture.
        left = max(min(box.left, self._canvas.width - width), 0)
        top = box.top - height if box.top >= height else box.top
        area = self._canvas.area(left, top, left + width, top + height)
        self._canvas.fill(area, colour)
        self._canvas.ink(mask, area.left + self._text_px // 4, area.top, text_colour(colour))

    def _draw_bars(self, box: Area, text: FaceText) -> None:
        """Draw the largest probabilities on a side of the box that has room, if any."""
        largest = sorted(text.probabilities.items(), key=lambda pair: -pair[1])[:_MOST_BARS]
        rows = [(label, share) for label, share in largest if share >= _LEAST_BAR]
        width, height = 8 * self._text_px, round(1.35 * self._text_px)
        left = box.right + 4 if box.right + 4 + width <= self._canvas.width else box.left - 4 - width
        if left < 0:
            return
        for row, (label, share) in enumerate(rows):
            top = box.top + row * height
            if top + height <= self._canvas.height:
                self._draw_bar(self._canvas.area(left, top, left + width, top + height), label, share)

    def _draw_bar(self, row: Area, label: str, share: float) -> None:
        self._canvas.shade(row)
        filled = row.left + share * (row.right - row.left)
        line = self._canvas.area(row.left, row.bottom - self._line_px, filled, row.bottom)
        self._canvas.fill(line, COLOURS[label])
        size = max(10, round(0.8 * self._text_px))
        number = _text(f"{round(100 * share)}%", size)
        self._canvas.ink(_text(label, size), row.left + 2, row.top, "#FFFFFF")
        self._canvas.ink(number, row.right - number.shape[1] - 2, row.top, "#FFFFFF")


def warm_overlay() -> None:
    """Load the typeface and draw once, so that the first picture does not wait for it."""
    blank = av.VideoFrame(160, 120, PLANAR)
    face = Face(np.array([8, 40, 60, 100], np.float32), 1.0, track_id=1)
    Overlay(Canvas(blank), mirror=False).draw([face], {1: FaceText(UNCLEAR, dict.fromkeys(COLOURS, 0.1))}, mesh=False)


def _sides(box: Area, thick: int) -> list[Area]:
    """Return the four sides of a box as areas within it."""
    return [
        Area(box.left, box.top, box.right, box.top + thick),
        Area(box.left, box.bottom - thick, box.right, box.bottom),
        Area(box.left, box.top, box.left + thick, box.bottom),
        Area(box.right - thick, box.top, box.right, box.bottom),
    ]


def _dashed(side: Area, about: float) -> list[tuple[float, float, float, float]]:
    if side.right - side.left >= side.bottom - side.top:
        return [(start, side.top, end, side.bottom) for start, end in dashes(side.left, side.right, about)]
    return [(side.left, start, side.right, end) for start, end in dashes(side.top, side.bottom, about)]


@lru_cache(maxsize=_KEPT_TEXTS)
def _text(text: str, size_px: int) -> NDArray[np.float32]:
    """Return the coverage of a text, ``(h, w)`` float32, 0–1; ``h`` is the same for all texts of a size."""
    font = picture_font(size_px)
    width, height = round(font.getlength(text)) + 1, round(1.3 * size_px)
    picture = Pillow.new("L", (max(width, 1), height))
    ImageDraw.Draw(picture).text((0, height / 2), text, fill=255, font=font, anchor="lm")
    mask = np.asarray(picture, np.float32) / np.float32(255)
    mask.setflags(write=False)
    return mask
