"""Pages under attack run like those in ``tests/pages``."""

from tests.pages.conftest import analyzer, empty_caches, library, video  # noqa: F401
