"""Encodes pictures as bytes, for tests of the readers."""

from __future__ import annotations

import io

from PIL import Image


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture in a format that Pillow writes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
