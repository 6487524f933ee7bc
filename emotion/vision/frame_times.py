"""Lists the time of every frame of a video from its packets, without decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emotion.vision.decode.containers import open_container, picture_stream
from emotion.vision.decode.packets import Stamps, read_packets
from emotion.vision.decode.survey import in_display_order, survey


def frame_times(path: str | Path) -> Stamps:
    """Return when each frame begins and when the last one ends.

    Returns:
        ``(frames + 1,)`` rising times, s from the start of the video, on the clock of
        :func:`emotion.vision.decode.video.read_video`.

    Raises:
        VideoError: It holds no video stream.
        av.error.FFmpegError: It cannot be opened.
        ValueError: It cannot be opened.
    """
    facts = survey(path)
    with open_container(path) as container:
        packets = read_packets(container, picture_stream(container))
    stamps = packets.stamps
    if not len(stamps) or np.isnan(stamps).all():
        return np.append(np.arange(len(stamps)) * facts.step_s, facts.end_s)
    if facts.is_clean:
        return np.append(np.sort(stamps) - min(facts.start_s, float(stamps.min())), facts.end_s)
    shown: list[float] = in_display_order(stamps, packets.keys).tolist()
    times = [time_s for time_s, _ in facts.clock().times(shown, lambda stamp: None if np.isnan(stamp) else stamp)]
    return np.append(times, max(facts.end_s, times[-1]))
