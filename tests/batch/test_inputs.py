"""Which videos the inputs of a batch select, and which inputs are refused."""

from __future__ import annotations

import uuid
from pathlib import Path

import fsspec
import pytest

from emotion.batch.inputs import Video, find_videos
from emotion.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MOV", "deep/er/c.webm", ".hidden.mp4", ".trash/d.mp4", "notes.txt", "take [1].mp4"):
        path = tmp_path / "films" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "films"


def names(*inputs: str | Path) -> list[str]:
    return [video.name for video in find_videos([str(each) for each in inputs])]


def test_folders_are_recursive_and_globs_filter_by_extension(folder: Path) -> None:
    assert names(folder) == ["a.MOV", "b.mp4", "c.webm", "take [1].mp4"]
    assert names(f"{folder}/*") == ["a.MOV", "b.mp4", "take [1].mp4"]
    assert names(f"{folder}/**/c.*") == ["c.webm"]
    assert names(folder / "deep", folder / "b.mp4") == ["c.webm", "b.mp4"], "in the order of the inputs"
    assert names(folder / "take [1].mp4") == ["take [1].mp4"], "an existing file is not a pattern"
    assert names(folder / "notes.txt") == ["notes.txt"], "a named file is accepted with any extension"


def test_sources_are_absolute_and_stamps_follow_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (before,) = find_videos(["b.mp4"])
    assert before.source == str(folder / "b.mp4")
    assert find_videos([f"file://{folder}/b.mp4"]) == [before], "the same file by its URL"
    assert find_videos(["."])[1] == before
    (folder / "b.mp4").write_text("something else")
    (after,) = find_videos(["b.mp4"])
    assert after.source == before.source
    assert after.stamp != before.stamp


def test_urls_of_files_folders_and_globs() -> None:
    place = f"/{uuid.uuid4().hex}"
    memory = fsspec.filesystem("memory")
    for name in ("a.mp4", "in/b.mp4", "c.txt"):
        memory.pipe_file(f"{place}/{name}", b"x")
    url = f"memory:/{place}"
    assert [video.source for video in find_videos([url])] == [f"{url}/a.mp4", f"{url}/in/b.mp4"]
    assert [video.source for video in find_videos([f"{url}/*"])] == [f"{url}/a.mp4"]
    (one,) = find_videos([f"{url}/a.mp4"])
    memory.pipe_file(f"{place}/a.mp4", b"xy")
    assert find_videos([f"{url}/a.mp4"])[0].stamp != one.stamp
    memory.pipe_file(f"{place}/list.csv", b"video\nin/b.mp4\n")
    assert [video.source for video in find_videos([f"{url}/list.csv"])] == [f"{url}/in/b.mp4"]


def test_a_manifest_lists_relative_and_absolute_paths_and_urls(folder: Path) -> None:
    rows = ["person,video", "1,b.mp4", f"2,{folder}/a.MOV", "3, deep/er/c.webm ", "4,gone.mp4", "5,memory://x/y.mp4"]
    (folder / "list.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    videos = find_videos([str(folder / "list.csv")])
    here = [str(folder / name) for name in ("b.mp4", "a.MOV", "deep/er/c.webm", "gone.mp4")]
    assert [video.source for video in videos] == [*here, "memory://x/y.mp4"]
    assert [bool(video.stamp) for video in videos] == [True, True, True, False, False], "a missing file has none"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("sep=;\r\nPerson;Video\r\n1;b.mp4\r\n2;deep/er/c.webm\r\n", "utf-8-sig"),
        ("person\tvideo\n1\tb.mp4\n2\tdeep/er/c.webm\n", "utf-16"),
        ("video\nb.mp4\n\ndeep/er/c.webm\n", "utf-8"),
    ],
    ids=["semicolons", "unicode-text", "one-column"],
)
def test_a_manifest_may_come_from_any_spreadsheet(folder: Path, text: str, encoding: str) -> None:
    """Excel separates columns by semicolons wherever numbers have a decimal comma."""
    (folder / "list.csv").write_bytes(text.encode(encoding))
    videos = find_videos([str(folder / "list.csv")])
    assert [video.source for video in videos] == [str(folder / "b.mp4"), str(folder / "deep/er/c.webm")]


def test_passwords_in_urls_are_not_stored() -> None:
    video = Video("ftp://me:secret@host/films/a.mp4?key=1")
    assert video.shown == "ftp://host/films/a.mp4?key=1"
    assert video.name == "a.mp4"
    assert Video("/films/me:x@y.mp4").shown == "/films/me:x@y.mp4"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (["list.csv", "b.mp4"], "expected one manifest alone, or videos without one; got list.csv and 1 more"),
        (["list.csv", "other.csv"], "expected one manifest alone"),
        (["b.mp4", "."], "expected every video once; got .*b.mp4 2 times$"),
        (["*", "."], "a.MOV 2 times, and 2 more duplicates"),
        (["gone.mp4"], "nothing exists at gone.mp4"),
        (["*.mkv"], r"expected videos matching \*.mkv; there are none"),
        (["empty"], r"expected videos in empty; there are none \(.3g2, .3gp, "),
        (["list.csv"], "expected a column 'video' in list.csv; it has path"),
        (["gap.csv"], "expected a path or URL in every row of gap.csv; got an empty field in row 2"),
        (["bare.csv"], "every row of bare.csv; got no row"),
        (["latin.csv"], "latin.csv cannot be read as a manifest: expected a table as CSV text in UTF-8"),
        (["gone.csv"], "gone.csv"),
        (["twice.csv"], "expected every video once"),
        (["nonsense://x/y"], "expected a URL that fsspec opens"),
    ],
)
def test_ambiguous_inputs_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inputs: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "list.csv").write_text("path\nb.mp4\n")
    (folder / "gap.csv").write_text("video,n\nb.mp4,1\n,2\n")
    (folder / "bare.csv").write_text("video\n")
    (folder / "latin.csv").write_bytes("video\nbär.mp4\n".encode("latin-1"))
    (folder / "twice.csv").write_text("video\nb.mp4\n./b.mp4\n")
    with pytest.raises(InputError, match=words):
        find_videos(inputs)
