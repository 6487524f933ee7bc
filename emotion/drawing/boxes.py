"""Draws boxes and names on pictures, readable at any size."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image as Pillow
from PIL import ImageColor, ImageDraw

from emotion.analytics.abstention import face_answer
from emotion.fonts import picture_font
from emotion.labels import ANSWER_COLOURS, UNCLEAR
from emotion.types import Face, FrameResult, Image

_SMALLEST_TEXT_PX = 10
_UNCLASSIFIED = "#FFFFFF"
_SHADOW = (0, 0, 0, 140)


def relative_luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0–1 (WCAG 2, from sRGB)."""
    channels = np.array(ImageColor.getrgb(colour)[:3]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def text_colour(background: str) -> str:
    """Return black or white, whichever has the higher WCAG 2 contrast ratio to ``#rrggbb``."""
    return "#000000" if relative_luminance(background) > 0.179 else "#FFFFFF"


def annotate(image: Image, result: FrameResult, names: Mapping[int, str] = MappingProxyType({})) -> Image:
    """Return a copy of a picture with a numbered box in its expression's colour around each face.

    Boxes of unclear answers are dashed, as neutral is grey too.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        result: Its faces, with boxes in px of this picture.
        names: Track → name to show instead of the number.
    """
    picture = Pillow.fromarray(image)
    pen = _Pen(picture)
    # Small faces last, as large ones would hide them.
    for place, face in sorted(enumerate(result.faces, start=1), key=lambda pair: -pair[1].width):
        number = str(place) if face.track_id is None else names.get(face.track_id, str(face.track_id))
        if face.probabilities is None:
            pen.draw_face(face, _UNCLASSIFIED, number, number)
        else:
            answer = face_answer(face, result)
            pen.draw_face(face, ANSWER_COLOURS[answer], f"{number} {answer}", number, dashed=answer == UNCLEAR)
    return np.asarray(picture)


def dashes(start: float, end: float, about: float) -> list[tuple[float, float]]:
    """Split a side into an odd number of parts of about this length, px, and return every other one."""
    parts = max(1, 2 * round((end - start) / about / 2) - 1)
    ends = np.linspace(start, end, parts + 1)
    return [(float(ends[part]), float(ends[part + 1])) for part in range(0, parts, 2)]


class _Pen:
    """Draws on one picture, with lines and text in proportion to its size."""

    def __init__(self, picture: Pillow.Image) -> None:
        side = min(picture.size)
        self._size = picture.size
        self._draw = ImageDraw.Draw(picture, "RGBA")
        self._line_px = max(1, round(side / 220))
        self._text_px = max(_SMALLEST_TEXT_PX, round(side / 28))
        self._font = picture_font(self._text_px)

    def draw_face(self, face: Face, colour: str, text: str, short_text: str, *, dashed: bool = False) -> None:
        """Draw a box with ``text`` above it, or ``short_text`` if the long one is much wider than the box."""
        left, top, right, bottom = (float(value) for value in face.box_xyxy)
        # A dark outline keeps pale boxes visible on pale pictures.
        self._draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=_SHADOW, width=self._line_px + 2)
        if dashed:
            self._draw_dashes((left, top, right, bottom), colour)
        else:
            self._draw.rectangle((left, top, right, bottom), outline=colour, width=self._line_px)
        fits = self._draw.textlength(text, self._font) <= 1.6 * (right - left)
        self._draw_tag(left, top, text if fits else short_text, colour)

    def _draw_dashes(self, box: tuple[float, float, float, float], colour: str) -> None:
        """Draw a box of dashes about six line widths long, with whole dashes at the corners."""
        left, top, right, bottom = box
        thick = self._line_px - 1
        # Gaps of the opposite brightness, as dashes alone are hard to see on dark or light pictures.
        self._draw.rectangle(box, outline=text_colour(colour), width=self._line_px)
        for start, end in dashes(left, right, 6 * self._line_px):
            for y in (top, bottom - thick):
                self._draw.rectangle((start, y, end, y + thick), fill=colour)
        for start, end in dashes(top, bottom, 6 * self._line_px):
            for x in (left, right - thick):
                self._draw.rectangle((x, start, x + thick, end), fill=colour)

    def _draw_tag(self, left: float, top: float, text: str, colour: str) -> None:
        padding = max(2, self._text_px // 4)
        width = self._draw.textlength(text, self._font) + 2 * padding
        height = self._text_px + 2 * padding
        # Above the box if there is room, else inside its top edge; always within the picture.
        x = min(max(left, 0.0), max(self._size[0] - width, 0.0))
        y = top - height if top >= height else max(top, 0.0)
        self._draw.rectangle((x, y, x + width, y + height), fill=colour)
        self._draw.text((x + padding, y + height / 2), text, fill=text_colour(colour), font=self._font, anchor="lm")
