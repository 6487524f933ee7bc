"""Videos that crash their decoder, hang it or exhaust its memory fail only their own job, with a reason."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from emotion.errors import TooLargeError, VideoError
from emotion.library import LOCAL, Entry, Library, Repository, State
from emotion.library.jobs import Dispatcher
from emotion.library.orm import AnalysisRow
from emotion.report.playable import playable
from emotion.sandbox.runner import end_idle_processes
from emotion.vision.decode.video import probe, read_video
from tests.conftest import ROOT
from tests.library.workers import is_over, wait_for
from tests.report.test_playable import write as write_clip

pytestmark = pytest.mark.slow

NEVER_ENDS = """
import re, sys
import emotion.engine.run as analyse
if "emotion.library.jobs.worker" in sys.orig_argv:
    # Never comes back, and lets no other thread run meanwhile: what a decoder that hangs may do.
    analyse.probe = lambda path: re.match("(a+)+$", "a" * 60 + "b")
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setenv("EMOTION_PART_S", "0.2")
    end_idle_processes()
    library = Library.open()
    yield library
    library.close()
    end_idle_processes()


def assert_stays(library: Library, entry: Entry, dispatcher: Dispatcher) -> None:
    """Assert that the job is not retried, and that the next one runs."""
    repository = library.for_owner(LOCAL)
    for _ in range(5):
        dispatcher.run_once()
    assert repository.get(entry.id) == entry
    other = repository.add(write_clip(Path(library.storage.url).parent / "other.mp4", "libx264"), "other.mp4")
    assert wait_for(repository, other, is_over, dispatcher).state is State.DONE


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_decoder_crash_fails_only_its_job(
    library: Library, repository: Repository, clip: Path, number: signal.Signals
) -> None:
    dispatcher, other_server = Dispatcher(library), Dispatcher(library)
    entry = repository.add(clip, "a.mp4")
    wait_for(repository, entry, lambda _: bool(library.storage.keys(f"{entry.id}/parts")), dispatcher)
    with library.database.reading() as session:
        pid = session.get_one(AnalysisRow, entry.id).worker_pid or 0
    os.kill(pid, number)
    for _ in range(20):
        # Only the other server can know how its worker ended, so this one leaves the job to it.
        other_server.run_once()
        time.sleep(0.05)
    broken = wait_for(repository, entry, is_over, dispatcher)
    assert (broken.state, broken.can_resume) == (State.FAILED, True)
    assert f"its decoder crashed ({number.name}); everything up to" in broken.note
    assert_stays(library, broken, dispatcher)


def test_a_hanging_decoder_is_stopped(
    library: Library, repository: Repository, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = repository.add(clip, "a.mp4")
    (tmp_path / "sitecustomize.py").write_text(NEVER_ENDS)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
        patch.setenv("EMOTION_STALL_S", "2")
        dispatcher = Dispatcher(library)
        stuck = wait_for(repository, entry, is_over, dispatcher)
        assert (stuck.state, stuck.note) == (
            State.FAILED,
            "The analysis failed, as no frame arrived for 2 s; there are no results yet.",
        )
    assert_stays(library, stuck, dispatcher)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of 100 megapixels in half a megabyte each."""
    path, side = tmp_path_factory.mktemp("bomb") / "bomb.mov", 10_000
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=10, options={"compression_level": "1"})
        stream.width, stream.height, stream.pix_fmt = side, side, "gray"
        black = av.VideoFrame.from_ndarray(np.zeros((side, side), np.uint8), format="gray")
        [packet] = stream.encode(black)
        content = bytes(packet)
        for index in range(12):
            copy = av.Packet(content)
            copy.stream, copy.pts, copy.dts, copy.time_base = stream, index * 100, index * 100, Fraction(1, 1000)
            container.mux(copy)
    assert path.stat().st_size < 8_000_000
    return path


def test_huge_frames_are_refused_before_decoding(repository: Repository, bomb: Path) -> None:
    with pytest.raises(TooLargeError, match=r"at most 36 megapixels; it has 10000 × 10000 \(100.0\)"):
        repository.add(bomb, "bomb.mov")
    assert repository.search().total == 0


def test_memory_is_limited_without_a_pixel_limit(
    library: Library, repository: Repository, bomb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_FRAME_MEGAPIXELS", "none")
    with monkeypatch.context() as patch:
        patch.setenv("EMOTION_MEMORY_MB", "1500")
        entry, dispatcher = repository.add(bomb, "bomb.mov"), Dispatcher(library)
        failed = wait_for(repository, entry, is_over, dispatcher)
    words = "expected a video that is decoded within 1,500 MB of memory; this one needs more"
    assert words in failed.note, f"{failed.state} {failed.note}"
    assert_stays(library, failed, dispatcher)


def test_a_memory_bomb_fails_in_the_sandbox_not_the_server(
    bomb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_FRAME_MEGAPIXELS", "none")
    monkeypatch.setenv("EMOTION_MEMORY_MB", "500")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(VideoError, match="within 500 MB of memory"):
        playable(bomb, tmp_path / "copy.mp4", lambda _: None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "in kilobytes"


def test_the_memory_limit_holds_in_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", "libx264")
    assert len(list(read_video(path))) == 10
    monkeypatch.setenv("EMOTION_MAX_FRAME_MEGAPIXELS", "0.003")
    monkeypatch.setattr("emotion.vision.decode.video.check_frame", lambda *_: None)
    with pytest.raises(VideoError):
        list(read_video(path))


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {other.name}\n",
    ],
)
def test_playlists_are_refused(tmp_path: Path, content: str) -> None:
    other = write_clip(tmp_path / "other.mp4", "libx264")
    path = tmp_path / "list.mp4"
    path.write_text(content.format(other=other))
    with pytest.raises(VideoError, match="is not a video that can be read"):
        probe(path)
