"""Colours of still pictures: HDR, colour profiles, and alpha that no program uses."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from emotion.samples import sample_image
from emotion.vision.decode.hdr import HLG, PQ
from emotion.vision.decode.image import load_image
from tests.vision.decode.test_hdr import signal

PORTRAIT = np.ascontiguousarray(sample_image()[:240, :320])
TO_BT2020 = np.linalg.inv([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])


def heic(transfer: int) -> bytes:
    """Return the portrait as cameras write HDR stills: 10 bits, BT.2020."""
    light = (PORTRAIT / 255) ** 2.4 @ TO_BT2020.T
    coded = (np.clip(signal(light.clip(0), transfer), 0, 1) * 65535).round().astype(np.uint16)
    picture = pillow_heif.from_bytes("RGB;16", (320, 240), coded.tobytes())
    buffer = io.BytesIO()
    picture.save(
        buffer,
        quality=95,
        save_nclx_profile=True,
        color_primaries=9,
        transfer_characteristics=transfer,
        matrix_coefficients=9,
        full_range_flag=1,
    )
    return buffer.getvalue()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_stills_have_the_brightness_of_standard_ones(transfer: int) -> None:
    shown = load_image(heic(transfer))
    assert np.abs(shown.astype(int) - PORTRAIT).mean() < 5


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values: np.ndarray, *chunks: bytes) -> bytes:
    """Return an RGB or grey PNG of 8 or 16 bits with more chunks."""
    content = cv2.imencode(".png", values[..., ::-1] if values.ndim == 3 else values)[1].tobytes()
    return content[:33] + b"".join(chunks) + content[33:]


def avif(transfer: int, folder: Path) -> bytes:
    """Return the portrait as an HDR AVIF of 10 bits."""
    path = folder / "hdr.avif"
    light = (PORTRAIT / 255) ** 2.4 @ TO_BT2020.T
    coded = (np.clip(signal(light.clip(0), transfer), 0, 1) * 65535).round().astype(np.uint16)
    with av.open(str(path), "w", format="avif") as container:
        stream = container.add_stream("libsvtav1", rate=1, options={"preset": "10", "crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries = context.colorspace = 9
        context.color_trc, context.color_range = transfer, 2
        frame = av.VideoFrame.from_ndarray(coded, format="rgb48le")
        container.mux(stream.encode(frame.reformat(format="yuv420p10le", dst_colorspace=9, dst_color_range=2)))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_an_hdr_avif_has_the_brightness_of_a_standard_one(transfer: int, tmp_path: Path) -> None:
    assert np.abs(load_image(avif(transfer, tmp_path)).astype(int) - PORTRAIT).mean() < 6


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_an_hdr_png_has_the_brightness_of_a_standard_one(transfer: int, depth: type) -> None:
    light = (PORTRAIT / 255) ** 2.4 @ TO_BT2020.T
    coded = (np.clip(signal(light.clip(0), transfer), 0, 1) * np.iinfo(depth).max).round().astype(depth)
    shown = load_image(png(coded, chunk(b"cICP", bytes([9, transfer, 0, 1]))))
    assert np.abs(shown.astype(int) - PORTRAIT).mean() < 6


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("gamma", [1.0, 0.55556])
@pytest.mark.parametrize("colours", [1, 3])
def test_a_png_of_another_gamma_has_its_brightness(depth: type, gamma: float, colours: int) -> None:
    wanted = PORTRAIT if colours == 3 else PORTRAIT[..., 1]
    coded = ((wanted / 255) ** (2.2 * gamma) * np.iinfo(depth).max).round().astype(depth)
    gama = chunk(b"gAMA", struct.pack(">I", round(gamma * 1e5)))
    shown = load_image(png(coded, gama))
    assert np.abs(shown.astype(int) - np.atleast_3d(wanted)).mean() < 2
    long_text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2_000_000)))
    assert np.array_equal(load_image(png(coded, long_text, gama)), shown), "read without its text"


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(b"gAMA", struct.pack(">I", 45455))],
        [chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"sRGB", b"\0")],
        [chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"cICP", bytes([1, 13, 0, 1]))],
        [chunk(b"gAMA", struct.pack(">I", 0))],
        [chunk(b"gAMA", struct.pack(">I", 3))],
        [chunk(b"gAMA", struct.pack(">I", 100_000))[:-1] + b"?"],
    ],
    ids=["usual", "with sRGB", "with cICP", "zero", "next to zero", "damaged"],
)
def test_other_gammas_change_nothing(chunks: list[bytes]) -> None:
    assert np.array_equal(load_image(png(PORTRAIT, *chunks)), PORTRAIT)


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


SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))
WHITE = (0.9642, 1.0, 0.8249)
CURVE = struct.pack(
    ">4s4xHH5i", b"para", 3, 0, *(round(65536 * v) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)
"""sRGB's tone curve (ICC.1, 10.18)."""


def xyz(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(65536 * value)) for value in values)


def gamma(exponent: float) -> bytes:
    return struct.pack(">4s4xIHH", b"curv", 1, round(256 * exponent), 0)


def profile(curve: bytes, colours: tuple[tuple[float, ...], ...] = ()) -> bytes:
    """Return an ICC profile of colours, given by their primaries, or of greys."""
    tags = {b"wtpt": b"XYZ \0\0\0\0" + xyz(WHITE), b"cprt": b"text\0\0\0\0none\0"}
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    for name, primary in zip((b"r", b"g", b"b"), colours, strict=False):
        tags |= {name + b"XYZ": b"XYZ \0\0\0\0" + xyz(primary), name + b"TRC": curve}
    if not colours:
        tags[b"kTRC"] = curve
    table, data, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    space = b"RGB " if colours else b"GRAY"
    header = struct.pack(">I4sI4s4s4s12x4s28x", start + len(data), b"lcms", 0x2400000, b"mntr", space, b"XYZ ", b"acsp")
    return header + xyz(WHITE) + bytes(48) + table + data


def tagged(picture: Image.Image, icc: bytes, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, icc_profile=icc)
    return buffer.getvalue()


def coded(icc: bytes) -> Image.Image:
    """Return the portrait in the colours of a profile."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.profileToProfile(Image.fromarray(PORTRAIT), ImageCms.createProfile("sRGB"), target)


@pytest.mark.parametrize("icc", [profile(gamma(1.0), SRGB), profile(gamma(1.8), PROPHOTO)], ids=["linear", "ProPhoto"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_profiles_that_change_the_brightness_are_applied(icc: bytes, kind: str) -> None:
    shown = load_image(tagged(coded(icc), icc, kind))
    assert np.abs(shown.astype(int) - PORTRAIT).mean() < 2


def test_transparency_is_kept_under_a_profile() -> None:
    icc = profile(gamma(1.0), SRGB)
    rgba = np.dstack([np.asarray(coded(icc)), np.full(PORTRAIT.shape[:2], 255, np.uint8)])
    rgba[:50, :, 3] = 0
    shown = load_image(tagged(Image.fromarray(rgba), icc))
    assert (shown[:50] == 255).all()
    assert np.abs(shown[50:].astype(int) - PORTRAIT[50:]).mean() < 2


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_linear_greys_are_shown_with_their_brightness(depth: type) -> None:
    greys = np.asarray(Image.fromarray(PORTRAIT).convert("L"))
    most = np.iinfo(depth).max
    linear = ((greys / 255) ** 2.2 * most).round().astype(depth)
    shown = load_image(tagged(Image.fromarray(linear), profile(gamma(1.0))))
    assert np.abs(shown[..., 0].astype(int) - greys).mean() < 4


def test_other_profiles_change_nothing() -> None:
    picture = Image.fromarray(PORTRAIT)
    whole = profile(gamma(1.0), SRGB)
    for icc in (profile(CURVE, DISPLAY_P3), profile(CURVE, SRGB), whole[:200], b"no profile", profile(gamma(1.0))):
        assert np.array_equal(load_image(tagged(picture, icc)), PORTRAIT)
