"""Tone-maps high dynamic range video and stills: PQ and HLG in BT.2020 to 8-bit BT.709.

Diffuse white (203 cd/m², ITU-R BT.2408) maps close to the brightest value of standard video; highlights are compressed
into the rest. Curves are lookup tables, so a frame costs lookups and one matrix product.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from emotion.types import Image

PQ, HLG = 16, 18
"""Transfer functions in ITU-T H.273."""
_HDR = {PQ, HLG}

_WHITE_CD_M2 = 203.0
_PQ_PEAK = 4000.0 / _WHITE_CD_M2
_HLG_WHITE = 0.2646
"""Scene light at an HLG signal of 75%, diffuse white in BT.2408."""
_KNEE = 0.85
"""Light above which highlights are compressed, as a share of diffuse white."""
_DISPLAY_GAMMA = 2.4
"""ITU-R BT.1886."""
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
"""Linear light, ITU-R BT.2087."""
_BITS = 12
"""Precision of the lookup."""
_STEPS = 2**16 - 1
_PLANAR_BITS = {"yuv420p10le": 10, "yuv422p10le": 10, "yuv444p10le": 10, "yuv420p12le": 12, "yuv422p12le": 12}
_FULL_RANGE = 2


def is_hdr(picture: Any) -> bool:
    """Return whether a decoded picture's values are PQ or HLG."""
    return picture.color_trc in _HDR


def hdr_luma(picture: Any) -> Image:
    """Return the ``(H, W)`` uint8 full-range SDR luma of an HDR picture, as stored."""
    bits, full = _PLANAR_BITS.get(picture.format.name), picture.color_range == _FULL_RANGE
    if bits is None:
        values, bits, full = picture.to_ndarray(format="gray"), 8, True
    else:
        plane = picture.planes[0]
        stored = np.frombuffer(plane, "<u2").reshape(-1, plane.line_size // 2)
        # Damaged files may hold values beyond their depth.
        values = np.minimum(stored[: picture.height, : picture.width], 2**bits - 1)
    return _grey_table(picture.color_trc, bits, full)[values]


def hdr_rgb(picture: Any) -> Image:
    """Return the ``(H, W, 3)`` uint8 SDR RGB of an HDR picture, as stored."""
    converted = VideoReformatter().reformat(picture, format="rgb48le").to_ndarray()
    return _tone_mapped(np.asarray(converted, np.uint16) >> (16 - _BITS), picture.color_trc)


def still_rgb(coded: Image, transfer: int) -> Image:
    """Return the ``(H, W, 3)`` uint8 SDR RGB of a PQ or HLG still picture, whose values have 8 bits."""
    steps: NDArray[np.uint16] = np.rint(np.arange(256) * ((2**_BITS - 1) / 255)).astype(np.uint16)
    return _tone_mapped(steps[coded], transfer)


def _tone_mapped(coded: NDArray[np.integer[Any]], transfer: int) -> Image:
    peak = _peak(transfer)
    light = cv2.transform(_light_table(transfer)[coded], _BT2020_TO_BT709)
    steps = np.clip(light * (_STEPS / peak), 0, _STEPS).astype(np.uint16)
    return _display_table(peak)[steps]


def _peak(transfer: int) -> float:
    return _PQ_PEAK if transfer == PQ else 1 / _HLG_WHITE


def _light(signal: NDArray[np.float64], transfer: int) -> NDArray[np.float64]:
    """Return the light of a signal, 0–1, as a share of diffuse white (ITU-R BT.2100)."""
    if transfer == HLG:
        # No OOTF: its gamma, 1.2 + 0.42·lg(peak / 1000 cd/m²), is about 1 for SDR screens.
        low, high = signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return np.where(signal <= 0.5, low, high) / _HLG_WHITE
    power = signal ** (1 / 78.84375)
    light = (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return np.minimum(10_000 / _WHITE_CD_M2 * light, _PQ_PEAK)


def _display_values(light: NDArray[np.float64], peak: float) -> Image:
    """Return 8-bit values of light: unchanged below the knee, compressed above it, with the peak at 255."""
    over, most = np.maximum(light - _KNEE, 0) / (1 - _KNEE), (peak - _KNEE) / (1 - _KNEE)
    # Reinhard et al. 2002, equation 4: slope 1 at the knee, 1 at the peak.
    compressed = _KNEE + (1 - _KNEE) * over * (1 + over / most**2) / (1 + over)
    shown = np.where(light <= _KNEE, light, compressed)
    return np.rint(255 * np.clip(shown, 0, 1) ** (1 / _DISPLAY_GAMMA)).astype(np.uint8)


@cache
def _grey_table(transfer: int, bits: int, full: bool) -> Image:
    codes = np.arange(2**bits) / (2 ** (bits - 8) if not full else (2**bits - 1))
    signal = codes if full else np.clip((codes - 16) / 219, 0, 1)
    return _display_values(_light(signal, transfer), _peak(transfer))


@cache
def _light_table(transfer: int) -> NDArray[np.float32]:
    return _light(np.linspace(0, 1, 2**_BITS), transfer).astype(np.float32)


@cache
def _display_table(peak: float) -> Image:
    return _display_values(np.linspace(0, peak, _STEPS + 1), peak)
