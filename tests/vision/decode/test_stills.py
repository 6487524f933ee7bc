"""Colours of still pictures: HDR, and alpha that no program uses."""

from __future__ import annotations

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from emotion.samples import sample_image
from emotion.vision.decode.hdr import HLG, PQ
from emotion.vision.decode.image import load_image
from tests.vision.decode.test_hdr import signal

PORTRAIT = np.ascontiguousarray(sample_image()[:240, :320])
TO_BT2020 = np.linalg.inv([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])


def heic(transfer: int, primaries: int = 9) -> bytes:
    """Return the portrait as cameras write HDR stills: 10 bits, BT.2020."""
    light = (PORTRAIT / 255) ** 2.4 @ TO_BT2020.T
    coded = (np.clip(signal(light.clip(0), transfer), 0, 1) * 65535).round().astype(np.uint16)
    picture = pillow_heif.from_bytes("RGB;16", (320, 240), coded.tobytes())
    buffer = io.BytesIO()
    picture.save(
        buffer,
        quality=95,
        save_nclx_profile=True,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=9,
        full_range_flag=1,
    )
    return buffer.getvalue()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_stills_have_the_brightness_of_standard_ones(transfer: int) -> None:
    shown = load_image(heic(transfer))
    assert np.abs(shown.astype(int) - PORTRAIT).mean() < 5


def bmp(alpha: int) -> bytes:
    """Return a BMP of 32 bits with a mask for alpha, which has the same value everywhere."""
    height, width = PORTRAIT.shape[:2]
    pixels = np.dstack([PORTRAIT[..., ::-1], np.full((height, width), alpha, np.uint8)])[::-1].tobytes()
    header = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(pixels), 2835, 2835, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + pixels


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_windows_picture_whose_alpha_is_unused_is_opaque(alpha: int) -> None:
    assert np.array_equal(load_image(bmp(alpha)), PORTRAIT)


def test_a_transparent_png_is_still_white() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([PORTRAIT, np.zeros(PORTRAIT.shape[:2], np.uint8)])).save(buffer, "PNG")
    assert (load_image(buffer.getvalue()) == 255).all()
