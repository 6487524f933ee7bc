"""Finds packets that hold only the second field of an interlaced H.264 frame.

AVCHD camcorders and television may code the two fields of a frame as pictures of their own. In an MPEG transport stream
and in a raw stream, FFmpeg makes a packet of each, but decodes both together to one frame (ITU-T H.264, 7.3.2.1.1,
7.3.3 and 7.4.1.2.4).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

_SPLIT = {"mpegts", "h264"}
"""Formats whose packets FFmpeg forms itself, each of one coded picture."""
_START = re.compile(rb"\x00\x00\x01")
_SLICE, _IDR_SLICE, _SEQUENCE = 1, 5, 7
_WITH_CHROMA_FORMAT = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
"""Profiles whose parameter sets have a chroma format, bit depths and scaling lists."""
_HEADER_BYTES, _SEQUENCE_BYTES = 40, 2000
"""More than the fields that are read here take."""


def frame_packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream that begin a frame: not empty, not discarded, not a second field."""
    fields = _Fields() if stream.codec_context.name == "h264" and container.format.name in _SPLIT else None
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard and not (fields and fields.is_second(bytes(packet))):
            yield packet


class _Fields:
    """Follows coded pictures in decoding order; parameter sets are read from the stream, and the newest one counts."""

    def __init__(self) -> None:
        self._number_bits = 0
        """Length of a frame's number in slices; 0 if all pictures are frames, or nothing is known."""
        self._has_planes = False
        self._open: tuple[int, bool] | None = None
        """Number and parity of a field whose frame lacks the other one."""

    def is_second(self, packet: bytes) -> bool:
        """Return whether a packet completes the frame of the packet before."""
        field = self._field(packet)
        first, self._open = self._open, field
        if field is None or first is None or first[0] != field[0] or first[1] == field[1]:
            return False
        self._open = None
        return True

    def _field(self, packet: bytes) -> tuple[int, bool] | None:
        """Return frame number and parity (whether bottom) of a packet's picture; None if it is a whole frame."""
        for found in _START.finditer(packet):
            at = found.end()
            kind = packet[at] & 31 if at < len(packet) else 0
            if kind == _SEQUENCE:
                self._read_sequence(_Bits(packet[at + 1 : at + 1 + _SEQUENCE_BYTES]))
            elif kind in {_SLICE, _IDR_SLICE}:
                return self._read_slice(_Bits(packet[at + 1 : at + 1 + _HEADER_BYTES])) if self._number_bits else None
        return None

    def _read_slice(self, bits: _Bits) -> tuple[int, bool] | None:
        for _ in range(3):  # first macroblock, slice type, picture parameter set
            bits.golomb()
        if self._has_planes:
            bits.read(2)
        number = bits.read(self._number_bits)
        return (number, bool(bits.read(1))) if bits.read(1) else None

    def _read_sequence(self, bits: _Bits) -> None:
        profile = bits.read(24) >> 16  # constraints and level are not needed
        bits.golomb()
        self._has_planes = False
        if profile in _WITH_CHROMA_FORMAT:
            chroma = bits.golomb()
            self._has_planes = chroma == 3 and bool(bits.read(1))
            bits.golomb()
            bits.golomb()
            bits.read(1)
            if bits.read(1):
                bits.skip_scaling(12 if chroma == 3 else 8)
        number_bits = bits.golomb() + 4
        order = bits.golomb()
        if order == 0:
            bits.golomb()
        elif order == 1:
            bits.read(1)
            bits.golomb()
            bits.golomb()
            for _ in range(min(bits.golomb(), 255)):
                bits.golomb()
        bits.golomb()
        bits.read(1)
        bits.golomb()
        bits.golomb()
        has_only_frames = bits.read(1)
        self._number_bits = 0 if has_only_frames or number_bits > 16 else number_bits


class _Bits:
    """Reads bits and Exp-Golomb codes of a NAL unit's payload; beyond its end are ones."""

    def __init__(self, payload: bytes) -> None:
        plain = payload.replace(b"\x00\x00\x03", b"\x00\x00")
        self._bits = itertools.chain(
            ((byte >> place) & 1 for byte in plain for place in range(7, -1, -1)), itertools.repeat(1)
        )

    def read(self, count: int) -> int:
        value = 0
        for bit in itertools.islice(self._bits, count):
            value = 2 * value + bit
        return value

    def golomb(self) -> int:
        """Return an unsigned code; signed ones have the same length."""
        zeros = 0
        while not next(self._bits) and zeros < 32:
            zeros += 1
        return 2**zeros - 1 + self.read(zeros)

    def skip_scaling(self, lists: int) -> None:
        for number in range(lists):
            if self.read(1):
                last = following = 8
                for _ in range(16 if number < 6 else 64):
                    if following:
                        code = self.golomb()
                        following = (last + ((code + 1) // 2 if code % 2 else -code // 2)) % 256
                    last = following or last
