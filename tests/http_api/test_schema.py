"""Requests that schemathesis generates from the API's description: no status 500, and responses as described.

``python -m tests.stress api --requests 10000`` sends more of them.
"""

from __future__ import annotations

import pytest

from emotion.library import LOCAL
from tests.http_api.conftest import Server
from tests.http_api.test_jobs import add, finish_next
from tests.stress.api import Known, send_invented


@pytest.mark.slow
def test_generated_requests_get_described_responses(server: Server, png: bytes, clip: bytes) -> None:
    client = server.client()
    jobs = [add(client, clip).json()["id"] for _ in range(4)]
    finish_next(server.library)
    figures = send_invented(server.app, 20, Known(server.token(LOCAL)[1], tuple(jobs), png, clip))
    assert figures["requests"] >= 100
    assert figures["failures"] == []
    assert figures["statuses"]["202"] >= 5, "videos that can be read"
    assert set(figures["operations"]) >= {"POST /images", "POST /videos", "GET /jobs/{job_id}/result"}
