"""Files that once broke a reader, and damaged ones, sent to the API: refused in one sentence, without a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.stress.fuzz.search import FINDS
from tests.stress.fuzz.seeds import damaged, read_seeds

FOUND = sorted(path for path in FINDS.glob("*/*") if path.is_file())
REFUSED = {"unreadable_picture", "unreadable_video", "too_large", "empty_body", "unreadable_file"}


def expect_taken_or_refused(client: TestClient, path: str, content: bytes) -> None:
    answer = client.post(path, content=content)
    if answer.status_code in {200, 202}:
        return
    assert answer.status_code in {413, 422}, answer.text
    assert answer.json()["code"] in REFUSED
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_files_that_once_broke_a_reader_are_refused(client: TestClient, path: Path) -> None:
    for address in ("/images", "/videos"):
        expect_taken_or_refused(client, address, path.read_bytes())


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    return read_seeds(tmp_path_factory.mktemp("seeds"))


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_pictures_and_videos_are_read_or_refused(client: TestClient, whole, data) -> None:
    target = data.draw(st.sampled_from([name for name in whole if name in {"picture", "image", "video"}]))
    content = damaged(data.draw, whole[target])
    expect_taken_or_refused(client, "/videos" if target == "video" else "/images", content)
