"""The times of frames from packets are those of the decoded frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion.errors import VideoError
from emotion.library.probe_upload import frame_times_of
from emotion.vision.decode.survey import survey
from emotion.vision.decode.video import read_video
from emotion.vision.frame_times import frame_times
from tests.browser.clips import times_of, write_clip
from tests.vision.broken_clips import restamp_ts
from tests.vision.clips import grey_levels
from tests.vision.clips import write_clip as write_grey

WRONG = {
    "right": lambda stamp: stamp,
    "a jump": lambda stamp: stamp + 90_000_000 * (stamp > 60_000),
    "none": lambda stamp: None,
}


@pytest.mark.parametrize("name", WRONG)
def test_times_are_those_of_the_decoded_frames(tmp_path: Path, name: str) -> None:
    whole = write_grey(tmp_path / "whole.ts", grey_levels([*range(0, 250, 5)]))
    path = restamp_ts(whole, tmp_path / "restamped.ts", lambda _, stamp: WRONG[name](stamp))
    decoded = [frame.time_s for frame in read_video(path)]
    times = frame_times(path)
    assert times[:-1] == pytest.approx(decoded, abs=1e-6)
    assert times[-1] == pytest.approx(survey(path).end_s)


@pytest.mark.parametrize("clip", ["steady", "varying"])
def test_the_sandbox_gives_the_times_of_a_clip(tmp_path: Path, clip: str) -> None:
    path = write_clip(tmp_path, clip)
    times = frame_times_of(path)
    assert times[:-1] == pytest.approx(times_of(clip), abs=1e-6)
    assert (np.diff(times) > 0).all()


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(VideoError):
        frame_times_of(path)
