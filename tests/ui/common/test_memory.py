"""Freed memory is returned to the operating system when visits have ended."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import weakref

import pytest

from tests.conftest import run_async
from tests.stress.torture.samples import sample
from ui.common import visit_cleanup
from ui.common.memory import release_memory

BLOCKS, BLOCK_BYTES = 60_000, 2_000


def _rss_mb() -> float:
    return sample(os.getpid())["rss_mb"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory that this can return")
def test_freed_memory_below_a_living_block_is_returned() -> None:
    blocks = [bytearray(BLOCK_BYTES) for _ in range(BLOCKS)]
    last = blocks[-1]  # glibc by itself returns only what lies above the last living block
    full = _rss_mb()
    blocks.clear()
    release_memory()
    assert full - _rss_mb() > 0.8 * BLOCKS * BLOCK_BYTES / 1e6
    assert len(last) == BLOCK_BYTES


def test_cycles_are_collected() -> None:
    class Node:
        """Refers to itself."""

    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    gone = weakref.ref(node)
    gc.disable()
    try:
        del node
        release_memory()
        assert gone() is None
    finally:
        gc.enable()


def test_memory_is_released_once_visits_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[int] = []
    ended = iter([["a", "b"], [], ["c"]])
    monkeypatch.setattr(visit_cleanup, "POLL_INTERVAL_S", 0.01)
    monkeypatch.setattr(visit_cleanup, "exists", lambda: True)
    monkeypatch.setattr(visit_cleanup, "get_instance", lambda: type("Runtime", (), {"_session_mgr": None}))
    monkeypatch.setattr(visit_cleanup, "release_memory", lambda: released.append(1))
    monkeypatch.setattr(visit_cleanup.VisitCleanup, "end_disconnected", lambda *_: next(ended, []))

    async def rest() -> None:
        async with visit_cleanup.VisitCleanup().watching():
            await asyncio.sleep(0.5)

    run_async(rest())
    assert len(released) == 2
