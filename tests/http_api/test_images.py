"""``POST /images`` returns the results of the Python API in three formats."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from starlette.testclient import TestClient

import emotion
from emotion.report.picture_records import image_record, image_table


def test_json_equals_the_python_api(client: TestClient, analyzer: emotion.Analyzer, png: bytes) -> None:
    expected = image_record(analyzer.image(png), "team.png")
    raw = client.post("/images", params={"name": "team.png"}, content=png, headers={"Content-Type": "image/png"})
    form = client.post("/images", files={"file": ("team.png", png)})
    assert raw.status_code == form.status_code == 200
    assert raw.json() == form.json() == expected
    assert len(expected["faces"]) == 1


def test_tables_equal_the_python_api(client: TestClient, analyzer: emotion.Analyzer, png: bytes) -> None:
    expected = image_table(analyzer.image(png), "team.png")
    parquet = client.post("/images", params={"format": "parquet"}, files={"file": ("team.png", png)})
    table = pd.read_parquet(io.BytesIO(parquet.content))
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_categorical=False)
    csv = client.post("/images", params={"format": "csv"}, files={"file": ("team.png", png)})
    read = pd.read_csv(io.BytesIO(csv.content))
    assert list(read) == list(expected)
    assert read["p_happiness"].iloc[0] == pytest.approx(expected["p_happiness"].iloc[0], abs=1e-5)


def test_names_are_never_paths_and_formulas_stay_text(client: TestClient, png: bytes) -> None:
    answer = client.post("/images", files={"file": ("../../etc/=cmd|' /C calc'!A0.png", png)})
    assert "/etc" not in answer.json()["file"]
    csv = client.post("/images", params={"format": "csv", "name": "=1+1"}, content=png).content.decode("utf-8-sig")
    assert csv.splitlines()[1].startswith("'=1+1")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_body"),
        (b"junk", 422, "unreadable_picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, 422, "unreadable_picture"),
    ],
)
def test_files_that_are_no_pictures_are_refused(client: TestClient, content: bytes, status: int, code: str) -> None:
    answer = client.post("/images", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "name", "content", "detail"),
    [
        ("/images", "README", b"hello", "README is not a picture in a known format; expected JPEG, PNG, WebP"),
        ("/images", "a.jpg", b"%PDF-1.4", "a.jpg is a PDF document; expected a picture: JPEG, PNG, WebP"),
        ("/images", "cut.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "cut.png is damaged"),
        ("/videos", "README", b"hello", "README is not a video that can be read; expected mp4, mov, avi, mkv or webm"),
        ("/videos", "a.mp4", b"%PDF-1.4", "a.mp4 is a PDF document; expected a video: mp4, mov, avi, mkv or webm"),
        ("/videos", "b.mp4", b"\xff\xd8\xff\xe0", "b.mp4 is a picture (JPEG); expected a video: mp4, mov"),
    ],
)
def test_refusals_name_the_file_once_and_say_what_came(
    client: TestClient, path: str, name: str, content: bytes, detail: str
) -> None:
    answer = client.post(path, files={"file": (name, content)})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)
    assert answer.json()["detail"].count(name) == 1


def test_quotation_marks_in_names_are_those_of_the_file(client: TestClient, png: bytes) -> None:
    """Programs send them as %22, as HTML asks."""
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="say %22hi%22 50% off.png"\r\n\r\n'
    body = head.encode() + png + b"\r\n--x--\r\n"
    answer = client.post("/images", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.json()["file"] == 'say "hi" 50% off.png'


def test_an_unknown_model_is_refused(server, png: bytes) -> None:
    from emotion.http_api.context import Analyzers

    with pytest.raises(emotion.errors.ModelError):
        Analyzers()("nonesuch")


def test_a_picture_over_the_limit_is_refused_before_it_is_read(
    client: TestClient, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "0.01")
    for body in ({"content": png}, {"files": {"file": ("a.png", png)}}):
        answer = client.post("/images", **body)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def pieces():
        yield from (png[start : start + 1000] for start in range(0, len(png), 1000))

    assert client.post("/images", content=pieces()).status_code == 413, "no length was announced"


def test_too_many_pixels_are_refused(client: TestClient, png: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MAX_PICTURE_MEGAPIXELS", "0.1")
    answer = client.post("/images", content=png)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    answer = client.post("/images", data={"other": "x"}, files={"wrong": ("a.png", b"x")})
    assert answer.json()["code"] == "no_file"
    broken = client.post("/images", content=b"--x", headers={"Content-Type": "multipart/form-data"})
    assert broken.status_code == 400
