"""Only the owner of the server's process can read the library's files, whatever the umask.

The tests run separate processes with umasks that are too open and too strict.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from emotion.engine.private_files import make_private, make_private_folder, open_private
from emotion.library import Library
from tests.conftest import ROOT
from tests.library.conftest import video  # noqa: F401 – a fixture

_WORK = """
import os, sys, time
os.umask(int(sys.argv[1], 8))
from pathlib import Path
from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.jobs import Dispatcher
from emotion.library.jobs.clips import clip_file, lock_clip
from emotion.settings import library_dir

library = Library.open(storage=sys.argv[3] if len(sys.argv) > 3 else None)
mine = library.for_owner(LOCAL)
dispatcher = Dispatcher(library, 1)
entry = mine.add(Path(sys.argv[2]), "talk.mp4", JobSettings(keep_video=True))
end = time.monotonic() + 240
while not mine.get(entry.id).state.is_over:
    dispatcher.run_once()
    assert time.monotonic() < end
    time.sleep(0.2)
assert mine.get(entry.id).state is State.DONE, mine.get(entry.id).note
lock_clip(clip_file("0" * 32)).close()
"""


def work(umask: str, folder: Path, video: Path, *storage: str) -> None:  # noqa: F811
    environment = os.environ | {"EMOTION_LIBRARY": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _WORK, umask, str(video), *storage], env=environment, capture_output=True, text=True,
        check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def modes(folder: Path) -> dict[str, str]:
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode)) for path in found}


def open_to_others(folder: Path) -> dict[str, str]:
    """Return files and folders with modes other than 0600 and 0700."""
    return {
        name: mode for name, mode in modes(folder).items()
        if mode != ("0o700" if (folder / name).is_dir() else "0o600")
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("umask", ["000", "022"])
def test_a_whole_analysis_leaves_nothing_that_others_may_read(umask: str, tmp_path: Path, video: Path) -> None:  # noqa: F811
    folder, storage = tmp_path / "library", tmp_path / "elsewhere" / "files"
    work(umask, folder, video)
    found = modes(folder)
    assert {"library.db", "library.db.lock", "analyses", "logs", "clips"} <= found.keys()
    assert any(name.endswith("timeline.parquet") for name in found)
    assert open_to_others(folder) == {}
    if umask == "000":
        work(umask, tmp_path / "second", video, str(storage))
        assert open_to_others(storage) == {}
        assert any(name.endswith("/video") for name in modes(storage))


def test_the_folder_of_an_earlier_version_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "library"
    (folder / "analyses").mkdir(parents=True)
    (folder / "library.db").touch()
    for path, mode in ((folder, 0o755), (folder / "analyses", 0o777), (folder / "library.db", 0o644)):
        path.chmod(mode)
    monkeypatch.setenv("EMOTION_LIBRARY", str(folder))
    Library.open().close()
    assert open_to_others(folder) == {}


def test_a_shared_folder_keeps_its_mode(tmp_path: Path) -> None:
    """A library in /tmp must not close /tmp to other users."""
    tmp_path.chmod(0o1777)
    make_private(tmp_path)
    make_private_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_modes_are_exact_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        make_private_folder(tmp_path / "a" / "b")
        with open_private(tmp_path / "a" / "b" / "file", "wb") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert open_to_others(tmp_path / "a") == {}
