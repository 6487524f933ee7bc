"""A small recorder that writes what LSL inlets receive as an XDF file (https://github.com/sccn/xdf/wiki/Specifications)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import pylsl

_HEADER, _STREAM, _SAMPLES, _OFFSET, _FOOTER = 1, 2, 3, 4, 6


class XdfRecorder:
    """Records streams and their clock offsets in memory, and writes them to a file."""

    def __init__(self, infos: list[pylsl.StreamInfo]) -> None:
        self._inlets = [pylsl.StreamInlet(info, recover=False) for info in infos]
        for inlet in self._inlets:
            inlet.open_stream(10)
        self.samples: list[list[tuple[list[Any], float]]] = [[] for _ in infos]
        self.offsets: list[list[tuple[float, float]]] = [[] for _ in infos]
        self.measure_offsets()

    def measure_offsets(self) -> None:
        for inlet, offsets in zip(self._inlets, self.offsets, strict=True):
            offset_s = inlet.time_correction(10)
            # The time of the sender's clock: the recorder's time less the offset, as LabRecorder writes it.
            offsets.append((pylsl.local_clock() - offset_s, offset_s))

    def pull(self) -> None:
        for inlet, kept in zip(self._inlets, self.samples, strict=True):
            values, stamps = inlet.pull_chunk(timeout=0.0)
            kept.extend(zip(values, stamps, strict=True))

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            file.write(b"XDF:")
            _chunk(file, _HEADER, b'<?xml version="1.0"?><info><version>1.0</version></info>')
            for number, (inlet, kept, offsets) in enumerate(
                zip(self._inlets, self.samples, self.offsets, strict=True), start=1
            ):
                info = inlet.info()
                name = struct.pack("<I", number)
                _chunk(file, _STREAM, name + info.as_xml().encode())
                _chunk(file, _SAMPLES, name + _packed(kept, info.channel_format() == pylsl.cf_string))
                for moment_s, offset_s in offsets:
                    _chunk(file, _OFFSET, name + struct.pack("<dd", moment_s, offset_s))
                first, last = (kept[0][1], kept[-1][1]) if kept else (0.0, 0.0)
                footer = (
                    f"<info><first_timestamp>{first}</first_timestamp><last_timestamp>{last}</last_timestamp>"
                    f"<sample_count>{len(kept)}</sample_count></info>"
                )
                _chunk(file, _FOOTER, name + footer.encode())


def _packed(kept: list[tuple[list[Any], float]], is_text: bool) -> bytes:
    parts = [b"\x04", struct.pack("<I", len(kept))]
    for values, stamp_s in kept:
        parts.append(b"\x08" + struct.pack("<d", stamp_s))
        if is_text:
            for text in values:
                content = text.encode()
                parts.append(b"\x04" + struct.pack("<I", len(content)) + content)
        else:
            parts.append(struct.pack(f"<{len(values)}f", *values))
    return b"".join(parts)


def _chunk(file: BinaryIO, tag: int, content: bytes) -> None:
    file.write(b"\x04" + struct.pack("<I", len(content) + 2) + struct.pack("<H", tag) + content)
