"""FER2013 as published, with both kinds of header, and the table of FER+ votes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from emotion.errors import DatasetError
from tests.training.conftest import made_faces
from tests.training.datasets.made_files import USAGES, as_text, write_csv
from training.datasets.readers.parquet import read_dataset

FACES = made_faces(6, 0)
HEADERS = {"fer2013.csv": "emotion,pixels,Usage", "icml_face_data.csv": "emotion, Usage, pixels"}
VOTES_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def face_rows(name: str) -> list[str]:
    """Return two rows of each usage, with emotions 0 to 5."""
    cells = [(str(row), as_text(face), USAGES[row // 2]) for row, face in enumerate(FACES)]
    return [
        f"{code},{pixels},{usage}" if name == "fer2013.csv" else f"{code},{usage},{pixels}"
        for code, pixels, usage in cells
    ]


def vote_rows() -> list[str]:
    """Return rows in which row i has 10 − i votes for neutral and i for happiness."""
    return [f"{USAGES[row // 2]},fer{row}.png,{10 - row},{row},0,0,0,0,0,0,0,0" for row in range(6)]


@pytest.mark.parametrize("name", HEADERS)
def test_either_table_is_read_pixel_by_pixel(tmp_path, prepared, name):
    write_csv(tmp_path / name, HEADERS[name], face_rows(name))
    out, manifest = prepared("fer2013-csv", tmp_path)
    splits = read_dataset(out)
    assert list(splits) == ["train", "public-test", "private-test"]
    np.testing.assert_array_equal(np.concatenate([faces.images for faces in splits.values()]), FACES)
    assert [faces.labels.tolist() for faces in splits.values()] == [[0, 1], [2, 3], [4, 5]]
    assert manifest.counts["train"] == {"all": 2, "anger": 1, "disgust": 1}
    assert not manifest.skipped


def test_a_zipped_table_is_read_as_it_is(tmp_path, prepared):
    table = write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], face_rows("fer2013.csv"))
    with zipfile.ZipFile(tmp_path / "fer2013.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(table, "fer2013/fer2013.csv")
    _, manifest = prepared("fer2013-csv", tmp_path / "fer2013.zip")
    assert sum(counts["all"] for counts in manifest.counts.values()) == 6


NAMES = ("Angry", "disgust", "Fear", "3_happy", "sadness", "surprised")


def floats(text: str) -> str:
    return " ".join(f"{word}.0" for word in text.split())


def table_of(emotions: Sequence[object], pixels: Callable[[str], str] = str, separator: str = ",") -> str:
    rows = zip(emotions, FACES, [usage for usage in USAGES for _ in range(2)], strict=True)
    lines = [separator.join((str(emotion), pixels(as_text(face)), usage)) for emotion, face, usage in rows]
    return "\n".join((separator.join(("emotion", "pixels", "Usage")), *lines, ""))


PLAIN = table_of(range(6))
SPELLINGS = {
    "semicolons": table_of(range(6), separator=";").encode(),
    "tabs": table_of(range(6), separator="\t").encode(),
    "bars": table_of(range(6), separator="|").encode(),
    "Excel's own first line": b"sep=;\r\n" + table_of(range(6), separator=";").replace("\n", "\r\n").encode(),
    "names": table_of(NAMES).encode(),
    "floats": table_of([f"{code}.0" for code in range(6)], floats).encode(),
    "numpy's floats": table_of(range(6), lambda text: f"[{floats(text).replace('.0', '.')}]").encode(),
    "brackets": table_of(range(6), lambda text: f'"[{text.replace(" ", ", ")}]"').encode(),
    "brackets and semicolons": table_of(range(6), lambda text: f"[{text.replace(' ', ',')}]", ";").encode(),
    "a list over lines": table_of(range(6), lambda text: '"[[' + text.replace(" ", "\n", 3) + ']]"').encode(),
    "UTF-8 with a mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "big-endian UTF-16 without a mark": PLAIN.encode("utf-16-be"),
    "UTF-32": PLAIN.encode("utf-32"),
    "UTF-16 with tabs, as Excel writes": table_of(NAMES, separator="\t").replace("\n", "\r\n").encode("utf-16"),
}


@pytest.mark.parametrize("content", SPELLINGS.values(), ids=SPELLINGS)
def test_common_variants_give_the_same_table(tmp_path, prepared, content):
    (tmp_path / "fer2013.csv").write_bytes(content)
    out, manifest = prepared("fer2013-csv", tmp_path)
    splits = read_dataset(out)
    np.testing.assert_array_equal(np.concatenate([faces.images for faces in splits.values()]), FACES)
    assert [faces.labels.tolist() for faces in splits.values()] == [[0, 1], [2, 3], [4, 5]]
    assert not manifest.skipped


@pytest.mark.parametrize(
    ("row", "expected", "got"),
    [
        ("0,1 2 3,Training", "2304 pixels of 0 to 255", "3 numbers"),
        (f"0,{'256 ' * 2304},Training", "2304 pixels of 0 to 255", "range"),
        (f"0,{'x ' * 2304},Training", "2304 pixels of 0 to 255", "'x'"),
        (f"7,{as_text(FACES[0])},Training", "an emotion of 0 to 6, or its name", "7"),
        (f"bored,{as_text(FACES[0])},Training", "an emotion of 0 to 6, or its name", "'bored'"),
        (f"contempt,{as_text(FACES[0])},Training", "an emotion of 0 to 6, or its name", "'contempt'"),
        (f"0,{'0.25 ' * 2304},Training", "2304 pixels of 0 to 255", "0.25, which is not an integer; multiply"),
        (f"0,{'12.4 ' * 2304},Training", "2304 pixels of 0 to 255", "12.4, which is not an integer"),
        (f"0,{'nan ' * 2304},Training", "2304 pixels of 0 to 255", "'nan'"),
        ("0,[12 34 ... 56 78],Training", "2304 pixels of 0 to 255", "which NumPy writes in place of numbers"),
        (f"0,{as_text(FACES[0])},Sunday", "a Usage of Training, PublicTest or PrivateTest", "'Sunday'"),
        ("0", "a Usage of Training, PublicTest or PrivateTest", "''"),
    ],
)
def test_a_broken_row_is_named_counted_and_skipped(tmp_path, prepared, row, expected, got):
    rows = face_rows("fer2013.csv")
    write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], [*rows[:2], row, *rows[2:], row])
    _, manifest = prepared("fer2013-csv", tmp_path)
    assert list(manifest.skipped) == [expected]
    assert manifest.skipped[expected]["count"] == 2
    first, second = manifest.skipped[expected]["first"]
    assert first.startswith("row 3 of fer2013.csv: ") and got in first
    assert second.startswith("row 8 of fer2013.csv: ")
    assert sum(counts["all"] for counts in manifest.counts.values()) == 6


def test_a_table_without_usage_is_split(tmp_path, prepared):
    faces = made_faces(200, 1)
    write_csv(
        tmp_path / "train.csv", "emotion,pixels", [f"{row % 7},{as_text(face)}" for row, face in enumerate(faces)]
    )
    _, manifest = prepared("fer2013-csv", tmp_path / "train.csv", hold_out=0.25)
    assert set(manifest.counts) == {"train", "validation", "test"}
    assert all(30 < manifest.counts[split]["all"] < 75 for split in ("validation", "test"))
    assert manifest.held_out == {"splits": ("validation", "test"), "share": 0.25, "seed": 2024}


@pytest.mark.parametrize(
    ("name", "header", "message"),
    [
        ("faces.csv", "emotion,pixels,Usage", "expected fer2013.csv or icml_face_data.csv .* got faces.csv"),
        ("fer2013.csv", "label,picture", "expected the columns emotion, pixels in the header .* label, picture"),
    ],
)
def test_invalid_tables_are_refused(tmp_path, prepared, name, header, message):
    write_csv(tmp_path / name, header, [])
    with pytest.raises(DatasetError, match=message):
        prepared("fer2013-csv", tmp_path)


def test_a_table_without_one_usable_row_is_refused(tmp_path, prepared):
    write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], ["0,1 2 3,Training"] * 3)
    with pytest.raises(DatasetError, match=r"got none: 3 × expected 2304 pixels .*row 1 of fer2013.csv: 3 numbers"):
        prepared("fer2013-csv", tmp_path)
    assert not list((tmp_path / "prepared").iterdir())


def test_votes_are_joined_to_their_faces(tmp_path, prepared):
    write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], face_rows("fer2013.csv"))
    write_csv(tmp_path / "fer2013new.csv", VOTES_HEADER, vote_rows())
    out, _ = prepared("ferplus", tmp_path)
    votes = np.concatenate([faces.votes for faces in read_dataset(out).values()])
    assert votes[:, :2].tolist() == [[10 - row, row] for row in range(6)]
    assert not votes[:, 2:].any()


def test_a_broken_row_of_one_table_keeps_both_in_step(tmp_path, prepared):
    faces, votes = face_rows("fer2013.csv"), vote_rows()
    faces[0], votes[3] = "0,1 2,Training", votes[3].replace("fer3.png,7", "fer3.png,eleven")
    write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], faces)
    write_csv(tmp_path / "fer2013new.csv", VOTES_HEADER, votes)
    out, manifest = prepared("ferplus", tmp_path)
    splits = read_dataset(out)
    assert splits["train"].votes[:, 1].tolist() == [1]
    assert splits["public-test"].votes[:, 1].tolist() == [2]
    assert {fault["first"][0].split(":")[0] for fault in manifest.skipped.values()} == {
        "row 1 of fer2013.csv", "row 4 of fer2013.csv",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (VOTES_HEADER, vote_rows()[:5], "expected as many rows in fer2013new.csv as in fer2013.csv, 6; got 5"),
        (VOTES_HEADER, vote_rows()[::-1], "row 1 of fer2013.csv is Training, .* are PrivateTest"),
        (VOTES_HEADER.replace("contempt", "boredom"), vote_rows(), "votes_contempt missing"),
        (VOTES_HEADER.replace("Usage", "Part"), vote_rows(), "expected the columns Usage"),
    ],
)
def test_votes_of_another_table_are_refused(tmp_path, prepared, header, rows, message):
    write_csv(tmp_path / "fer2013.csv", HEADERS["fer2013.csv"], face_rows("fer2013.csv"))
    write_csv(tmp_path / "fer2013new.csv", header, rows)
    with pytest.raises(DatasetError, match=message):
        prepared("ferplus", tmp_path)
