from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from tests.fakes import FakeAnalyzer
from tests.ui.test_playable import write
from ui.video_job import Phase, VideoJob


def job_of(tmp_path: Path, name: str = "clip.mp4", codec: str = "libx264") -> VideoJob:
    return VideoJob(name, io.BytesIO(write(tmp_path / "source.mp4", codec).read_bytes()))


def finish(job: VideoJob, analyzer: FakeAnalyzer) -> VideoJob:
    job.start(analyzer)
    job.wait(20)
    assert not job.running
    return job


def test_a_job_ends_with_an_analysis_and_a_player(tmp_path):
    job = finish(job_of(tmp_path), FakeAnalyzer())
    assert job.phase is Phase.DONE
    assert job.analysis is not None
    assert job.analysis.source == "clip.mp4"
    assert len(job.analysis.frames) == 10
    assert job.playable == job.path


def test_what_browsers_do_not_play_is_copied(tmp_path):
    job = finish(job_of(tmp_path, codec="mpeg4"), FakeAnalyzer())
    assert job.playable is not None
    assert job.playable != job.path


@pytest.mark.parametrize("name", ["../../evil.mp4", "/etc/passwd", "..\\x.mp4", "день рождения.mp4", ""])
def test_a_name_is_never_a_path(tmp_path, name):
    job = job_of(tmp_path, name)
    assert job.path.name == "upload"
    assert "/" not in job.name
    assert job.name
    job.close()


def test_a_job_that_is_stopped_keeps_what_is_done(tmp_path):
    job, analyzer = job_of(tmp_path), FakeAnalyzer()
    analyzer.go_on.clear()
    job.start(analyzer)
    while job.progress is None:
        time.sleep(0.01)
    job.cancel()
    analyzer.go_on.set()
    job.wait(20)
    assert job.analysis is not None
    assert not job.analysis.complete
    assert 0 < len(job.analysis.frames) < 10
    assert job.playable is not None


def test_an_unreadable_video_is_named_in_the_error():
    job = finish(VideoJob("holiday.mp4", io.BytesIO(b"text")), FakeAnalyzer())
    assert job.analysis is None
    assert job.error.startswith("holiday.mp4 is not a video")


def test_a_fault_of_the_program_is_said_too(tmp_path):
    class Broken(FakeAnalyzer):
        def video(self, *_args, **_kwargs):
            raise RuntimeError("bug")

    job = finish(job_of(tmp_path), Broken())
    assert job.error.startswith("Something went wrong")


def test_closing_deletes_the_files(tmp_path):
    job = finish(job_of(tmp_path), FakeAnalyzer())
    job.close()
    assert not job.path.exists()
    assert not job.path.parent.exists()


def test_closing_in_mid_run_ends_quietly(tmp_path, caplog):
    job, analyzer = job_of(tmp_path), FakeAnalyzer()
    analyzer.go_on.clear()
    job.start(analyzer)
    job.close()
    analyzer.go_on.set()
    job.wait(20)
    assert not job.running
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_forgotten_job_deletes_its_files(tmp_path):
    job = finish(job_of(tmp_path), FakeAnalyzer())
    folder = job.path.parent
    with pytest.warns(ResourceWarning):
        del job
    assert not folder.exists()
