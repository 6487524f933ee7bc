"""Upload limits on both databases: a refused upload leaves nothing behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from emotion.errors import InputError, SettingsError, TooLargeError
from emotion.library import LOCAL, JobSettings, Library, Repository, State
from emotion.library.jobs.recordings import begin_recording
from emotion.vision.encode import write_video
from tests.library.libraries import MakeLibrary


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_refused(repository: Repository, video: Path, folder: Path, words: str, **options: object) -> None:
    before = repository.search().total, names_in(folder / "storage")
    with pytest.raises(TooLargeError, match=words):
        repository.add(video, "a.mp4", **options)  # type: ignore[arg-type]
    assert (repository.search().total, names_in(folder / "storage")) == before


def test_a_file_over_the_size_limit_is_refused(
    repository: Repository, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", str((video.stat().st_size - 1) / 1e6))
    assert_refused(repository, video, tmp_path, "expected a file of at most 0.0 MB; a.mp4 has")


def test_a_stream_of_unknown_size_is_stopped_at_the_limit(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def seekable(self) -> bool:
            return False

        def read(self, size: int = -1) -> bytes:
            self.read_bytes += size
            assert self.read_bytes < 50e6, "it should have been stopped earlier"
            return bytes(size)

    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "5")
    with pytest.raises(TooLargeError, match=r"at most 5\.0 MB"):
        repository.add(Endless(), "a.mp4")  # type: ignore[arg-type]
    assert repository.search().total == 0
    assert [name for name in names_in(tmp_path / "storage") if "video" in name] == []


def test_the_duration_limit_applies_to_the_analysed_part(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = write_video(tmp_path / "long.mp4", [np.zeros((48, 64, 3), np.uint8)] * 40, fps=10)
    monkeypatch.setenv("EMOTION_MAX_DURATION_S", "2")
    assert_refused(repository, long, tmp_path, "expected at most 2 s of video; a.mp4 has 4 s to analyse")
    assert repository.add(long, "a.mp4", JobSettings(start_s=1, end_s=3)).state is State.QUEUED


def test_a_part_after_the_end_is_refused(repository: Repository, tmp_path: Path) -> None:
    short = write_video(tmp_path / "short.mp4", [np.zeros((48, 64, 3), np.uint8)] * 20, fps=10)
    with pytest.raises(InputError, match=r"a\.mp4 has no frames in the part 2 s–end; its length is 2\.0 s"):
        repository.add(short, "a.mp4", JobSettings(start_s=2))
    assert repository.search().total == 0
    assert [name for name in names_in(tmp_path / "storage") if "video" in name] == []
    assert repository.add(short, "a.mp4", JobSettings(start_s=1.9, end_s=60)).state is State.QUEUED


def test_the_queue_limit_holds(
    library: Library, repository: Repository, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_QUEUED", "2")
    for _ in range(2):
        repository.add(video, "a.mp4")
    assert_refused(repository, video, tmp_path, "expected at most 2 queued analyses; you have 2")
    assert library.for_owner("somebody else").add(video, "a.mp4").state is State.QUEUED


@pytest.mark.slow
def test_the_queue_limit_holds_for_concurrent_uploads(
    make_library: MakeLibrary, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_QUEUED", "3")
    libraries = [make_library() for _ in range(8)]

    def add(library: Library) -> bool:
        try:
            library.for_owner(LOCAL).add(video, "a.mp4")
        except TooLargeError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, libraries)) == 3
    assert libraries[0].for_owner(LOCAL).search().total == 3


class Meanwhile(io.BytesIO):
    """A file that calls a function when its first bytes are read."""

    def __init__(self, content: bytes, happens: Callable[[], object]) -> None:
        super().__init__(content)
        self._happens: Callable[[], object] | None = happens

    def read(self, size: int | None = -1) -> bytes:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        return super().read(size)


@pytest.mark.parametrize(
    ("setting", "words"),
    [("EMOTION_QUOTA_MB", "expected your library to take at most"), ("EMOTION_MAX_QUEUED", "queued analyses")],
)
def test_uploads_finished_meanwhile_count_towards_the_limits(
    repository: Repository, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, words: str
) -> None:
    """Each fits at its start, but not both together; the one that finishes second is refused."""
    monkeypatch.setenv(setting, "1" if setting == "EMOTION_MAX_QUEUED" else str(1.5 * video.stat().st_size / 1e6))
    entries = []
    upload = Meanwhile(video.read_bytes(), lambda: entries.append(repository.add(video, "quicker.mp4")))
    with pytest.raises(TooLargeError, match=words):
        repository.add(upload, "slower.mp4")
    assert [entry.id for entry in repository.search().entries] == [entry.id for entry in entries]
    assert {name.partition("/")[0] for name in names_in(tmp_path / "storage")} == {entries[0].id}


def test_the_quota_applies_per_owner(
    library: Library, repository: Repository, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_QUOTA_MB", str(1.5 * video.stat().st_size / 1e6))
    repository.add(video, "a.mp4")
    assert_refused(repository, video, tmp_path, "expected your library to take at most")
    library.for_owner("somebody else").add(video, "a.mp4")
    monkeypatch.setenv("EMOTION_QUOTA_MB", "0.000001")
    with pytest.raises(TooLargeError, match="expected your library to take at most"):
        begin_recording(repository, "", "camera", JobSettings())


def test_free_disk_space_is_reserved(
    repository: Repository, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_FREE_MB", "1e9")
    assert_refused(repository, video, tmp_path, "to stay free on the server's disk")
    with pytest.raises(TooLargeError, match="to stay free"):
        begin_recording(repository, "", "camera", JobSettings())


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x.mp4",
        "C:\\x.mp4",
        "a\0b.mp4",
        "~root",
        "",
        "x" * 5000,
        "\n; rm -rf",
    ],
)
def test_a_name_is_never_a_path(repository: Repository, video: Path, tmp_path: Path, name: str) -> None:
    before = names_in(tmp_path)
    entry = repository.add(video, name)
    added = set(names_in(tmp_path / "storage"))
    assert added == {entry.id, f"{entry.id}/video"}
    # Otherwise only files of the database.
    others = {path for path in set(names_in(tmp_path)) - set(before) if not path.startswith("storage")}
    assert all(path.startswith("own library.db") for path in others)
    assert "/" not in entry.source


def test_an_invalid_setting_is_refused_before_writing(
    repository: Repository, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_QUOTA_MB", "plenty")
    with pytest.raises(SettingsError, match="EMOTION_QUOTA_MB"):
        repository.add(video, "a.mp4")
    assert repository.search().total == 0
