"""Turns garbage collection off while pytest reports a failure or ends, because it could crash the run.

pytest parses the source of a failing test. A collection during that can finalise an object (such as the transport of an
event loop) with a warning whose traceback makes Python parse too. CPython 3.11 counts the depth of both parses in one
place, so the outer one fails with ``SystemError: AST constructor recursion depth mismatch`` (python/cpython#106905).
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Generator, Iterator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    with _garbage_collection_off():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None, None, None]:
    """At the end, plugins import modules, which pytest parses too."""
    with _garbage_collection_off():
        return (yield)


@contextlib.contextmanager
def _garbage_collection_off() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
