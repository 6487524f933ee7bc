"""Converts the colours of a decoded still picture to opaque RGB of standard range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image as Pillow

_WHITE = (255, 255, 255, 255)
_HDR, _BT2020 = {16, 18}, 9
"""PQ and HLG, and their primaries (ITU-T H.273)."""

Convert = Callable[[Pillow.Image], Pillow.Image]
"""Returns a part of a picture in RGB."""


def converter_of(picture: Pillow.Image) -> Convert:
    """Return what converts the parts of a loaded picture of up to 8 bits per channel to RGB, over white."""
    if _has_unused_alpha(picture):
        return lambda part: part.convert("RGB")
    transfer = _hdr_transfer(picture)
    return _opaque if transfer is None else lambda part: _opaque(_in_standard_range(part, transfer))


def _opaque(picture: Pillow.Image) -> Pillow.Image:
    """Return a picture in RGB, blended over white."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", rgba.size, _WHITE), rgba)
    return picture.convert("RGB")


def _hdr_transfer(picture: Pillow.Image) -> int | None:
    """Return the transfer function of an HDR picture, as cameras write HEIC; None for any other."""
    profile = picture.info.get("nclx_profile") or {}
    is_hdr = profile.get("transfer_characteristics") in _HDR and profile.get("color_primaries") == _BT2020
    return int(profile["transfer_characteristics"]) if is_hdr else None


def _in_standard_range(picture: Pillow.Image, transfer: int) -> Pillow.Image:
    from emotion.vision.decode.hdr import still_rgb  # noqa: PLC0415 – loads FFmpeg, which few pictures need

    shown = Pillow.fromarray(still_rgb(np.asarray(picture.convert("RGB")), transfer))
    if picture.has_transparency_data:
        shown.putalpha(picture.convert("RGBA").getchannel("A"))
    return shown


def _has_unused_alpha(picture: Pillow.Image) -> bool:
    """Return whether a BMP has a fourth channel that is 0 everywhere, as Windows writes opaque pictures."""
    return picture.format == "BMP" and picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 0)
