"""Decodes a picture file, and retries without metadata that makes decoders fail."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from emotion.errors import ImageError, InputError, TooLargeError, brief
from emotion.limits import check_picture, out_of_memory_message
from emotion.settings import read_settings
from emotion.types import Image
from emotion.vision.decode.colour import DARK, has_alpha, is_deep_colour, read_deep_colour, tiff_facts
from emotion.vision.decode.depth import in_eight_bits, rows_of
from emotion.vision.decode.formats import EXPECTED, format_of, other_kind, pillow_formats
from emotion.vision.decode.repair import (
    UPRIGHT,
    as_orientation,
    block_orientation,
    exif_orientation,
    read_jpeg_without_end,
    without_metadata,
)
from emotion.vision.decode.stills import converter_of, deep_in_srgb, note_colours

DEEP_MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I", "F"})
"""Pillow's single-channel modes with more than 8 bits."""
_ORIENTATION = 0x0112
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
_SAMPLE_FORMAT, _UNSIGNED = 339, 1
_SAMPLE = 250_000
"""Number of pixels that decide whether a picture is dark."""

_TO_STORED: dict[int, Callable[[Image], Image]] = {
    1: lambda shown: shown,
    2: lambda shown: shown[:, ::-1],
    3: lambda shown: shown[::-1, ::-1],
    4: lambda shown: shown[::-1],
    5: lambda shown: shown.swapaxes(0, 1),
    6: lambda shown: shown.swapaxes(0, 1)[::-1],
    7: lambda shown: shown[::-1, ::-1].swapaxes(0, 1),
    8: lambda shown: shown.swapaxes(0, 1)[:, ::-1],
}
"""EXIF orientation → view of an upright picture in its stored orientation."""


def read_bytes(content: bytes, name: str) -> Image:
    """Return the first picture of a file as ``(H, W, 3)`` uint8 RGB, upright and over white.

    Args:
        content: The file's bytes.
        name: Its name in messages.

    Raises:
        ImageError: It cannot be read; the message says whether it is damaged or of another kind.
        TooLargeError: It has more pixels than the settings allow.
    """
    _expect_supported(content, name)
    first: Exception | None = None
    with _quiet():
        for attempt in (_read_as_it_is, _read_without_metadata, _read_without_end):
            try:
                image = attempt(content, name)
            except InputError:
                raise
            except Exception as error:  # a damaged file may raise anything in a decoder
                first = first or error
            else:
                if image is not None:
                    return image
    assert first is not None, "the first attempt reads or fails"
    raise _explained(first, content, name) from first


def read_pillow(picture: Pillow.Image, name: str) -> Image:
    """Return a Pillow picture as ``(H, W, 3)`` uint8 RGB, upright and over white.

    Raises:
        ImageError: It cannot be decoded.
        TooLargeError: It has more pixels than the settings allow.
    """
    if not (picture.width and picture.height):
        raise ImageError(f"expected a picture with pixels; {name} has {picture.width} × {picture.height}")
    check_picture(picture.width, picture.height, name)
    try:
        with _quiet():
            return _as_rgb(picture)
    except InputError:
        raise
    except Exception as error:
        raise ImageError(f"{name} cannot be decoded ({brief(error)})") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings about metadata and about large pictures, which our own limit refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _expect_supported(content: bytes, name: str) -> None:
    """Raise :class:`ImageError` for TIFFs that decoders read wrongly instead of failing."""
    facts = tiff_facts(content)
    if facts is None:
        return
    if facts.is_raw:
        raise ImageError(f"{name} is a camera's raw picture, which begins with a preview; save it as PNG or JPEG")
    if facts.is_separate and facts.bits > 8:
        why = "more than 8 bits in channels that are stored one after the other"
        raise ImageError(f"{name} is an unsupported kind of TIFF ({why}); save it as PNG or JPEG")


def _read_as_it_is(content: bytes, name: str) -> Image:
    try:
        with Pillow.open(io.BytesIO(content), formats=pillow_formats(content)) as picture:
            check_picture(picture.width, picture.height, name)
            # Pillow keeps the upper 8 of 16 bits, which are next to nothing of 10 or 12.
            note_colours(picture, content)
            is_deep, info = is_deep_colour(content), picture.info
            if is_deep and has_alpha(content):
                picture.load()  # fails where the file breaks off
            else:
                image = _as_rgb(picture)
                if not (is_deep and _is_dark(image)):
                    return image
                del image  # before it is read again
    except Pillow.DecompressionBombError as error:
        allowed = read_settings().max_picture_megapixels
        expected = f"expected a picture of at most {allowed:g} megapixels"
        raise TooLargeError(f"{name} is too large: {expected}; it has many more") from error
    except UnidentifiedImageError:
        facts = tiff_facts(content)
        if facts is None or facts.bits <= 8:
            raise
        return read_deep_colour(content, name)
    return upright(deep_in_srgb(read_deep_colour(content, name), info), exif_orientation(content))


def _is_dark(image: Image) -> bool:
    step = max(1, int((image.shape[0] * image.shape[1] / _SAMPLE) ** 0.5))
    return float(np.percentile(image[::step, ::step], 99.9)) < DARK


def _read_without_metadata(content: bytes, name: str) -> Image | None:
    plain = without_metadata(content)
    if plain == content:
        return None
    return upright(_read_as_it_is(plain, name), exif_orientation(content))


def _read_without_end(content: bytes, name: str) -> Image | None:
    image = read_jpeg_without_end(without_metadata(content), lambda whole: _read_as_it_is(whole, name))
    return None if image is None else upright(image, exif_orientation(content))


def upright(stored: Image, orientation: int) -> Image:
    """Return a picture rotated and mirrored by its EXIF orientation."""
    if orientation == UPRIGHT:
        return stored
    shown = _empty(stored.shape[0], stored.shape[1], orientation)
    _TO_STORED[orientation](shown)[:] = stored
    return shown


def _empty(height: int, width: int, orientation: int) -> Image:
    return np.empty((width, height, 3) if orientation > 4 else (height, width, 3), np.uint8)


def _as_rgb(picture: Pillow.Image) -> Image:
    """Convert strip by strip into the upright picture, without a second copy of a large one."""
    picture.load()
    orientation = _orientation_of(picture)  # after loading, which turns TIFFs upright
    shown = _empty(picture.height, picture.width, orientation)
    stored = _TO_STORED[orientation](shown)

    def strip(top: int, bottom: int) -> Pillow.Image:
        return picture.crop((0, top, picture.width, bottom))

    if picture.mode in DEEP_MODES:
        tags = getattr(picture, "tag_v2", {})
        is_tiff_of_32_bits = picture.mode == "I" and bool(tags)
        is_unsigned = is_tiff_of_32_bits and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0] == _UNSIGNED

        def values(top: int, bottom: int) -> np.ndarray:
            found = np.asarray(strip(top, bottom))
            return found.view(np.uint32) if is_unsigned else found  # Pillow's 32-bit mode is signed

        in_eight_bits(values, picture.height, picture.width, stored)
        if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:  # Pillow inverts only those of 8 bits and less
            np.subtract(255, shown, out=shown)
        return deep_in_srgb(shown, picture.info)
    convert = converter_of(picture)
    for top in range(0, picture.height, rows_of(picture.width)):
        bottom = min(top + rows_of(picture.width), picture.height)
        stored[top:bottom] = np.asarray(convert(strip(top, bottom)))
    return shown


def _orientation_of(picture: Pillow.Image) -> int:
    try:
        found = as_orientation(picture.getexif().get(_ORIENTATION))
    except Exception:  # the block is damaged, but this tag may still be readable
        found = UPRIGHT
    # Pillow skips what follows a damaged tag. HEIF without EXIF has None here.
    return found if found != UPRIGHT else block_orientation(picture.info.get("exif") or b"") or UPRIGHT


def _explained(error: Exception, content: bytes, name: str) -> ImageError:
    """Return the error to show: another kind of file, an unsupported kind of picture, or a damaged one."""
    if isinstance(error, MemoryError):
        return ImageError(f"{name} cannot be read: {out_of_memory_message('a picture')}")
    kind, form = other_kind(content), format_of(content)
    if kind is not None:
        return ImageError(f"{name} is {kind}; expected a picture: {EXPECTED}")
    if form is None:
        return ImageError(f"{name} is not a picture in a known format; expected {EXPECTED}")
    if (why := _not_read(error, content)) is not None:
        return ImageError(f"{name} is an unsupported kind of {form} ({why}); save it as PNG or JPEG")
    if isinstance(error, UnidentifiedImageError):
        return ImageError(f"{name} is damaged or not a picture: it begins like {form}, but the rest cannot be read")
    return ImageError(f"{name} is damaged and cannot be read to its end ({brief(error)})")


def _not_read(error: Exception, content: bytes) -> str | None:
    """Return the unsupported feature of an intact file, if the decoder names one."""
    if isinstance(error, UnidentifiedImageError):
        facts = tiff_facts(content)
        return None if facts is None else f"{facts.samples} × {facts.bits} bits a pixel"
    lacking = isinstance(error, NotImplementedError) or any(word in str(error) for word in ("support", "not available"))
    return brief(error) if lacking else None
