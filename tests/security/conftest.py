"""Fixtures of ``tests/pages``, for the tests of attacks on pages."""

from tests.pages.conftest import analyzer, empty_caches, library, video  # noqa: F401
