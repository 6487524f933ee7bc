"""Names of result files are unique for any inputs."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.errors import InputError
from emotion.output_names import expect_inputs_kept, numbered_names, shown_names, unique_names, without_duplicates


def names(*files: str, stems: bool = False) -> list[str]:
    return unique_names([Path("/data") / file for file in files], stems=stems)


def test_names_include_as_much_of_the_path_as_needed() -> None:
    assert names("a/1.jpg", "b/2.jpg") == ["1.jpg", "2.jpg"]
    assert names("happy/1.jpg", "sad/1.jpg") == ["happy-1.jpg", "sad-1.jpg"]
    assert names("a/x/1.jpg", "b/x/1.jpg", "2.jpg") == ["a-x-1.jpg", "b-x-1.jpg", "2.jpg"]
    assert names("clip.mp4", "clip.mov", stems=True) == ["clip.mp4", "clip.mov"]
    assert names("clip.mp4", "other.mov", stems=True) == ["clip", "other"]


def test_a_stem_can_equal_another_files_name() -> None:
    """clip.mov.mp4 has the stem clip.mov, which is also the name for results of clip.mov if clip.mp4 exists."""
    found = names("clip.mov", "clip.mov.mp4", "clip.mp4", stems=True)
    assert len(set(found)) == 3
    assert names("a.mp4", "a.mp4.mov", "a.mp4.mov.avi", "a.mov", stems=True) == [
        "a.mp4", "a.mp4.mov", "a.mp4.mov.avi", "a.mov",
    ]  # fmt: skip


def test_names_differ_beyond_case_and_unicode_form() -> None:
    composed, decomposed = (unicodedata.normalize(form, "é.mp4") for form in ("NFC", "NFD"))
    assert len({unicodedata.normalize("NFC", name) for name in names(f"a/{composed}", f"b/{decomposed}")}) == 2
    assert len({name.lower() for name in names("a/Clip.mp4", "b/clip.MP4", stems=True)}) == 2


def test_a_folder_prefix_can_equal_another_files_name() -> None:
    found = names("happy/1.jpg", "sad/1.jpg", "x/happy-1.jpg", "y/happy-1.jpg")
    assert len(set(found)) == 4


paths = st.lists(st.lists(st.sampled_from(["a", "b", "a-b", "A"]), min_size=1, max_size=4), max_size=12)


@given(paths, st.booleans())
def test_names_are_unique_and_fit_a_file_system(parts: list[list[str]], stems: bool) -> None:
    endings = [".mp4", ".mov", ".mp4.mov", ""]
    files = without_duplicates([Path("/r", *one[:-1], one[-1] + endings[place % 4]) for place, one in enumerate(parts)])
    found = unique_names(files, stems=stems)
    assert len({name.casefold() for name in found}) == len(files)
    assert all("/" not in name and len(name.encode()) < 200 for name in found)


def test_very_long_names_stay_unique_and_short() -> None:
    long = "ü" * 120
    found = names(f"a/{long}.mp4", f"b/{long}.mp4", stems=True)
    assert len(set(found)) == 2
    assert all(len(name.encode()) < 200 for name in found)


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file, same = tmp_path / "a.mp4", tmp_path / "sub" / ".." / "a.mp4"
    assert without_duplicates([file, same, file]) == [file]


def test_tables_show_paths_only_for_ambiguous_names() -> None:
    assert shown_names(["x/1.jpg", "y/1.jpg", "y/2.jpg"]) == ["x/1.jpg", "y/1.jpg", "2.jpg"]


def test_uploads_of_one_name_are_numbered() -> None:
    assert numbered_names(["1.jpg", "1.jpg", "1-2.jpg", "1.JPG", "x"]) == [
        "1.jpg",
        "1-3.jpg",
        "1-2.jpg",
        "1-4.JPG",
        "x",
    ]


def test_results_never_overwrite_inputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.png\.annotated\.png is an input"):
        expect_inputs_kept([tmp_path / "a.png.annotated.png"], [tmp_path / "." / "a.png.annotated.png"])
