"""Makes H.264 whose frames are two coded fields, as AVCHD camcorders write it; no encoder of FFmpeg does.

All macroblocks are uncompressed (I_PCM). The first field of each frame is an IDR picture.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 64, 64
_START, _DELIMITER = b"\0\0\0\1", b"\0\0\0\1\x09\x10"


def write_fields(path: Path, frames: int, has_stamps_of_both: bool = False, is_high: bool = False) -> Path:
    """Write a video of 25 frames a second, each uniformly grey, with level 20 + its number.

    Args:
        path: Name of the file, a transport stream.
        frames: Number of frames.
        has_stamps_of_both: Whether the second field has a packet and a time stamp of its own.
        is_high: High profile with scaling lists instead of Main.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 50)
        for number in range(frames):
            fields = [_coded(20 + number, number, is_bottom, is_high) for is_bottom in (False, True)]
            for place, data in enumerate(fields if has_stamps_of_both else [b"".join(fields)]):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, 50)
                packet.pts = packet.dts = 2 * number + place
                packet.is_keyframe = not place
                container.mux(packet)
    return path


class _Bits(list[int]):
    def add(self, count: int, value: int) -> _Bits:
        self += [(value >> place) & 1 for place in range(count - 1, -1, -1)]
        return self

    def golomb(self, *values: int) -> _Bits:
        for value in values:
            self.add(2 * (value + 1).bit_length() - 1, value + 1)
        return self

    def align(self) -> None:
        self += [0] * (-len(self) % 8)


def _unit(kind: int, bits: _Bits) -> bytes:
    bits.add(1, 1).align()
    payload = np.packbits(np.array(bits, np.uint8)).tobytes()
    for last in range(4):  # emulation prevention
        payload = payload.replace(b"\0\0" + bytes([last]), b"\0\0\3" + bytes([last]))
    return _START + bytes([3 << 5 | kind]) + payload


def _parameters(is_high: bool) -> bytes:
    sequence = _Bits().add(8, 100 if is_high else 77).add(8, 0).add(8, 40).golomb(0)
    if is_high:
        sequence.golomb(1, 0, 0).add(1, 0).add(1, 1)  # 4:2:0, 8 bits, with scaling lists
        sequence.add(1, 1).golomb(*[0] * 16).add(1, 1).golomb(16).add(6, 0)  # a flat list, and a default one
    sequence.golomb(0, 0, 4, 1).add(1, 0).golomb(WIDTH // 16 - 1, HEIGHT // 32 - 1).add(5, 0b00100)
    picture = _Bits().golomb(0, 0).add(2, 0b01).golomb(0, 0, 0).add(3, 0).golomb(0, 0, 0).add(3, 0)
    return _unit(7, sequence) + _unit(8, picture)


def _coded(level: int, number: int, is_bottom: bool, is_high: bool) -> bytes:
    bits = _Bits().golomb(0, 7, 0).add(4, 0).add(1, 1).add(1, is_bottom)
    if is_bottom:
        bits.add(8, 1).add(1, 0)
    else:
        bits.golomb(number % 2).add(8, 0).add(2, 0)
    bits.golomb(0)
    block = np.unpackbits(np.full(384, level, np.uint8)).tolist()
    for _ in range(WIDTH * HEIGHT // 2 // 256):
        bits.golomb(25).align()
        bits += block
    return _DELIMITER + (b"" if is_bottom else _parameters(is_high)) + _unit(1 if is_bottom else 5, bits)
