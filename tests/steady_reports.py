"""Keeps pytest alive while it prints a failure or ends: no garbage is collected meanwhile.

pytest parses the failing test's source, and what a collection finalises within that (an event loop's transport, say)
may be reported with a traceback, for which Python parses as well. CPython 3.11 counts the depth of both in one place,
so the outer parse ends in ``SystemError: AST constructor recursion depth mismatch`` (python/cpython#106905), and the
whole run with it.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Generator, Iterator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    with _without_collection():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish() -> Generator[None, None, None]:
    """At the end, plugins import modules that pytest parses as well."""
    with _without_collection():
        return (yield)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
