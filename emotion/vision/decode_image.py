"""Pictures from files, bytes or arrays, as people see them: upright, opaque, eight bits, RGB."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from emotion.errors import ImageError, TooLargeError, brief
from emotion.limits import check_picture, setting
from emotion.types import Image

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""Pillow's names of what is read. It knows four dozen more, seldom looked after, and one of them is a language."""

_BACKGROUND = (255, 255, 255)


def load_image(source: str | Path | bytes | Image) -> Image:
    """Return a picture as ``(H, W, 3)`` uint8 RGB.

    EXIF rotation is applied, transparency is laid over white, 16-bit and
    palette pictures become 8-bit RGB; of an animation the first frame is taken.

    Args:
        source: A path, the bytes of a file, or a uint8 array ``(H, W, 3)`` RGB or ``(H, W)`` grey.

    Raises:
        ImageError: Not a picture that can be read.
        TooLargeError: It has more pixels than the settings allow (:mod:`emotion.limits`).
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    name = "the picture" if isinstance(source, bytes) else Path(source).name
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise ImageError(f"{name} cannot be opened: {error.strerror}") from error
    if not content:
        raise ImageError(f"{name} is empty; expected a JPEG, PNG, WebP, BMP or TIFF picture")
    return _decode(content, name)


def _decode(content: bytes, name: str) -> Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(io.BytesIO(content), formats=FORMATS) as picture:
                check_picture(picture.width, picture.height, name)
                return _as_rgb(ImageOps.exif_transpose(picture))
        except UnidentifiedImageError as error:
            raise ImageError(f"{name} is not a picture; expected JPEG, PNG, WebP, BMP or TIFF") from error
        except Pillow.DecompressionBombError as error:
            allowed = setting("EMOTION_MAX_PICTURE_MEGAPIXELS")
            expected = f"expected a picture of at most {allowed:g} megapixels"
            raise TooLargeError(f"{name} is too large: {expected}; it has many more") from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise ImageError(f"{name} is damaged and cannot be read to its end ({brief(error)})") from error


def _as_rgb(picture: Pillow.Image) -> Image:
    if picture.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        return _stretch_deep(np.asarray(picture))
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        paper = Pillow.new("RGBA", rgba.size, (*_BACKGROUND, 255))
        picture = Pillow.alpha_composite(paper, rgba)
    return np.asarray(picture.convert("RGB"))


def _stretch_deep(values: np.ndarray) -> Image:
    """Return a 16-bit, 32-bit or float grey picture as 8-bit RGB; its type's range, or its own if that is unknown."""
    deep = values.astype(np.float64)
    low, high = (
        (0.0, 65535.0) if deep.min() >= 0 and 255 < deep.max() <= 65535 else (float(deep.min()), float(deep.max()))
    )
    grey = ((deep - low) / max(high - low, 1e-9) * 255).round().astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _from_array(array: Image) -> Image:
    grey, colour = array.ndim == 2, array.ndim == 3 and array.shape[-1] == 3
    if array.dtype != np.uint8 or not (grey or colour) or array.size == 0:
        raise ImageError(f"expected a uint8 array of shape (H, W, 3) or (H, W); got {array.dtype} {array.shape}")
    check_picture(array.shape[1], array.shape[0], "the picture")
    return np.repeat(array[..., None], 3, axis=2) if grey else array
