"""Security headers of the app's responses."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from bench.common.chromium import served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    with served("server.py") as url:
        yield url


@pytest.mark.parametrize("path", ["/", "/video", "/_stcore/health"])
def test_every_answer_says_what_a_page_may_do(app: str, path: str) -> None:
    with urllib.request.urlopen(app + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy, "no other site can embed the app in a frame"
        assert "default-src 'self'" in policy, "pages load nothing from other hosts"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin", "addresses of analyses are not sent to other sites"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/"])
def test_streamlits_metrics_are_not_served(app: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(app + path)
    assert refused.value.code == 404
