"""Zips of class folders: valid, damaged and malicious."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from emotion.errors import DatasetError, InputError, TooLargeError
from emotion.evaluation.user_evaluation.zip_folders import LabelledFile, Limits, Unread, ZipFolders, label_of

TWO = {"happy/1.png": b"a", "sad/2.png": b"b"}


def archive(tmp_path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w", compression) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "codes", "label"),
    [
        ("happy/1.png", None, "happiness"),
        ("data/test/3_Sad/1.png", None, "sadness"),
        ("angry/smiling/1.png", None, "happiness"),
        ("angry/someone/1.png", None, "anger"),
        ("fear\\1.png", None, "fear"),
        ("../../disgust/1.png", None, "disgust"),
        ("happy.png", None, None),
        ("other/1.png", None, None),
        ("3/1.png", None, None),
        ("3/1.png", "fer2013", "happiness"),
        ("9/1.png", "fer2013", None),
    ],
)
def test_the_innermost_folder_that_names_an_expression_counts(name, codes, label):
    assert label_of(name, codes) == label


def test_class_folders_are_read_in_order(tmp_path):
    litter = {"__MACOSX/happy/._1.png": b"", "happy/.DS_Store": b"", "sad/Thumbs.db": b"", "other/3.png": b"x"}
    folders = ZipFolders(archive(tmp_path, TWO | litter))
    assert folders.label_set.labels == ("happiness", "sadness")
    assert len(folders) == 2
    assert (folders.unlabelled, folders.others) == (["other/3.png"], 0)
    assert list(folders) == [LabelledFile("happy/1.png", "happiness", b"a"), LabelledFile("sad/2.png", "sadness", b"b")]
    folders.close()


def test_files_that_are_no_pictures_are_left_out_and_counted(tmp_path):
    notes = {"happy/notes.txt": b"x", "happy/1.PNG": b"a", "labels.csv": b"x"}
    folders = ZipFolders(archive(tmp_path, TWO | notes))
    assert [one.name for one in folders] == ["happy/1.png", "sad/2.png", "happy/1.PNG"]
    assert (folders.unlabelled, folders.others) == ([], 2)


def test_an_archive_without_pictures_says_what_it_has(tmp_path):
    with pytest.raises(DatasetError, match="got 1 picture in no such folder and 2 files without a picture's ending"):
        ZipFolders(archive(tmp_path, {"1.png": b"a", "happy/1": b"b", "sad/2.txt": b"c"}))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04broken", b"PK\x05\x06"])
def test_an_invalid_archive_is_refused(tmp_path, content):
    (tmp_path / "faces.zip").write_bytes(content)
    with pytest.raises(InputError, match="expected a zip archive of class folders"):
        ZipFolders(tmp_path / "faces.zip")


@pytest.mark.parametrize("files", [{}, {"happy/1.png": b"a"}, {"one/1.png": b"a", "two/2.png": b"b"}])
def test_fewer_than_two_classes_are_refused(tmp_path, files):
    with pytest.raises(DatasetError, match="expected folders named like at least two expressions"):
        ZipFolders(archive(tmp_path, files))


def test_a_zip_bomb_is_stopped_at_the_limit(tmp_path):
    bomb = archive(tmp_path, TWO | {"happy/0.png": bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    small = list(ZipFolders(bomb, limits=Limits(file_bytes=1_000_000)))
    assert [one for one in small if isinstance(one, Unread)] == [Unread("happy/0.png", "it is larger than 1 MB")]
    with pytest.raises(TooLargeError, match="at most 20 MB"):
        list(ZipFolders(bomb, limits=Limits(total_bytes=20_000_000)))


def test_declared_entry_sizes_are_not_trusted(tmp_path):
    path = archive(tmp_path, TWO | {"happy/0.png": bytes(3_000_000)})
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(b"happy/0.png"))
    struct.pack_into("<I", content, entry + 24, 10)
    path.write_bytes(content)
    read = {one.name: one for one in ZipFolders(path, limits=Limits(file_bytes=1_000_000))}
    assert isinstance(read["happy/0.png"], Unread)
    assert isinstance(read["happy/1.png"], LabelledFile)


def test_too_many_entries_are_refused(tmp_path):
    many = archive(tmp_path, {f"happy/{number}.png": b"" for number in range(30)})
    with pytest.raises(TooLargeError, match="at most 20 files in the archive; it holds 30"):
        ZipFolders(many, limits=Limits(files=20))


def test_a_huge_directory_is_refused_before_reading(tmp_path):
    path = archive(tmp_path, TWO)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rfind(b"PK\x05\x06") + 12, 500_000_000)
    path.write_bytes(content)
    with pytest.raises(TooLargeError, match="it holds more"):
        ZipFolders(path)


def test_an_archive_with_a_long_comment_is_read(tmp_path):
    path = archive(tmp_path, TWO)
    with zipfile.ZipFile(path, "a") as writer:
        writer.comment = b"x" * 65_000
    assert len(ZipFolders(path)) == 2


def test_damaged_and_locked_entries_are_named(tmp_path):
    path = archive(tmp_path, TWO | {"happy/3.png": b"locked", "sad/4.png": bytes(range(200))}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.find(bytes(range(200))) + 5] ^= 0xFF
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(b"happy/3.png"))
    content[entry + 8] |= 1
    path.write_bytes(content)
    reasons = {one.name: one.reason for one in ZipFolders(path) if isinstance(one, Unread)}
    assert reasons["happy/3.png"] == "it is password-protected"
    assert "CRC" in reasons["sad/4.png"]


def test_zip64_end_records_are_read(tmp_path):
    """An archive whose directory length is only in the 64-bit record, as some writers always do."""
    path = archive(tmp_path, TWO)
    content = path.read_bytes()
    end = content.rfind(b"PK\x05\x06")
    count, length, offset = struct.unpack_from("<HII", content, end + 10)
    large = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(content[:end] + large + locator + last)
    assert len(ZipFolders(path)) == 2
    assert zipfile.is_zipfile(io.BytesIO(path.read_bytes()))
