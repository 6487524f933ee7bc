"""Decodes colour PNG and TIFF with more than 8 bits per channel, which Pillow truncates or cannot open."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from emotion.errors import ImageError, TooLargeError
from emotion.limits import MEGA, check_picture
from emotion.settings import read_settings
from emotion.types import Image
from emotion.vision.decode.depth import Scale, rows_of, scale_of
from emotion.vision.decode.formats import format_of

DARK = 64
"""If the upper 8 of 16 bits stay below this, the picture has a smaller depth or is very dark."""
_BYTES_A_PIXEL = 8
"""Four channels of 16 bits, from which the memory limit is computed."""
_OPENCV_COPIES = 2
"""Number of copies of the picture that OpenCV holds while it decodes one."""
_PNG_IHDR_END = 33
_PNG_SAMPLES = {2: 3, 4: 2, 6: 4}
"""Channels by PNG's colour type."""
_WIDTH, _HEIGHT, _BITS, _SAMPLES, _PLANES, _EXTRA = 256, 257, 258, 277, 284, 338
_SEPARATE, _PREMULTIPLIED, _STRAIGHT = 2, 1, 2
"""TIFF 6.0: codes for planar channels, premultiplied alpha and straight alpha. Other extra channels are masks."""
_SUBFILE_TYPE, _REDUCED, _DNG_VERSION = 254, 1, 50706


@dataclass(frozen=True, slots=True)
class TiffFacts:
    """What a TIFF header says of the first picture.

    Attributes:
        width: px.
        height: px.
        bits: Bits per channel.
        samples: Number of channels.
        is_raw: Whether the file is a camera's raw picture.
        is_separate: Whether the channels are planar, one stored after the other.
        alpha: TIFF's code for the kind of alpha in the first extra channel; 0 if there is none.
    """

    width: int
    height: int
    bits: int
    samples: int
    is_raw: bool
    is_separate: bool = False
    alpha: int = 0


def tiff_facts(content: bytes) -> TiffFacts | None:
    """Return the facts in a TIFF's first directory; None if it cannot be read or the file is no TIFF."""
    if format_of(content) != "TIFF":
        return None
    try:
        directory = ImageFileDirectory_v2(content[:16] if b"+" in content[2:4] else content[:8])
        file = io.BytesIO(content)
        file.seek(directory.next)
        directory.load(file)
        bits = max(directory.get(_BITS, (1,)))
        samples, extra = int(directory.get(_SAMPLES, 1)), directory.get(_EXTRA, (0,))
        return TiffFacts(
            int(directory[_WIDTH]),
            int(directory[_HEIGHT]),
            int(bits),
            samples,
            _is_raw(content, directory),
            samples > 1 and directory.get(_PLANES) == _SEPARATE,
            extra[0] if extra and extra[0] in {_PREMULTIPLIED, _STRAIGHT} else 0,
        )
    except Exception:  # anything may be wrong with a damaged file
        return None


def _is_raw(content: bytes, directory: ImageFileDirectory_v2) -> bool:
    """Return whether the first picture is a preview, as in NEF, ARW and DNG, or the file is a DNG or CR2."""
    is_preview = bool(int(directory.get(_SUBFILE_TYPE, 0)) & _REDUCED)
    return is_preview or _DNG_VERSION in directory or content[8:10] == b"CR"


def is_deep_colour(content: bytes) -> bool:
    """Return whether a file is a PNG or TIFF with several channels of more than 8 bits."""
    if content.startswith(b"\x89PNG"):
        return len(content) > _PNG_IHDR_END and content[24] == 16 and content[25] in {2, 4, 6}
    facts = tiff_facts(content)
    return facts is not None and facts.bits > 8 and facts.samples > 1


def has_alpha(content: bytes) -> bool:
    """Return whether a deep PNG or TIFF has an alpha channel."""
    facts = tiff_facts(content)
    return facts.samples in {2, 4} and bool(facts.alpha) if facts is not None else content[25] in {4, 6}


def read_deep_colour(content: bytes, name: str) -> Image:
    """Return a PNG or TIFF of deep channels as ``(H, W, 3)`` uint8 RGB over white; only TIFFs are turned upright.

    Raises:
        ImageError: It is of an unsupported kind.
        TooLargeError: It is too large.
        MemoryError: There is not enough memory.
    """
    if (facts := tiff_facts(content)) is not None:
        check_picture(facts.width, facts.height, name)
        allowed = read_settings().max_picture_megapixels * MEGA * _BYTES_A_PIXEL
        needed = facts.width * facts.height * facts.samples * facts.bits / 8
        if needed > allowed:
            expected = f"expected a picture of at most {allowed / MEGA:,.1f} MB when unpacked"
            raise TooLargeError(f"{name} is too large: {expected}; it has {needed / MEGA:,.1f} MB")
    values = _decode(content)
    if values is None:
        _expect_memory(content, facts)
        described = "" if facts is None else f" ({facts.samples} × {facts.bits} bits a pixel)"
        raise ImageError(f"{name} is in an unsupported format{described}; save it as PNG or JPEG")
    values = np.atleast_3d(values)
    colours = _colours_in(values)
    reverse = slice(colours - 1, None, -1)  # OpenCV's order is BGR; a view, as a copy would double the memory
    alpha = values[..., colours:] if has_alpha(content) else values[..., :0]
    return _in_eight_bits(values[..., reverse], alpha, facts is not None and facts.alpha == _PREMULTIPLIED)


def _decode(content: bytes) -> np.ndarray | None:
    """Decode a file with OpenCV, which turns TIFFs upright; None if it fails."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the caller reports failures
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(level)


def _expect_memory(content: bytes, facts: TiffFacts | None) -> None:
    """Raise MemoryError if there is too little memory for decoding, which OpenCV does not report."""
    if facts is None:
        width, height = struct.unpack_from(">II", content, 16)
        facts = TiffFacts(width, height, 16, _PNG_SAMPLES[content[25]], is_raw=False)
    np.empty(_OPENCV_COPIES * facts.width * facts.height * facts.samples * facts.bits // 8, np.uint8)


def channels_in_eight_bits(values: np.ndarray) -> Image:
    """Return deep ``(H, W, c)`` values (grey, grey with alpha, RGB or RGBA) as ``(H, W, 3)`` uint8 over white.

    Raises:
        ImageError: There are no finite values.
    """
    colours = _colours_in(values)
    return _in_eight_bits(values[..., :colours], values[..., colours:])


def _colours_in(values: np.ndarray) -> int:
    """Return how many of the channels are not alpha."""
    channels = int(values.shape[2])
    return channels - 1 if channels in {2, 4} else channels


def _in_eight_bits(colours: np.ndarray, alpha: np.ndarray, is_premultiplied: bool = False) -> Image:
    """Return deep channels as ``(H, W, 3)`` uint8, over white by ``alpha``, which may have no channel."""
    blend = _add_white if is_premultiplied else over_white
    height, width = colours.shape[:2]
    scale, *opacity = (_scale_of(part) for part in (colours, alpha) if part.size)
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows_of(width)):
        rows = slice(top, top + rows_of(width))
        out[rows] = scale.apply(colours[rows])
        for opaque in opacity:
            out[rows] = blend(out[rows], opaque.apply(alpha[rows]))
    return out


def _scale_of(values: np.ndarray) -> Scale:
    return scale_of(lambda top, bottom: values[top:bottom], *values.shape[:2])


def over_white(rgb: Image, alpha: Image) -> Image:
    """Blend ``(H, W, 3)`` uint8 over white with ``(H, W, 1)`` uint8 alpha."""
    share = alpha.astype(np.float32) / 255
    return (rgb * share + 255 * (1 - share)).round().astype(np.uint8)


def _add_white(rgb: Image, alpha: Image) -> Image:
    """Blend ``(H, W, 3)`` uint8, premultiplied by ``(H, W, 1)`` uint8 alpha, over white."""
    return np.minimum(rgb.astype(np.uint16) + (255 - alpha), 255).astype(np.uint8)
