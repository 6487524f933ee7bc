"""Limits of simultaneous requests and bytes: of one owner, and of all together."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from starlette.testclient import TestClient

from emotion.http_api.problems import Problem
from emotion.http_api.request_limits import PER_OWNER, REQUESTS, REQUESTS_TOGETHER, STREAMS, TOGETHER, RequestLimits

MEGA = 1_000_000


def assert_full(request_limits: RequestLimits, owner: str, kind: str = "request") -> None:
    with pytest.raises(Problem, match="too many requests are open at once") as refused:
        getattr(request_limits, kind)(owner).__enter__()
    assert refused.value.status == 429


@pytest.mark.parametrize(("kind", "most"), [("request", REQUESTS), ("stream", STREAMS)])
def test_one_owner_may_have_so_many_open_at_once(kind: str, most: int) -> None:
    request_limits = RequestLimits()
    with ExitStack() as opened:
        for _ in range(most):
            opened.enter_context(getattr(request_limits, kind)("ada"))
        assert_full(request_limits, "ada", kind)
        opened.enter_context(getattr(request_limits, kind)("ben"))
    with getattr(request_limits, kind)("ada"):
        pass


def test_all_owners_together_may_have_so_many_requests() -> None:
    request_limits = RequestLimits()
    with ExitStack() as opened:
        for number in range(REQUESTS_TOGETHER):
            opened.enter_context(request_limits.request(f"owner {number}"))
        assert_full(request_limits, "one more")
    with request_limits.request("one more"):
        pass


def test_bytes_in_transfer_are_limited_and_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "5")
    request_limits = RequestLimits()
    request_limits.take_bytes("ada", PER_OWNER * 5 * MEGA)
    with pytest.raises(Problem, match="too many uploads are in transfer"):
        request_limits.take_bytes("ada", 1)
    request_limits.take_bytes("ada", -PER_OWNER * 5 * MEGA - 1)
    for number in range(TOGETHER // PER_OWNER):
        request_limits.take_bytes(f"owner {number}", PER_OWNER * 5 * MEGA)
    with pytest.raises(Problem, match="too many uploads are in transfer"):
        request_limits.take_bytes("ada", 1)


def test_a_request_releases_its_bytes(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "0.9")  # counted as a whole megabyte
    answers = [client.post("/images", content=bytes(850_000)).status_code for _ in range(4)]
    assert answers == [422] * 4, "no pictures, but never too many"
