"""Reads a video's packets for its frame count, its duration and whether its timestamps can be trusted.

Nothing is decoded: one pass over the packets takes well under 1% of the decoding time. Durations in headers are not
used, as many recorders leave them missing or wrong.
"""

from __future__ import annotations

import contextlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from emotion.vision.decode.clock import Clock, Repairs
from emotion.vision.decode.containers import open_container, other_videos, picture_stream
from emotion.vision.decode.packets import DEEPEST_REORDER, Stamps, missing_end, read_packets

_LONGEST_GAP_S, _LONGEST_IN_BROADCAST_S = 60.0, 10.0
"""Longer gaps without sound are jumps of the clock; broadcast formats, whose clocks often jump, have a lower limit."""
_BROADCAST = {"mpegts", "mpeg", "flv"}
_RAW = {"h264", "hevc", "m4v"}
"""Formats without time stamps. FFmpeg reports the same average rate for all their files, so it is ignored."""
_STEPS_IN_A_GAP = 20
_AROUND = 4
"""Number of stamps on either side with which one is compared."""
_SAME_RATE = 5e-3
_SAME_PLACE_S = 1.0
_NAMED_JUMPS = 3
_ORDERED = "Its time stamps count frames in decoding order; they were assigned anew in display order."
_FALLBACK_RATE, _MOST_RATE = 25.0, 300.0
"""A higher stated rate counts clock ticks, not frames."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Facts about a video's time.

    Attributes:
        frames: Number of frames.
        fps: Mean frame rate.
        start_s: The file's first stamp, ffprobe's ``format.start_time``; times count from it.
        end_s: End of the last frame, s from the start.
        step_s: Usual time between two frames.
        longest_s: A gap longer than this is a jump of the clock.
        real_gaps: First and last stamp of longer gaps during which there is sound.
        mended: How timestamps were repaired, as a sentence; empty if all are right.
        left_out: What is missing at the file's end or not analysed, as sentences; or empty.
        hidden: Number of packets at the start that never become a frame.
        by_place: Time stamp of each frame in display order, s; empty if the decoded frames' own stamps are right.
    """

    frames: int
    fps: float
    start_s: float
    end_s: float
    step_s: float
    longest_s: float
    real_gaps: tuple[tuple[float, float], ...]
    mended: str
    left_out: str = ""
    hidden: int = 0
    by_place: tuple[float, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether every stamp is right, so seeking by timestamp is safe."""
        return not self.mended

    def clock(self) -> Clock:
        """Return a new clock for the frames of this video."""
        longest_s = float("inf") if self.is_clean else self.longest_s
        return Clock(self.start_s, self.step_s, longest_s, is_real=self._is_real)

    def _is_real(self, first_s: float, last_s: float) -> bool:
        pairs = ((abs(first_s - first), abs(last_s - last)) for first, last in self.real_gaps)
        return any(max(pair) < _SAME_PLACE_S for pair in pairs)


def survey(path: str | Path) -> Survey:
    """Return the facts about a video's time, cached until the file changes.

    Raises:
        VideoError: It holds no video stream.
        av.error.FFmpegError: It cannot be opened.
        ValueError: It cannot be opened (:func:`open_container`).
    """
    if (facts := _cached(path)).survey is None:
        with open_container(path) as container:
            facts.survey = _survey(container, picture_stream(container))
    return facts.survey


def survey_opened(container: Any, stream: Any) -> tuple[Survey, bool]:
    """Return the facts about an open video's time, and whether the container is at its start afterwards.

    Opening a video costs several times as much as reading its packets, so the caller's container is read and rewound.

    Args:
        container: From :func:`open_container`, not read yet.
        stream: Its :func:`picture_stream`.
    """
    if (facts := _cached(container.name)).survey is not None:
        return facts.survey, True
    facts.survey = _survey(container, stream)
    index = stream.index_entries
    # Only mp4 has an index of all frames at once. If the numbers differ, damage stopped the reading.
    if "mp4" not in container.format.name or not facts.survey.frames or facts.survey.frames != len(index):
        return facts.survey, False
    container.seek(index[0].timestamp, stream=stream)
    return facts.survey, True


@dataclass(slots=True)
class _Cached:
    survey: Survey | None = None


def _cached(path: str | Path) -> _Cached:
    """Return the cache entry of a file; it is empty after every change of the file."""
    facts = Path(path).stat()
    return _cache_entry(str(path), facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=32)
def _cache_entry(_path: str, _changed_ns: int, _size: int) -> _Cached:
    return _Cached()


def _survey(container: Any, stream: Any) -> Survey:
    path, start_s = container.name, float(container.start_time or 0) / av.time_base
    rates, is_broadcast = _rates(stream), container.format.name in _BROADCAST
    packets = read_packets(container, stream)
    stamps = packets.stamps
    if not len(stamps) or np.isnan(stamps).all():
        return _without_stamps(len(stamps), start_s, rates[0])
    shown = in_display_order(stamps, packets.keys)
    step_s = _usual_step(shown, rates[0])
    longest_s = max(_LONGEST_IN_BROADCAST_S if is_broadcast else _LONGEST_GAP_S, _STEPS_IN_A_GAP * step_s)
    real_gaps: list[tuple[float, float]] = []
    if packets.is_in_order and _is_regular(stamps, longest_s):
        times, repairs = np.sort(stamps) - min(start_s, float(stamps.min())), Repairs()
    else:
        times, repairs = _repaired_times(path, shown, start_s, step_s, longest_s, real_gaps)
    fps = _rate(times, rates, step_s)
    last_s = float(packets.durations_s[int(np.nanargmax(stamps))])
    end_s = float(times[-1]) + (last_s if 0 < last_s <= _STEPS_IN_A_GAP * step_s else step_s)
    by_place = tuple(shown.tolist()) if packets.counts_decoding else ()
    mended = " ".join(filter(None, [_ORDERED if by_place else "", _sentence(repairs, len(times), fps)]))
    longest_step_s = float(np.diff(times, append=end_s).max())
    # If time stamps were repaired, the stated length may be wrong as well.
    end = "" if repairs else missing_end(container, stream, start_s + end_s, longest_step_s)
    left_out = [other_videos(container, stream), end]
    return Survey(
        len(times), fps, start_s, end_s, step_s, longest_s, tuple(real_gaps), mended,
        left_out=" ".join(filter(None, left_out)), hidden=packets.hidden, by_place=by_place,
    )  # fmt: skip


def _without_stamps(frames: int, start_s: float, rate: float) -> Survey:
    words = f"It has no time stamps; times are from its frame rate, {rate:.4g} frames/s." if frames else ""
    by_place = tuple((start_s + np.arange(frames) / rate).tolist())
    return Survey(frames, rate, start_s, frames / rate, 1 / rate, float("inf"), (), words, by_place=by_place)


def _is_regular(stamps: Stamps, longest_s: float) -> bool:
    """Return whether stamps are distinct, without jumps, and reordered no more than codecs allow."""
    if np.isnan(stamps).any() or _outliers(stamps).any():
        return False
    gaps = np.diff(np.sort(stamps))
    if len(gaps) and (gaps.min() <= 0 or gaps.max() > longest_s):
        return False
    latest = np.maximum.accumulate(stamps)[: -DEEPEST_REORDER - 1]
    return bool((stamps[DEEPEST_REORDER + 1 :] > latest).all())


def in_display_order(stamps: Stamps, keys: NDArray[np.bool_]) -> Stamps:
    """Return the stamps in approximately the order in which a decoder outputs the frames, even if stamps are wrong."""
    order = _plausible(stamps)
    starts, highest = [0], order[0]
    for place in range(1, len(order)):
        # A key frame is displayed after all frames decoded before it, unless the clock restarts there.
        begins_anew = keys[place] and order[place] <= highest
        oldest = order[max(place - DEEPEST_REORDER - 1, starts[-1])]
        if begins_anew or order[place] < min(oldest, highest):
            starts.append(place)
            highest = order[place]
        highest = max(highest, order[place])
    parts = np.split(np.arange(len(order)), starts[1:])
    return stamps[np.concatenate([part[np.argsort(order[part], kind="stable")] for part in parts])]


def _plausible(stamps: Stamps) -> Stamps:
    """Return the stamps with missing ones, and those far from their neighbours, interpolated."""
    order = stamps.copy()
    known = np.flatnonzero(~np.isnan(stamps))
    values = stamps[known]
    # Next to a restart, a correct stamp is close to the stamps on one side only.
    beside = np.minimum(np.abs(values - _medians_before(values)), np.abs(values - _medians_before(values[::-1])[::-1]))
    usual = max(1.0, 2 * DEEPEST_REORDER * float(np.median(np.abs(np.diff(values, append=values[-1])))))
    order[known[(beside > usual) | _outliers(values)]] = np.nan
    missing = np.isnan(order)
    order[missing] = np.interp(np.flatnonzero(missing), np.flatnonzero(~missing), order[~missing])
    return order


def _medians_before(values: Stamps) -> Stamps:
    """Return the median of the values before each one."""
    padded = np.pad(values, (2 * _AROUND, 0), mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded[:-1], 2 * _AROUND), axis=1))


def _outliers(stamps: Stamps) -> NDArray[np.bool_]:
    """Return which stamps are isolated outliers: out of order by far more positions than others.

    Many of them together are a restart of the clock, not outliers.
    """
    later, earlier = np.zeros(len(stamps), int), np.zeros(len(stamps), int)
    for places in range(1, min(DEEPEST_REORDER, len(stamps) - 1) + 1):
        is_less = stamps[places:] < stamps[:-places]
        later[:-places] += is_less
        earlier[places:] += is_less
    found = (later > _outlier_limit(later)) | (earlier > _outlier_limit(earlier))
    beside_restart = np.maximum(later, earlier) > DEEPEST_REORDER // 2
    crowd = np.convolve(beside_restart, np.ones(2 * _AROUND + 1, int))[_AROUND:-_AROUND] > _AROUND
    return np.asarray(found & ~crowd, bool)


def _outlier_limit(places: NDArray[np.int_]) -> float:
    return 2 * float(np.percentile(places, 95)) + 2 if len(places) else 0.0


def _usual_step(shown: Stamps, rate: float) -> float:
    steps = np.diff(shown[~np.isnan(shown)])
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1 / rate


def _repaired_times(
    path: str, shown: Stamps, start_s: float, step_s: float, longest_s: float, real_gaps: list[tuple[float, float]]
) -> tuple[Stamps, Repairs]:
    """Return the times of all frames and the repairs; real gaps are appended to ``real_gaps``."""
    heard: list[Stamps] = []

    def is_real(first_s: float, last_s: float) -> bool:
        heard.append(heard[0] if heard else _audio_stamps(path))
        # Before a jump, sound may last some seconds longer than the frames, but not until the frames after it.
        middle_s, end_s = (first_s + last_s) / 2, last_s - _SAME_PLACE_S
        is_heard = bool(((heard[0] > middle_s) & (heard[0] < end_s)).any())
        if is_heard:
            real_gaps.append((first_s, last_s))
        return is_heard

    clock = Clock(start_s, step_s, longest_s, is_real=is_real)
    times = [time_s for time_s, _ in clock.times(shown.tolist(), lambda stamp: None if np.isnan(stamp) else stamp)]
    return np.array(times), clock.repairs


def _audio_stamps(path: str) -> Stamps:
    stamps = array("d")
    with open_container(path) as container, contextlib.suppress(av.error.FFmpegError):
        if container.streams.audio:
            for packet in container.demux(container.streams.audio[0]):
                if packet.pts is not None and packet.size:
                    stamps.append(float(packet.pts * packet.time_base))
    return np.array(stamps)


def _rates(stream: Any) -> list[float]:
    """Return the frame rates that a file states, the most reliable first, or a fallback."""
    stated = [stream.average_rate, stream.guessed_rate, stream.codec_context.framerate, stream.base_rate]
    if stream.container.format.name in _RAW:
        stated = stated[1:]
    return [float(rate) for rate in stated if rate and rate <= _MOST_RATE] or [_FALLBACK_RATE]


def _rate(times: Stamps, rates: list[float], step_s: float) -> float:
    """Return the first stated rate that agrees with the measured one and is more exact; else the measured one."""
    if len(times) < 2:
        return rates[0]
    measured = (len(times) - 1) / max(float(times[-1] - times[0]), step_s * 1e-3)
    return next((rate for rate in rates if abs(rate - measured) <= _SAME_RATE * measured), measured)


def _sentence(repairs: Repairs, frames: int, fps: float) -> str:
    found = []
    if repairs.jumps_s:
        places = ", ".join(f"{time_s:.2f} s" for time_s in repairs.jumps_s[:_NAMED_JUMPS])
        more = len(repairs.jumps_s) - _NAMED_JUMPS
        found.append(f"the clock restarts or jumps at {places}" + (f" and {more} more times" if more > 0 else ""))
    counts = {"did not fit": repairs.wrong, "repeated the previous one": repairs.still, "were missing": repairs.missing}
    found += [f"{count:,} of {frames:,} {what}" for what, count in counts.items() if count]
    if not found:
        return ""
    origin = f"neighbouring frames and the frame rate of {fps:.4g}/s"
    return f"Some time stamps were estimated from {origin}: {'; '.join(found)}."
