"""Ports and ``host:port`` addresses: accepted ones, and error messages."""

from __future__ import annotations

import pytest

from emotion.errors import InputError
from emotion.web.addresses import parse_address, parse_port


@pytest.mark.parametrize(("text", "port"), [("1", 1), ("8765", 8765), ("65535", 65535)])
def test_a_port_is_a_number(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize("wrong", ["", "0", "-1", "65536", "99999", "1" * 5_000, "80.0", " 80", "²", "٨٠", "web"])
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="expected a port, 1 to 65535; got"):
        parse_port(wrong)


def test_an_address_needs_a_port() -> None:
    assert parse_address("localhost:9000") == ("localhost", 9000)
    assert parse_address("[::1]:9000") == ("::1", 9000)
    for wrong in ("localhost", "localhost:", ":9000", "localhost:99999", "localhost:x", "localhost:0"):
        with pytest.raises(InputError, match=r"expected host:port, such as 127.0.0.1:9000; got"):
            parse_address(wrong)
