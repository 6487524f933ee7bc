"""The video of an analysis: taken in under a name of ours, made playable, gone with the visit."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.report.test_playable import write
from ui.video.footage import Footage


def footage_of(tmp_path: Path, name: str = "clip.mp4", codec: str = "libx264") -> Footage:
    return Footage(name, io.BytesIO(write(tmp_path / "source.mp4", codec).read_bytes()))


def prepared(footage: Footage) -> Footage:
    footage.prepare()
    footage.wait(20)
    assert not footage.running
    return footage


def test_what_browsers_play_is_played_as_it_is(tmp_path):
    footage = prepared(footage_of(tmp_path))
    assert footage.playable == footage.path


def test_what_browsers_do_not_play_is_copied_once(tmp_path):
    footage = prepared(footage_of(tmp_path, codec="mpeg4"))
    assert footage.playable is not None
    assert footage.playable != footage.path
    thread = footage._thread
    footage.prepare()
    assert footage._thread is thread


def test_what_is_no_video_has_no_player_and_says_why():
    footage = prepared(Footage("holiday.mp4", io.BytesIO(b"text")))
    assert footage.playable is None
    assert footage.error


@pytest.mark.parametrize("name", ["../../evil.mp4", "/etc/passwd", "..\\x.mp4", "день рождения.mp4", ""])
def test_a_name_is_never_a_path(tmp_path, name):
    footage = footage_of(tmp_path, name)
    assert footage.path.name == "upload"
    assert "/" not in footage.name
    assert footage.name
    footage.close()


def test_closing_deletes_an_upload_and_leaves_a_kept_file(tmp_path):
    upload = footage_of(tmp_path)
    upload.close()
    assert not upload.path.exists()
    kept = write(tmp_path / "kept.mp4", "libx264")
    borrowed = prepared(Footage("kept.mp4", kept))
    assert borrowed.playable.read_bytes() == kept.read_bytes()
    borrowed.close()
    assert kept.is_file()
    assert not borrowed.path.exists()


def test_a_name_without_its_ending():
    names = ("a.mp4", "a.b.mov", "день")
    assert [Footage(name, io.BytesIO()).stem for name in names] == ["a", "a.b", "день"]
