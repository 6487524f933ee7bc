"""Measures the speed and the memory of a library worker that analyses a video of three hours."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import av

from bench.common.process import resident_mb
from emotion.library import LOCAL, Entry, JobSettings, Library, Repository
from emotion.library.jobs import Dispatcher

HOURS = 3.0
FPS = 5.0
POLL_INTERVAL_S = 1.0
"""Seconds between checks of the worker's memory."""
_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)


def write_looped(clip: Path, target: Path, seconds: float) -> Path:
    """Repeat a clip's video stream until it is ``seconds`` long; packets are copied, not encoded again."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        # The demultiplexer ends with an empty packet.
        packets: list[Any] = [packet for packet in source.demux(stream) if packet.dts is not None]
        length = max(packet.pts + packet.duration for packet in packets) - min(packet.pts for packet in packets)
        for loop in range(round(seconds / float(length * packets[0].time_base))):
            for packet in packets:
                output.mux(_shifted(packet, loop * length, copy))
    return target


def _shifted(packet: Any, ticks: int, stream: Any) -> Any:
    copy = av.Packet(bytes(packet))
    copy.pts, copy.dts, copy.duration = packet.pts + ticks, packet.dts + ticks, packet.duration
    copy.time_base, copy.is_keyframe, copy.stream = packet.time_base, packet.is_keyframe, stream
    return copy


def open_library(folder: Path) -> Library:
    """Open the library of the measurement, and set ``EMOTION_LIBRARY`` so that workers and pages use it too."""
    os.environ["EMOTION_LIBRARY"] = str(folder / "library")
    (folder / "library").mkdir(parents=True, exist_ok=True)
    return Library.open()


def measure_long_video(clip: Path, folder: Path) -> dict[str, Any]:
    """Repeat a clip into a long video, analyse it with a worker, and return rate, memory and size of the result.

    Args:
        clip: Video to repeat.
        folder: Folder for the long video and its library.
    """
    library = open_library(folder)
    repository = library.for_owner(LOCAL)
    video = write_looped(clip, folder / f"{clip.stem}.mp4", HOURS * 3600)
    try:
        entry = repository.add(video, video.name, JobSettings(fps=FPS), title=clip.stem)
    finally:
        video.unlink()
    dispatcher, started = Dispatcher(library, 1).start(), time.monotonic()
    samples = _samples(repository, entry.id)
    seconds = time.monotonic() - started
    dispatcher.stop()
    return _figures(repository, repository.get(entry.id), samples, seconds)


def _samples(repository: Repository, entry_id: str) -> list[tuple[float, float]]:
    """Return (share done, resident memory of the worker, MB), sampled until the analysis ends."""
    samples = []
    while not (entry := repository.get(entry_id)).state.is_over:
        pid = _worker_of(entry_id)
        if pid is not None and (resident := resident_mb(pid)):
            samples.append((entry.share, resident))
            if len(samples) % 60 == 0:
                print(f"{entry.share:.1%} · {resident:.0f} MB · {entry.rate:.0f} frames/s", file=sys.stderr, flush=True)
        time.sleep(POLL_INTERVAL_S)
    return samples


def _worker_of(entry_id: str) -> int | None:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if b"emotion.library.jobs.worker" in line and entry_id.encode() in line:
                return int(process.name)
    return None


def _figures(
    repository: Repository, entry: Entry, samples: list[tuple[float, float]], seconds: float
) -> dict[str, Any]:
    if entry.info is None or entry.summary is None:
        raise RuntimeError(f"the analysis is {entry.state}: {entry.note}")
    analysis = repository.load_analysis(entry.id)
    return {
        "analysis": entry.id,
        "hours": entry.info.duration_s / 3600,
        "frames_in_video": entry.info.frame_count,
        "frames": len(analysis.frames),
        "rows": len(analysis.timeline),
        "people": entry.summary["people"],
        "timeline_mb": entry.bytes / 1e6,
        "seconds": seconds,
        "frames_per_s": len(analysis.frames) / seconds,
        "memory_mb": {f"{share:.0%}": _memory_at(samples, share) for share in _SHARES},
        "peak_mb": max(resident for _, resident in samples),
        "load": os.getloadavg()[2],
    }


def _memory_at(samples: list[tuple[float, float]], share: float) -> float:
    """Return the memory of the last sample at which no more than ``share`` was done, MB."""
    return [resident for done, resident in samples if done <= share][-1]
