"""A background analysis whose model server is killed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.jobs import Dispatcher, resume
from emotion.samples import clip_frames
from emotion.vision.encode import write_video
from tests.library.workers import is_over, wait_for
from tests.serving.conftest import NAME, Server

pytestmark = pytest.mark.slow


def test_a_job_fails_without_the_server_and_resumes(served, card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server = Server(served)
    pictures = list(clip_frames())
    clip = write_video(tmp_path / "clip.mp4", (picture for _ in range(4) for picture in pictures), fps=25)
    for name, value in {
        "EMOTION_LIBRARY": str(tmp_path),
        "EMOTION_PART_S": "0.2",
        "EMOTION_SERVING_URL": server.url("http"),
        "EMOTION_SERVING_TIMEOUT_S": "3",
    }.items():
        monkeypatch.setenv(name, value)
    library = Library.open()
    repository = library.for_owner(LOCAL)
    dispatcher = Dispatcher(library)
    try:
        whole = repository.add(clip, "whole.mp4", JobSettings(model=NAME))
        assert wait_for(repository, whole, is_over, dispatcher).state == State.DONE
        broken = repository.add(clip, "broken.mp4", JobSettings(model=NAME))
        wait_for(
            repository,
            broken,
            lambda entry: len(library.storage.keys(f"{entry.id}/parts")) >= 2,
            dispatcher,
        )
        server.kill()
        ended = wait_for(repository, broken, is_over, dispatcher)
        assert (ended.state, ended.can_resume) == (State.FAILED, True)
        assert "expected an answer from the model server at" in ended.note
        assert "everything up to" in ended.note
        server.start()
        resume(repository, broken.id)
        assert wait_for(repository, broken, is_over, dispatcher).state == State.DONE
        one, other = repository.load_analysis(whole.id), repository.load_analysis(broken.id)
        assert len(one.timeline) == len(other.timeline) > 100
        probabilities = [name for name in one.timeline if name.startswith("p_")]
        assert np.allclose(one.timeline[probabilities], other.timeline[probabilities], atol=1e-4)
    finally:
        library.close()
        server.kill()
