"""The thread that starts workers, while the database is away."""

from __future__ import annotations

import pytest

from emotion.errors import LibraryError
from emotion.library import Library
from emotion.library.jobs import Dispatcher, dispatcher
from tests.library.conftest import library, make_library  # noqa: F401 – fixtures


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_failure_is_logged_once_until_it_changes_or_ends(
    library: Library,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A database that was away for an hour filled the log with 7,200 equal lines."""
    answers = iter(["away", "away", "away", "full", "", "full"])
    queue = Dispatcher(library)

    def run_once() -> None:
        if (answer := next(answers, None)) is None:
            queue._stopped.set()
        elif answer:
            raise LibraryError(answer)

    monkeypatch.setattr(dispatcher, "POLL_INTERVAL_S", 0.001)
    monkeypatch.setattr(queue, "run_once", run_once)
    with caplog.at_level("WARNING"):
        queue._run()
    assert caplog.messages == ["away", "full", "full"]
