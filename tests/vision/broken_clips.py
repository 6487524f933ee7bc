"""Makes videos with known wrong headers and time stamps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

PACKET = 188
"""Size of an MPEG-TS packet, bytes."""
TS_HZ = 90_000
TS_WRAP = 2**33

Restamp = Callable[[int, int], int | None]
"""(Position of a frame in decoding order, its time stamp) → new time stamp or None for none, in 1/90,000 s."""


def restamp_ts(source: Path, target: Path, restamp: Restamp) -> Path:
    """Copy an MPEG-TS file with new time stamps; its only video must have one PES packet per frame."""
    data, count = bytearray(source.read_bytes()), 0
    for start in range(0, len(data), PACKET):
        begins, has_field = data[start + 1] & 0x40, data[start + 3] & 0x20
        pes = start + 4 + (1 + data[start + 4] if has_field else 0)
        if not begins or data[pes : pes + 3] != b"\0\0\1" or not 0xE0 <= data[pes + 3] <= 0xEF:
            continue
        flags = data[pes + 7] >> 6
        places = [pes + 9, pes + 14][: 2 if flags == 3 else 1]
        stamps = [restamp(count, _stamp(data, place)) for place in places]
        if None in stamps:
            data[pes + 7] &= 0x3F  # the fields remain as stuffing bytes
            data[pes + 9 : pes + 9 + data[pes + 8]] = b"\xff" * data[pes + 8]
        else:
            for place, stamp in zip(places, stamps, strict=True):
                _write_stamp(data, place, (stamp or 0) % TS_WRAP)
        count += 1
    target.write_bytes(data)
    return target


def _stamp(data: bytearray, place: int) -> int:
    """Read a time stamp of 33 bits (ISO/IEC 13818-1, 2.4.3.6)."""
    high, low = (int.from_bytes(data[start : start + 2]) >> 1 for start in (place + 1, place + 3))
    return (data[place] >> 1 & 7) << 30 | high << 15 | low


def _write_stamp(data: bytearray, place: int, stamp: int) -> None:
    data[place] = data[place] & 0xF0 | stamp >> 30 << 1 | 1
    data[place + 1 : place + 3] = ((stamp >> 15 & 0x7FFF) << 1 | 1).to_bytes(2)
    data[place + 3 : place + 5] = ((stamp & 0x7FFF) << 1 | 1).to_bytes(2)


def set_box(path: Path, name: bytes, change: Callable[[bytearray], None]) -> Path:
    """Change the content of every box with a given name in an MP4 file, in place."""
    data, place = bytearray(path.read_bytes()), 0
    while (place := data.find(name, place)) >= 0:
        end = place - 4 + int.from_bytes(data[place - 4 : place])
        content = data[place + 4 : end]
        change(content)
        data[place + 4 : end] = content
        place = end
    path.write_bytes(data)
    return path


def write_streams(path: Path, streams: list[tuple[list[np.ndarray], str, int]], **options: str) -> Path:
    """Write a file with several video streams at 25 frames per second, each given by frames, codec and disposition."""
    with av.open(str(path), "w", options=options) as container:
        made = []
        for pictures, name, disposition in streams:
            stream = container.add_stream(name or "libx264", rate=25)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
            stream.disposition = disposition
            made.append(stream)
        for stream, (pictures, _, _) in zip(made, streams, strict=True):
            for picture in pictures:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
    return path


def overwrite_packets(source: Path, target: Path, places: set[int], share_kept: float = 0.0) -> Path:
    """Copy a video with the ends of some packets overwritten, given by their positions in decoding order."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as container:
        stream = container.add_stream_from_template(whole.streams.video[0])
        for place, packet in enumerate(whole.demux(video=0)):
            if not packet.size:
                continue
            kept = int(packet.size * share_kept) if place in places else packet.size
            copy = av.Packet(bytes(packet)[:kept] + b"\xff" * (packet.size - kept))
            copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            copy.duration, copy.is_keyframe, copy.stream = packet.duration, packet.is_keyframe, stream
            container.mux(copy)
    return target
