"""Each limit states what was expected and what it got."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from emotion.errors import TooLargeError
from emotion.limits import UNLIMITED, Limits, check_frame, check_picture, limits, max_upload_mb

SMALL = Limits(upload_bytes=2e6, duration_s=60, queued=3, quota_bytes=10e6, free_bytes=1)


@pytest.mark.parametrize(
    ("fits", "breaks", "words"),
    [
        (
            lambda: SMALL.check_size(2e6, "a.mp4"),
            lambda: SMALL.check_size(2_500_000, "a.mp4"),
            "expected a file of at most 2.0 MB; a.mp4 has 2.5 MB or more",
        ),
        (
            lambda: SMALL.check_duration(60, "a.mp4"),
            lambda: SMALL.check_duration(7_200, "a.mp4"),
            "expected at most 60 s of video; a.mp4 has 2.0 h to analyse. Choose a shorter part",
        ),
        (
            lambda: SMALL.check_queue(2),
            lambda: SMALL.check_queue(3),
            "expected at most 3 queued analyses; you have 3. Try again when some are done",
        ),
        (
            lambda: SMALL.check_quota(8e6, 2e6),
            lambda: SMALL.check_quota(9e6, 2e6),
            "expected your library to take at most 10.0 MB; it takes 9.0 MB, and 2.0 MB would be added. "
            "Delete something first",
        ),
        (
            lambda: check_picture(10_000, 10_000, "a.png"),
            lambda: check_picture(10_000, 10_001, "a.png"),
            "a.png is too large: expected a picture of at most 100 megapixels; it has 10000 × 10001 (100.0)",
        ),
        (
            lambda: check_frame(8192, 4320, "a.mp4"),
            lambda: check_frame(8192, 8192, "a.mp4"),
            "a.mp4 is too large: expected frames of at most 36 megapixels; it has 8192 × 8192 (67.1)",
        ),
    ],
)
def test_a_limit_refuses_only_larger_values(fits, breaks, words):
    fits()
    with pytest.raises(TooLargeError) as caught:
        breaks()
    assert str(caught.value) == words


def test_a_full_disk_error_states_the_free_space(tmp_path: Path):
    free = shutil.disk_usage(tmp_path).free
    SMALL.check_free(tmp_path, 1000)
    with pytest.raises(TooLargeError, match=r"to stay free on the server's disk; [\d.,]+ MB are free"):
        SMALL.check_free(tmp_path, free + 10**9)


def test_files_of_this_program_have_no_limits(tmp_path: Path):
    UNLIMITED.check_size(1e30, "a")
    UNLIMITED.check_duration(1e30, "a")
    UNLIMITED.check_queue(10**9)
    UNLIMITED.check_quota(1e30, 1e30)
    UNLIMITED.check_free(tmp_path, 1e30)


def test_limits_come_from_settings_and_none_removes_them(monkeypatch):
    assert limits() == Limits(500e6, 21_600, 100, 20e9, 1e9)
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "1.5")
    monkeypatch.setenv("EMOTION_QUOTA_MB", "none")
    monkeypatch.setenv("EMOTION_FREE_MB", "None")
    assert limits() == Limits(1.5e6, 21_600, 100, math.inf, -math.inf)
    assert max_upload_mb() == 2
