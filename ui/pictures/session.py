"""The session's pictures: analysed once and kept in memory until cleared."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import PurePath

import streamlit as st

import emotion
from emotion.bad_file import sentence_for
from emotion.drawing.layers import Layer, needs_part_models
from emotion.errors import EmotionError
from emotion.report.stills import boxed_preview, encode_jpeg, png_with_layers, preview_with_layers, shrink, thumbnail
from emotion.types import FrameResult, Image
from emotion.vision.face_parts import FaceParts
from emotion.vision.uploaded import load_uploaded
from ui.common.resources import part_finder
from ui.common.uploads import session_lock

log = logging.getLogger(__name__)

BOXES_ALONE = frozenset({Layer.BOXES})

SHEET_PX = 240
"""Longest side of a picture on the contact sheet."""

FILTER = "pictures_filter"
"""Key of the choice of expressions whose pictures are shown."""

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
        drawn: Cached previews as JPEG files, by layers; pixels would take twenty times the memory.
    """

    name: str
    content: bytes
    result: FrameResult
    thumbnails: list[Image]
    preview: bytes
    drawn: dict[frozenset[Layer], bytes] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name without its ending; names of downloads start with it."""
        return PurePath(self.name).stem or "picture"

    def annotated_png(self, layers: frozenset[Layer] = BOXES_ALONE) -> bytes:
        """Return the full-size picture with layers drawn over its faces, as PNG bytes.

        Raises:
            ModelError: The layers need face-part models that are not installed.
        """
        return png_with_layers(self.content, self.result, layers, self._parts(layers))

    def shown(self, layers: frozenset[Layer]) -> bytes:
        """Return a preview with layers drawn over its faces as a JPEG file, at most ``PREVIEW_PX`` a side; cached.

        Raises:
            ModelError: The layers need face-part models that are not installed.
        """
        if layers not in self.drawn:
            preview = preview_with_layers(self.content, self.result, layers, self._parts(layers))
            self.drawn[layers] = encode_jpeg(preview)
        return self.drawn[layers]

    def _parts(self, layers: frozenset[Layer]) -> list[FaceParts | None]:
        """Return the face parts that layers need, in the order of the result; None for faces without landmarks."""
        if not needs_part_models(layers):
            return []
        image, finder = load_uploaded(self.content), part_finder()
        return [None if face.landmarks is None else finder(image, face) for face in self.result.faces]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and the reason."""

    name: str
    error: str


def analyse_picture(analyzer: emotion.Analyzer, name: str, content: bytes) -> Picture | Unreadable:
    """Return the analysed picture, or the reason why it cannot be read.

    The file is decoded once, in a process with limits, for the analysis and the first preview.
    """
    try:
        image = load_uploaded(content, name)
        result = analyzer.image(image)
        thumbnails = [thumbnail(image, face) for face in result.faces]
        preview = encode_jpeg(shrink(image, SHEET_PX))
        boxed = encode_jpeg(boxed_preview(image, result))
    except EmotionError as error:
        return Unreadable(name, str(error))
    except Exception as error:  # whatever a decoder raises for this file must not stop the others
        log.exception("a picture cannot be analysed")
        return Unreadable(name, sentence_for(error, name, "a picture"))
    return Picture(name, content, result, thumbnails, preview, {BOXES_ALONE: boxed})


def pictures() -> list[Picture | Unreadable]:
    """Return the session's pictures, newest last."""
    shown: list[Picture | Unreadable] = st.session_state.setdefault(_PICTURES, [])
    return shown


def pending_pictures() -> list[tuple[str, bytes]]:
    """Return names and contents of pictures that are not analysed yet."""
    waiting: list[tuple[str, bytes]] = st.session_state.setdefault(_PENDING, [])
    return waiting


def analyse_next(analyzer: emotion.Analyzer) -> bool:
    """Analyse the next pending picture and add it to the session's pictures; return whether there was one.

    A picture stays pending until it is added, so that one whose run is stopped is analysed by the next run.
    """
    waiting, shown = pending_pictures(), pictures()
    with session_lock():
        if not waiting:
            return False
        first = waiting[0]
        picture = analyse_picture(analyzer, *first)
        if first in waiting:  # not cleared meanwhile
            shown.append(picture)
            waiting.remove(first)
    return True


def clear_pictures() -> None:
    """Forget all pictures, and the filter, which would hide some of the next ones."""
    pictures().clear()
    pending_pictures().clear()
    st.session_state.pop(FILTER, None)
