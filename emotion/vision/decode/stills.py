"""Converts the colours of a decoded still picture to opaque RGB of standard range."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from emotion.types import Image
from emotion.vision.decode.repair import png_chunk

_WHITE = (255, 255, 255, 255)
_HDR, _BT2020 = {16, 18}, 9
"""Transfer functions PQ and HLG, and their primaries (ITU-T H.273). :mod:`hdr` has them too, but loads FFmpeg."""

_GREY_MODES = {"1", "L", "LA", "La"}
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour spaces of profiles (ICC.1) and Pillow's modes for them."""
_MOST_PROFILE_BYTES = 16 << 20
_AVIF_HDR = tuple(b"nclx" + struct.pack(">HH", _BT2020, transfer) for transfer in sorted(_HDR))
_GAMMA = 0.45455
"""The gAMA value of PNGs made for ordinary screens."""
_MOST_GAMMA = 10.0
"""Larger gammas, or smaller ones than its inverse, occur only in damaged files."""
_VISIBLE = 8
"""Smallest change in brightness (0–255) for which a profile is applied. Display P3 of phones changes less."""
_SKIN = ((255, 219, 172), (241, 194, 125), (224, 172, 105), (198, 134, 66), (141, 85, 36), (80, 50, 30))

Convert = Callable[[Pillow.Image], Pillow.Image]
"""Returns a part of a picture in RGB."""


def converter_of(picture: Pillow.Image) -> Convert:
    """Return the function that converts parts of a loaded picture of up to 8 bits per channel to RGB, over white."""
    if _has_unused_alpha(picture):
        return lambda part: part.convert("RGB")
    if (transfer := _hdr_transfer(picture)) is not None:
        return lambda part: _opaque(_in_standard_range(part, transfer))
    mode = "CMYK" if picture.mode == "CMYK" else "L" if picture.mode in _GREY_MODES else "RGB"
    if (curve := _gamma_curve(picture.info)) is not None:
        return lambda part: _opaque(_with_alpha_of(part, part.convert("RGB").point(curve.tolist() * 3)))
    transform = profile_transform(picture.info.get("icc_profile"), mode)
    return _opaque if transform is None else lambda part: _opaque(_profiled(part, mode, transform))


def note_colours(picture: Pillow.Image, content: bytes) -> None:
    """Store the HDR that a PNG or AVIF declares in the picture's ``info``, under the key that HEIC has.

    Args:
        picture: An open picture.
        content: The bytes of its file.
    """
    if picture.format == "PNG" and (cicp := png_chunk(content, b"cICP")) is not None and len(cicp) == 4:
        picture.info["nclx_profile"] = {"color_primaries": cicp[0], "transfer_characteristics": cicp[1]}
    if picture.format == "AVIF" and any(mark in content for mark in _AVIF_HDR):
        from pillow_heif import open_heif  # noqa: PLC0415 – ten megabytes that few pictures need

        # The mark may belong to a gain map; only the picture's own counts. Nothing is decoded.
        picture.info["nclx_profile"] = open_heif(io.BytesIO(content)).info.get("nclx_profile")


@lru_cache(maxsize=2)  # pictures of one camera share a profile; a transform takes milliseconds, a profile up to 16 MB
def profile_transform(profile: bytes | None, mode: str) -> Any | None:
    """Return Pillow's transform from a colour profile to sRGB; None if it would hardly change the brightness.

    Args:
        profile: The ICC profile of a picture, which may be damaged.
        mode: ``"RGB"``, ``"L"`` or ``"CMYK"``.
    """
    if not profile or len(profile) > _MOST_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _SPACES.get(source.profile.xcolor_space.strip()) != mode:
            return None
        intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB", intent, flags)
        return transform if _is_visible(transform, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@cache
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def _is_visible(transform: Any, mode: str) -> bool:
    greys = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[:, None], 3, axis=1)
    patches = Pillow.fromarray(np.concatenate([greys, np.array(_SKIN, np.uint8)])[None])
    before = patches.convert(mode)
    after = ImageCms.applyTransform(before, transform)
    return bool(after and np.abs(_brightness(after) - _brightness(before.convert("RGB"))).max() >= _VISIBLE)


def _brightness(picture: Pillow.Image) -> np.ndarray:
    return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2GRAY).astype(int)


def _profiled(picture: Pillow.Image, mode: str, transform: Any) -> Pillow.Image:
    """Return a part of a picture in sRGB, with its alpha if it has one."""
    shown = ImageCms.applyTransform(picture.convert(mode), transform)
    return picture if shown is None else _with_alpha_of(picture, shown)


def deep_in_srgb(image: Image, info: Mapping[Any, Any]) -> Image:
    """Return an 8-bit RGB picture that was reduced from more bits in sRGB, given the ``info`` that Pillow read."""
    if (curve := _gamma_curve(info)) is not None:
        return curve[image]
    for mode in ("RGB", "L"):
        if (transform := profile_transform(info.get("icc_profile"), mode)) is not None:
            return np.asarray(_profiled(Pillow.fromarray(image).convert(mode), mode, transform), np.uint8)
    return image


def _opaque(picture: Pillow.Image) -> Pillow.Image:
    """Return a picture in RGB, blended over white."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", rgba.size, _WHITE), rgba)
    return picture.convert("RGB")


def _gamma_curve(info: Mapping[Any, Any]) -> Image | None:
    """Return a ``(256,)`` lookup table from a PNG's gamma to sRGB; None if it would change little.

    A colour profile and the chunks sRGB and cICP take precedence (PNG, third edition, section 4.3).
    """
    gamma = info.get("gamma") or 0
    is_damaged = not 1 / _MOST_GAMMA <= gamma <= _MOST_GAMMA
    if is_damaged or info.get("icc_profile") or "srgb" in info or info.get("nclx_profile"):
        return None
    curve: Image = np.rint(255 * (np.arange(256) / 255) ** (_GAMMA / gamma)).astype(np.uint8)
    return curve if np.abs(curve - np.arange(256)).max() >= _VISIBLE else None


def _hdr_transfer(picture: Pillow.Image) -> int | None:
    """Return the transfer function of an HDR picture, as cameras write HEIC; None for any other."""
    profile = picture.info.get("nclx_profile") or {}
    is_hdr = profile.get("transfer_characteristics") in _HDR and profile.get("color_primaries") == _BT2020
    return int(profile["transfer_characteristics"]) if is_hdr else None


def _in_standard_range(picture: Pillow.Image, transfer: int) -> Pillow.Image:
    from emotion.vision.decode.hdr import still_rgb  # noqa: PLC0415 – loads FFmpeg, which few pictures need

    return _with_alpha_of(picture, Pillow.fromarray(still_rgb(np.asarray(picture.convert("RGB")), transfer)))


def _with_alpha_of(picture: Pillow.Image, shown: Pillow.Image) -> Pillow.Image:
    """Give a converted picture the alpha of the original, if that has any."""
    if picture.has_transparency_data:
        shown.putalpha(picture.convert("RGBA").getchannel("A"))
    return shown


def _has_unused_alpha(picture: Pillow.Image) -> bool:
    """Return whether this is a BMP whose alpha is 0 everywhere; Windows writes opaque pictures that way."""
    return picture.format == "BMP" and picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 0)
