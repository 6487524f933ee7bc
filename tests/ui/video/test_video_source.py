"""The video of an analysis: stored under a safe name, converted for playback, deleted with the session."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.report.test_playable import write
from ui.common.background import UPLOADED
from ui.video.video_source import VideoSource


def source_of(tmp_path: Path, name: str = "clip.mp4", codec: str = "libx264") -> VideoSource:
    return VideoSource(name, io.BytesIO(write(tmp_path / "source.mp4", codec).read_bytes()))


def prepared(video_source: VideoSource) -> VideoSource:
    video_source.prepare()
    video_source.wait(20)
    assert not video_source.running
    return video_source


def test_playable_formats_are_not_converted(tmp_path):
    video_source = prepared(source_of(tmp_path))
    assert video_source.playable == video_source.path


def test_other_formats_are_converted_once(tmp_path):
    video_source = prepared(source_of(tmp_path, codec="mpeg4"))
    assert video_source.playable is not None
    assert video_source.playable != video_source.path
    thread = video_source._thread
    video_source.prepare()
    assert video_source._thread is thread


def test_an_invalid_video_has_no_player_and_says_why():
    video_source = prepared(VideoSource("holiday.mp4", io.BytesIO(b"text")))
    assert video_source.playable is None
    assert video_source.error


@pytest.mark.parametrize("name", ["../../evil.mp4", "/etc/passwd", "..\\x.mp4", "день рождения.mp4", ""])
def test_a_name_is_never_a_path(tmp_path, name):
    video_source = source_of(tmp_path, name)
    assert video_source.path.name == UPLOADED
    assert "/" not in video_source.name
    assert video_source.name
    video_source.close()


def test_closing_deletes_an_upload_and_leaves_a_kept_file(tmp_path):
    upload = source_of(tmp_path)
    upload.close()
    assert not upload.path.exists()
    kept = write(tmp_path / "kept.mp4", "libx264")
    borrowed = prepared(VideoSource("kept.mp4", kept))
    assert borrowed.playable.read_bytes() == kept.read_bytes()
    borrowed.close()
    assert kept.is_file()
    assert not borrowed.path.exists()


def test_a_name_without_its_ending():
    names = ("a.mp4", "a.b.mov", "день")
    assert [VideoSource(name, io.BytesIO()).stem for name in names] == ["a", "a.b", "день"]
