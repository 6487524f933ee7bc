"""Errors about files name the file once."""

from __future__ import annotations

import pytest

from emotion.bad_file import with_name
from ui.common.plain import about_file


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("a_b.mp4 is empty; expected a video", r"**a\_b.mp4** is empty; expected a video"),
        ("expected at most 1 MB; a_b.mp4 has 2 MB", r"expected at most 1 MB; **a\_b.mp4** has 2 MB"),
        ("the disk is full", r"**a\_b.mp4**: the disk is full"),
    ],
)
def test_the_name_is_shown_once_in_bold(error: str, shown: str) -> None:
    assert about_file(error, "a_b.mp4") == shown


def test_a_short_name_is_not_found_in_a_word() -> None:
    assert with_name("expected a video", "a") == "expected a video"
    assert with_name("the disk is full", "dis") == "dis: the disk is full"
