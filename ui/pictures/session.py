"""The session's pictures: analysed once and kept in memory until cleared."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import PurePath

import streamlit as st

import emotion
from emotion.bad_file import sentence_for
from emotion.drawing.layers import Layer, draw_layers, wants_parts
from emotion.errors import EmotionError
from emotion.report.stills import PREVIEW_PX, encode_jpeg, encode_png, shrink, thumbnail
from emotion.types import FrameResult, Image
from emotion.vision.decode.image import load_image
from emotion.vision.face_parts import FaceParts
from ui.common.resources import part_finder

log = logging.getLogger(__name__)

BOXES_ALONE = frozenset({Layer.BOXES})

SHEET_PX = 240
"""Longest side of a picture on the contact sheet."""

_PICTURES, _PENDING = "pictures", "pending_pictures"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture and its analysis.

    Attributes:
        name: The file's name for display and downloads; never a path.
        content: The uploaded file.
        result: The analysis; boxes in px of the full picture.
        thumbnails: One ``(s, s, 3)`` uint8 RGB crop per face.
        preview: The picture as a small JPEG file, for the contact sheet.
        drawn: Cached previews, ``(H, W, 3)`` uint8 RGB, by layers.
    """

    name: str
    content: bytes
    result: FrameResult
    thumbnails: list[Image]
    preview: bytes
    drawn: dict[frozenset[Layer], Image] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name without its ending; names of downloads start with it."""
        return PurePath(self.name).stem or "picture"

    def annotated_png(self, layers: frozenset[Layer] = BOXES_ALONE) -> bytes:
        """Return the full-size picture with layers drawn over its faces, as PNG bytes."""
        return encode_png(self._drawn(layers))

    def shown(self, layers: frozenset[Layer]) -> Image:
        """Return a preview with layers drawn over its faces, at most ``PREVIEW_PX`` a side; cached."""
        if layers not in self.drawn:
            self.drawn[layers] = shrink(self._drawn(layers), PREVIEW_PX)
        return self.drawn[layers]

    def parts(self) -> list[FaceParts | None]:
        """Return the face parts of each face, in the order of the result; None for faces without landmarks.

        Raises:
            ModelError: The face-part models are not installed.
        """
        image, finder = load_image(self.content), part_finder()
        return [None if face.landmarks is None else finder(image, face) for face in self.result.faces]

    def _drawn(self, layers: frozenset[Layer]) -> Image:
        parts = self.parts() if wants_parts(layers) else []
        return draw_layers(load_image(self.content), self.result, layers, parts)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and the reason."""

    name: str
    error: str


def analyse_picture(analyzer: emotion.Analyzer, name: str, content: bytes) -> Picture | Unreadable:
    """Return the analysed picture, or the reason why it cannot be read."""
    try:
        image = load_image(content)
        result = analyzer.image(image)
        thumbnails = [thumbnail(image, face) for face in result.faces]
        preview = encode_jpeg(shrink(image, SHEET_PX))
    except EmotionError as error:
        return Unreadable(name, str(error))
    except Exception as error:  # whatever a decoder raises for this file must not stop the others
        log.exception("a picture cannot be analysed")
        return Unreadable(name, sentence_for(error, name, "a picture"))
    return Picture(name, content, result, thumbnails, preview)


def pictures() -> list[Picture | Unreadable]:
    """Return the session's pictures, newest last."""
    shown: list[Picture | Unreadable] = st.session_state.setdefault(_PICTURES, [])
    return shown


def pending_pictures() -> list[tuple[str, bytes]]:
    """Return names and contents of pictures that are not analysed yet."""
    waiting: list[tuple[str, bytes]] = st.session_state.setdefault(_PENDING, [])
    return waiting


def clear_pictures() -> None:
    """Forget all pictures."""
    pictures().clear()
    pending_pictures().clear()
