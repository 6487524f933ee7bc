"""Videos as jobs: queue, events, results, idempotency keys."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json

import pandas as pd
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from emotion.http_api import ADDRESS
from emotion.http_api.request_limits import STREAMS
from emotion.library import LOCAL, Library
from emotion.library.jobs.queue import claim_next
from emotion.library.owners.idempotency import IdempotentRequest
from tests.conftest import make_analysis
from tests.http_api.conftest import Server
from tests.library.libraries import end

DONE = make_analysis([["happiness"]] * 4 + [[]] * 2 + [["neutral", "surprise"]] * 4)


def add(client: TestClient, clip: bytes, key: str | None = None, **asked: object):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/videos", params=asked, files={"file": ("talk.mp4", clip)}, headers=headers)


def finish_next(library: Library) -> None:
    claim = claim_next(library, 1)
    assert claim is not None
    end(library, claim, DONE)


def test_a_video_becomes_a_job_of_the_library(client: TestClient, library: Library, clip: bytes) -> None:
    answer = add(client, clip, every=3, title="Pilot", tag=["a", "b"], end_s=2, eyes=False, movements=False)
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == job["links"]["self"] == f"/api/v1/jobs/{job['id']}"
    assert (job["state"], job["before"], job["title"], job["source"]) == ("queued", 0, "Pilot", "talk.mp4")
    entry = library.for_owner(LOCAL).get(job["id"])
    assert (entry.settings.every, entry.settings.end_s, entry.tags) == (3, 2.0, ("a", "b"))
    assert not entry.settings.eyes and not entry.settings.movements
    assert client.get("/jobs").json()["jobs"] == [job]
    assert client.get(f"/jobs/{job['id']}").json() == job


def test_an_unknown_model_queues_nothing(client: TestClient, clip: bytes) -> None:
    answer = add(client, clip, model="nonesuch")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_model")
    assert "nonesuch" in answer.json()["detail"]
    assert client.get("/jobs").json()["jobs"] == []


def test_a_part_after_the_end_queues_nothing_and_frees_the_key(client: TestClient, clip: bytes) -> None:
    answer = add(client, clip, "key", start_s=100)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert answer.json()["detail"] == "talk.mp4 has no frames in the part 100 s–end; its length is 3.0 s"
    assert client.get("/jobs").json()["jobs"] == []
    assert add(client, clip, "key", start_s=1).status_code == 202


def test_a_tag_that_is_too_long_is_no_outage(client: TestClient, clip: bytes) -> None:
    """A client would send the video again and again."""
    answer = add(client, clip, tag=["fine", "x" * 101])
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "Retry-After" not in answer.headers
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.slow
def test_results_are_those_of_the_library(client: TestClient, library: Library, clip: bytes) -> None:
    job = add(client, clip).json()["id"]
    waiting = client.get(f"/jobs/{job}/result")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "no_result_yet")
    finish_next(library)
    done = client.get(f"/jobs/{job}").json()
    assert (done["state"], done["share"]) == ("done", 1.0)
    assert done["summary"]["people"] == 2
    expected = library.for_owner(LOCAL).load_analysis(job).timeline
    parquet = pd.read_parquet(io.BytesIO(client.get(f"/jobs/{job}/result?format=parquet").content))
    pd.testing.assert_frame_equal(parquet, expected)
    csv = pd.read_csv(io.BytesIO(client.get(f"/jobs/{job}/result?format=csv").content))
    assert csv["p_happiness"].tolist() == pytest.approx(expected["p_happiness"].tolist(), abs=1e-6)
    whole = client.get(f"/jobs/{job}/result")
    assert whole.headers["content-type"] == "application/json"
    assert len(whole.json()["timeline"]) == len(expected)


@pytest.mark.slow
def test_streams_of_clients_that_have_gone_count_no_longer(server: Server, client: TestClient, clip: bytes) -> None:
    job = add(client, clip).json()["id"]

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        raise OSError("the connection is closed")

    scope = {
        "type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "path": f"{ADDRESS}/jobs/{job}/events",
        "raw_path": b"", "query_string": b"", "headers": [], "root_path": "", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip
    for _ in range(STREAMS):
        with contextlib.suppress(Exception):  # the server's own way to end such a request
            asyncio.run(server.app(dict(scope), receive, send))
    assert client.get(f"/jobs/{job}/events?wait_s=0.01").status_code == 200


@pytest.mark.slow
def test_events_end_with_the_job(client: TestClient, library: Library, clip: bytes) -> None:
    job = add(client, clip).json()["id"]
    waiting = client.get(f"/jobs/{job}/events?wait_s=0.01").text
    assert waiting.endswith("event: end\ndata: timeout\n\n")
    finish_next(library)
    answer = client.get(f"/jobs/{job}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("event: end\ndata: over\n\n")
    data = next(line for line in answer.text.splitlines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: ")) == client.get(f"/jobs/{job}").json()


def test_a_job_is_cancelled_and_deleted(client: TestClient, library: Library, clip: bytes) -> None:
    job = add(client, clip).json()["id"]
    assert client.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/jobs/{job}/resume").status_code == 409
    assert client.delete(f"/jobs/{job}").status_code == 204
    gone = client.get(f"/jobs/{job}")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_job")

    running = add(client, clip).json()["id"]
    assert claim_next(library, 1) is not None
    assert client.delete(f"/jobs/{running}").json()["code"] == "running"
    assert client.post(f"/jobs/{running}/cancel").json()["state"] == "running", "its worker will stop it"


def test_a_request_sent_again_makes_no_second_job(client: TestClient, clip: bytes) -> None:
    first, again = add(client, clip, "k-1", every=2), add(client, clip, "k-1", every=2)
    assert again.json()["id"] == first.json()["id"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    other = add(client, clip, "k-1", every=3)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_of_another_request")
    assert client.get("/jobs").json()["total"] == 1
    # The key is deleted with its job.
    client.delete(f"/jobs/{first.json()['id']}")
    assert add(client, clip, "k-1", every=2).json()["id"] != first.json()["id"]


def test_a_key_is_free_again_after_a_failure(client: TestClient, clip: bytes) -> None:
    assert add(client, b"no video", "k-2").json()["code"] == "unreadable_video"
    assert add(client, clip, "k-2").status_code == 202


def test_a_key_in_use_is_refused(client: TestClient, library: Library, clip: bytes) -> None:
    other = IdempotentRequest(library.for_owner(LOCAL), "k-3", "other request")
    assert other.begin() is None
    answer = add(client, clip, "k-3")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_of_another_request")
    other.release()
    assert add(client, clip, "k-3").status_code == 202


def test_limits_of_the_app_hold(client: TestClient, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MAX_QUEUED", "1")
    assert add(client, clip).status_code == 202
    assert add(client, clip).json()["code"] == "too_large"
    monkeypatch.setenv("EMOTION_MAX_QUEUED", "9")
    monkeypatch.setenv("EMOTION_MAX_DURATION_S", "1")
    assert "at most 1 s of video" in add(client, clip).json()["detail"]
    monkeypatch.setenv("EMOTION_MAX_DURATION_S", "100")
    monkeypatch.setenv("EMOTION_QUOTA_MB", "0.01")
    assert "Delete something first" in add(client, clip).json()["detail"]
    assert client.get("/jobs").json()["total"] == 1
