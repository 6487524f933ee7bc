"""Configures LSL so that streams stay on this machine, and only this test process and its senders find them."""

from __future__ import annotations

import uuid

import pytest

pylsl = pytest.importorskip("pylsl")

from emotion.streams import lsl  # noqa: E402

CONFIG = f"[multicast]\nResolveScope = machine\n[lab]\nSessionID = {uuid.uuid4().hex}\n[log]\nlevel = -2\n"
if not lsl._configured:
    pylsl.set_config_content(CONFIG)
    lsl._configured.append(CONFIG)


@pytest.fixture(scope="session")
def lsl_config() -> str:
    """The configuration that another process needs to be found by this one."""
    return lsl._configured[0]
