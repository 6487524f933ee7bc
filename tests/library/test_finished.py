"""Finished analyses that are added to the library: the demo."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.errors import LibraryError
from emotion.library import LOCAL, State
from emotion.library.jobs.finished import open_finished
from emotion.library.jobs.liveness import mark_dead_workers
from emotion.samples.demo import DEMO_TIMELINE, DEMO_VIDEO
from tests.conftest import make_analysis
from ui.video.estimate import FIRST_GUESS_FPS, speed_of

EDITS = Edits(names={1: "Ada"}, events=(Event("Joke", Span(0.1, 0.3)),))


@pytest.fixture
def timeline(tmp_path):
    shown = make_analysis([["happiness"]] * 10)
    shown.settings["detector"] = "blazeface"
    return save_parquet(shown, tmp_path / "film.parquet", EDITS)


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"a film")
    return path


def test_it_is_in_the_library_with_its_video_names_and_events(repository, video, timeline):
    entry = open_finished(repository, video, timeline, "Demo")
    assert (entry.state, entry.title, entry.edits, entry.summary["people"]) == (State.DONE, "Demo", EDITS, 1)
    assert repository.video_path(entry.id).read_bytes() == b"a film"
    assert len(repository.load_analysis(entry.id).frames) == 10
    assert entry.bytes == repository.library.storage.used_bytes(entry.id)
    assert mark_dead_workers(repository.library) == []
    assert repository.get(entry.id).state is State.DONE


def test_it_keeps_its_settings(repository, video, tmp_path):
    shown = make_analysis([["happiness"]] * 10)
    shown.settings.update({"detector": "haar", "fps": 5.0, "start_s": 2.0, "eyes": True, "movements": False})
    settings = open_finished(repository, video, save_parquet(shown, tmp_path / "film.parquet"), "Demo").settings
    assert (settings.detector, settings.fps, settings.start_s) == ("haar", 5.0, 2.0)
    assert (settings.eyes, settings.movements, settings.keep_video) == (True, False, True)


def test_it_is_added_once_and_again_after_it_was_deleted(repository, video, timeline):
    first = open_finished(repository, video, timeline, "Demo")
    repository.rename(first.id, "My demo")
    assert open_finished(repository, video, timeline, "Demo").id == first.id
    repository.delete(first.id)
    assert open_finished(repository, video, timeline, "Demo").title == "Demo"


def test_sessions_that_open_it_at_once_add_it_once(make_library, video, timeline):
    """Two tabs of one person, each with its own connection."""
    repositories = [make_library().for_owner(LOCAL) for _ in range(4)]
    ready = threading.Barrier(len(repositories))

    def opened(repository):
        ready.wait()
        return open_finished(repository, video, timeline, "Demo").id

    with ThreadPoolExecutor(len(repositories)) as pool:
        ids = set(pool.map(opened, repositories))
    (entry,) = repositories[0].search("").entries
    assert ids == {entry.id}
    assert len(repositories[0].load_analysis(entry.id).frames) == 10
    assert repositories[0].video_path(entry.id).read_bytes() == b"a film"
    files = [path for path in repositories[0].video_path(entry.id).parent.parent.rglob("*") if path.is_file()]
    assert len(files) == 2, "nothing of the others is left"


def test_it_does_not_count_in_the_estimated_speed(repository, video, timeline):
    open_finished(repository, video, timeline, "Demo")
    assert speed_of(repository) == FIRST_GUESS_FPS


def test_nothing_is_left_if_its_files_cannot_be_stored(repository, video, timeline, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("emotion.library.ingest.shutil.copyfileobj", refuse)
    with pytest.raises(LibraryError, match=r"film\.mp4 cannot be stored"):
        open_finished(repository, video, timeline, "Demo")
    assert repository.search().total == 0
    assert repository.library.storage.folders() == []


def test_the_packed_demo_has_two_named_people_that_change(repository):
    assert DEMO_VIDEO.stat().st_size + DEMO_TIMELINE.stat().st_size < 10e6
    entry = open_finished(repository, DEMO_VIDEO, DEMO_TIMELINE, "Demo")
    assert 20 <= entry.info.duration_s <= 30
    assert sorted(entry.edits.names.values()) == ["Eileen", "Grace"]
    assert len(entry.edits.events) >= 3
    led = repository.load_analysis(entry.id).timeline.groupby("track_id")["emotion"].nunique()
    assert len(led) == 2
    assert led.max() >= 3
