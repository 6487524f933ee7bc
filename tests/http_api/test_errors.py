"""Every error response is a problem (RFC 9457) with the request's ID."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from emotion.errors import LibraryError
from emotion.models.registry import CARD_FILE, imported_models_dir, shipped_models
from tests.http_api.conftest import Server

PROBLEM = {"type", "title", "status", "code", "detail", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("PUT", "/images", 405),
        ("GET", "/jobs/short", 422),
        ("GET", "/jobs?limit=0", 422),
        ("GET", "/jobs?state=asleep", 422),
        ("POST", "/videos?every=nan", 422),
        ("POST", "/images?format=xml", 422),
        ("POST", "/images?modle=x", 422),
        ("GET", "/models?all=1", 422),
    ],
)
def test_errors_are_problems(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, headers={"X-Request-ID": "my-request.1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= PROBLEM
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "my-request.1"


@pytest.mark.parametrize("path", ["/images", "/videos"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n' * 2 + b"--b--\r\n",
        ),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    ],
    ids=["no boundary named", "no boundary found", "two files", "no name"],
)
def test_a_malformed_form_is_a_problem_that_is_described(client: TestClient, path: str, kind: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_form")
    described = client.get("/openapi.json").json()["paths"][path]["post"]["responses"]
    assert "400" in described
    assert answer.json()["detail"].startswith("expected a form with one file; ")


def test_an_invalid_request_id_is_replaced(client: TestClient) -> None:
    for given in ("a b", "x" * 65, "<script>"):
        assert client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_an_unexpected_error_does_not_reveal_its_cause(server: Server, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret path /root")

    monkeypatch.setattr("emotion.http_api.jobs.show", fail)
    answer = server.client().get(f"/jobs/{'0' * 32}")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "secret path" in caplog.text, "the log has it"


def test_an_unavailable_library_is_a_problem(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise LibraryError("the database does not answer")

    monkeypatch.setattr("emotion.http_api.jobs.show", away)
    answer = server.client().get(f"/jobs/{'0' * 32}")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "library_away", "5")


def test_the_description_has_examples_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["servers"] == [{"url": "/api/v1"}]
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            assert one["summary"], (path, method)
            assert one["responses"], (path, method)
    assert "examples" in described["components"]["schemas"]["FaceOut"]["properties"]["probabilities"]
    assert client.get("/docs").status_code == 404


def test_a_damaged_imported_model_is_not_offered(client: TestClient) -> None:
    (imported_models_dir() / "broken").mkdir(parents=True)
    (imported_models_dir() / "broken" / CARD_FILE).write_text("{")
    answer = client.get("/models")
    assert answer.status_code == 200
    assert [model["name"] for model in answer.json()] == shipped_models()


def test_an_unknown_parameter_is_named_with_the_known_ones(client: TestClient) -> None:
    answer = client.post("/videos?evry=3", content=b"x")
    assert answer.json()["code"] == "bad_parameter"
    assert answer.json()["detail"].startswith("expected a parameter out of ")
    assert "every" in answer.json()["detail"]
    assert answer.json()["detail"].endswith("; got 'evry'")
    assert client.get("/models?all=1").json()["detail"] == "expected no parameters; got 'all'"


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("every=2&fps=3", "expected every or fps; got both"),
        ("start_s=5&end_s=2", "expected a part from 0 s on that ends after it starts; got 5–2 s"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(client: TestClient, query: str, detail: str) -> None:
    """One of two rates silently won, and a part that ends before it starts was said to be an unreadable video."""
    answer = client.post(f"/videos?{query}", content=b"x")
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (422, "bad_parameter", detail)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/jobs?limit=0", "limit: expected at least 1; got '0'"),
        ("/jobs?limit=300", "limit: expected at most 200; got '300'"),
        ("/jobs?limit=some", "limit: expected a whole number; got 'some'"),
        ("/jobs/no-id", "job_id: expected text of the form ^[0-9a-f]{32}$; got 'no-id'"),
        (f"/jobs/{'0' * 32}/events?wait_s=0", "wait_s: expected a number greater than 0; got '0'"),
        (f"/jobs/{'0' * 32}/result?format=xml", "format: expected 'json', 'csv' or 'parquet'; got 'xml'"),
    ],
)
def test_an_invalid_value_is_answered_with_what_was_expected(client: TestClient, path: str, detail: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


def test_every_kind_of_invalid_value_is_worded(client: TestClient) -> None:
    """None of pydantic's own messages gets through."""
    for query in ("every=x", "every=0", "every=20000", "fps=0", "start_s=-1", "start_s=x", "keep_video=maybe"):
        assert ": expected " in client.post(f"/videos?{query}", content=b"x").json()["detail"], query
    for query in ("title=" + "x" * 301, "&".join(["tag=x"] * 21)):
        assert ": expected at most " in client.post(f"/videos?{query}", content=b"x").json()["detail"]
    assert ": expected " in client.get("/jobs?state=odd").json()["detail"]
