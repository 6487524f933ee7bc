"""The real nginx with ``deploy/nginx.conf``: every response has the app's headers once, and HSTS over TLS."""

from __future__ import annotations

import re
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message

import pytest

from bench.common.chromium import served
from tests.browser.test_nginx_browser import CONFIG, PATH, nginx, nginx_path
from ui.access.headers import HEADERS

pytestmark = pytest.mark.slow

HSTS = "Strict-Transport-Security"


def test_nginx_names_the_headers_of_the_app() -> None:
    added = dict(re.findall(r'(?m)^ *add_header (\S+) "([^"]*)" always;$', CONFIG))
    assert added == HEADERS
    assert re.findall(r"(?m)^ *proxy_hide_header (\S+);$", CONFIG) == list(HEADERS)


@pytest.fixture(scope="module")
def app_port() -> Iterator[int]:
    nginx_path()
    with served("server.py", STREAMLIT_SERVER_BASE_URL_PATH=PATH) as app:
        yield int(app.rpartition(":")[2])


@pytest.fixture(scope="module")
def plain(app_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("nginx"), app_port) as url:
        yield url


@pytest.fixture(scope="module")
def encrypted(app_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    with nginx(folder, app_port, f"ssl_certificate {certificate}; ssl_certificate_key {key};") as url:
        yield url


def headers_of(url: str) -> Message:
    try:
        with urllib.request.urlopen(url, timeout=30, context=ssl._create_unverified_context()) as answer:
            return answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.headers


@pytest.mark.parametrize("path", [f"/{PATH}/", f"/{PATH}/_stcore/health", f"/{PATH}/nothing.js", "/elsewhere"])
def test_every_answer_has_each_header_once(plain: str, path: str) -> None:
    found = headers_of(plain + path)
    for name, value in HEADERS.items():
        assert found.get_all(name) == [value], name
    assert found.get_all(HSTS) is None, "HSTS has no effect over HTTP"
    assert "/" not in (found["Server"] or ""), "the version of nginx is hidden"


@pytest.mark.parametrize("path", [f"/{PATH}/", "/elsewhere"])
def test_over_tls_browsers_get_hsts(encrypted: str, path: str) -> None:
    found = headers_of(encrypted + path)
    assert found.get_all(HSTS) == ["max-age=31536000"]
    assert found.get_all("Content-Security-Policy") == [HEADERS["Content-Security-Policy"]]


def test_a_foreign_page_is_refused_behind_nginx_too(plain: str) -> None:
    request = urllib.request.Request(f"{plain}/{PATH}/_stcore/upload_file/a/b", method="PUT", data=b"x")
    request.add_header("Origin", "https://evil.example")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403


def test_streamlits_metrics_are_not_served_behind_nginx_either(plain: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{plain}/{PATH}/_stcore/metrics", timeout=30)
    assert refused.value.code == 404
