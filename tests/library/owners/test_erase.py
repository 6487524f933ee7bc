"""Erasing everything of an owner, verified byte by byte on disk and in both databases."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import emotion
from emotion.analytics.edits import Edits
from emotion.errors import LibraryError
from emotion.library import JobSettings, Library, State
from emotion.library.jobs import Dispatcher
from emotion.library.jobs.clips import clip_file
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import claim_next
from emotion.library.jobs.recordings import begin_recording, close_recording
from emotion.library.owners.consent import load_consent, save_consent
from emotion.library.owners.erase import erase_owner
from emotion.library.owners.usage import list_usage, set_owner_name
from emotion.library.repository import Repository
from emotion.samples import clip_frames
from emotion.settings import library_dir, log_file
from emotion.vision.encode import write_video
from tests.library.libraries import put

pytestmark = pytest.mark.slow

ME, OTHER = "martha", "other"
TELLING = b"Musterfrau"


def files_with(folder: Path, words: bytes) -> list[str]:
    """Return every file below a folder whose name or content contains the text."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if words in path.name.encode() or (path.is_file() and words in path.read_bytes())
    ]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library with logs and clips beside its storage."""
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))


def fill(library: Library, video: Path, owner: str, name: str) -> list[str]:
    """Add one finished and one failed analysis, with edits, tags, logs, a clip and settings."""
    keep = JobSettings(keep_video=True)
    done = put(library.for_owner(owner), video, f"{name}.mp4", keep, tags=[name])
    library.for_owner(owner).save_edits(done.id, Edits(names={1: name}))
    broken = library.for_owner(owner).add(video, f"{name}.mp4")
    claim = claim_next(library, 9)
    assert claim is not None
    finish(library, claim, Outcome(State.FAILED, f"{name} failed.", keeps_video=True))
    library.for_owner(owner).set_retention_days(30)
    set_owner_name(library.for_owner(owner), name)
    for entry in (done, broken):
        log_file(entry.id).parent.mkdir(exist_ok=True)
        log_file(entry.id).write_text(f"a log of {name}")
    clip_file(done.id).write_bytes(name.encode())
    return [done.id, broken.id]


def test_erasing_leaves_no_trace_and_spares_other_owners(library, video, tmp_path):
    theirs = fill(library, video, OTHER, "Otto")
    kept = sorted(path for path in tmp_path.rglob("*") if any(one in str(path) for one in theirs))
    mine = fill(library, video, ME, TELLING.decode())
    mine.append(library.for_owner(ME).add(video, f"{TELLING.decode()}, waiting.mp4").id)
    assert files_with(tmp_path, TELLING)

    assert erase_owner(library.for_owner(ME)) == len(mine) == 3
    assert files_with(tmp_path, TELLING) == []
    assert not [path for path in tmp_path.rglob("*") if any(one in str(path) for one in mine)]
    assert library.for_owner(ME).search().total == 0
    assert library.for_owner(ME).retention_days() is None
    assert library.for_owner(ME).tags() == {}
    assert [person.owner for person in list_usage(library)] == [OTHER]
    assert sorted(path for path in tmp_path.rglob("*") if any(one in str(path) for one in theirs)) == kept
    assert library.for_owner(OTHER).retention_days() == 30
    assert erase_owner(library.for_owner(ME)) == 0, "erasing again does nothing"


def test_files_that_cannot_be_removed_are_reported(library, video, tmp_path, monkeypatch):
    first, second = (put(library.for_owner(ME), video).id for _ in range(2))
    remove = library.storage.remove

    def locked(key: str) -> None:
        if key.startswith(first):
            raise LibraryError(f"{key} could not be removed: Permission denied")
        remove(key)

    monkeypatch.setattr(library.storage, "remove", locked)
    with pytest.raises(LibraryError, match="1 analysis could not be deleted"):
        erase_owner(library.for_owner(ME))
    assert [entry.id for entry in library.for_owner(ME).search().entries] == [first]
    assert not (tmp_path / "storage" / second).exists()
    monkeypatch.setattr(library.storage, "remove", remove)
    assert erase_owner(library.for_owner(ME)) == 1


def test_an_analysis_that_somebody_else_deletes_meanwhile_is_no_failure(library, video, monkeypatch):
    put(library.for_owner(ME), video)
    repository, delete = library.for_owner(ME), Repository.delete

    def delete_twice(self: Repository, entry_id: str) -> None:
        delete(self, entry_id)
        delete(self, entry_id)

    monkeypatch.setattr(Repository, "delete", delete_twice)
    assert erase_owner(repository) == 1
    assert repository.search().total == 0


def test_an_analysis_that_does_not_stop_is_reported(library, video):
    library.for_owner(ME).add(video, "a.mp4")
    claim_next(library, 1)
    with pytest.raises(LibraryError, match="1 analyses are still being stopped"):
        erase_owner(library.for_owner(ME), timeout_s=0.5)
    assert library.for_owner(ME).search().total == 1


def test_a_recording_ending_during_erasure_leaves_nothing(library):
    claim = begin_recording(library.for_owner(ME), "Musterfrau", "camera", JobSettings())
    with pytest.raises(LibraryError, match="still being stopped"):
        erase_owner(library.for_owner(ME), timeout_s=0.3)
    close_recording(library, claim)
    assert erase_owner(library.for_owner(ME)) == 1
    assert library.for_owner(ME).search().total == 0


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_a_running_worker_is_stopped_and_stops_writing(library, tmp_path):
    pictures = list(clip_frames())
    clip = write_video(tmp_path / "long.mp4", (picture for _ in range(8) for picture in pictures), fps=25)
    entry = library.for_owner(ME).add(clip, "Musterfrau.mp4")
    clip.unlink()
    dispatcher = Dispatcher(library, at_once=1)
    end = time.monotonic() + 120
    while library.for_owner(ME).get(entry.id).done == 0:
        assert time.monotonic() < end
        dispatcher.run_once()
        time.sleep(0.05)
    assert erase_owner(library.for_owner(ME)) == 1
    while dispatcher._children:
        assert time.monotonic() < end
        dispatcher.run_once()
        time.sleep(0.05)
    assert files_with(tmp_path, TELLING) == []
    assert not [path for path in tmp_path.rglob("*") if entry.id in str(path)]
    assert library_dir() == tmp_path
    assert list((library_dir() / "logs").iterdir()) == []


def test_consent_is_stored_and_erased_with_the_owner(library):
    assert load_consent(library.for_owner(ME)) is None
    set_owner_name(library.for_owner(ME), "Martha")
    library.for_owner(ME).set_retention_days(30)
    save_consent(library.for_owner(ME), "research", "2026-11")
    save_consent(library.for_owner(ME), "medical", "2026-11")
    stored = load_consent(library.for_owner(ME))
    assert stored is not None
    assert (stored.purpose, stored.version) == ("medical", "2026-11")
    assert stored.given_at.tzinfo is not None
    assert library.for_owner(ME).retention_days() == 30, "other settings are kept"
    assert list_usage(library)[0].name == "Martha"
    erase_owner(library.for_owner(ME))
    assert load_consent(library.for_owner(ME)) is None
