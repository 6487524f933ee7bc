"""Unexpected errors show one sentence, the rest of the app works, and pages recover."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from emotion.library import Library
from tests.shown import as_shown


def page() -> None:
    import streamlit as st

    from ui.access.library import library_or_stop
    from ui.common.errors import error_boundary
    from ui.video.queue import show_queue

    st.title("Stands")
    with error_boundary():
        show_queue(library_or_stop())
        st.write("All is well.")


def set_aside(library: Library, back: bool = False) -> None:
    names = ("away", "analyses") if back else ("analyses", "away")
    with library.database.writing() as session:
        session.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))


def test_a_lost_database_shows_an_error_until_it_is_back(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    assert test.markdown[-1].value == "All is well."
    set_aside(library)
    with caplog.at_level(logging.ERROR, logger="ui.common.errors"):
        test.run()
    assert not test.exception
    assert test.title[0].value == "Stands"
    assert as_shown(test.error[0].value).endswith("its tables are those of another program version")
    assert "a page ended early" in caplog.text
    set_aside(library, back=True)
    test.run()
    assert not test.error
    assert test.markdown[-1].value == "All is well."


def test_a_bug_is_not_hidden() -> None:
    def broken() -> None:
        from ui.common.errors import error_boundary

        with error_boundary():
            raise ZeroDivisionError

    test = AppTest.from_function(broken, default_timeout=60).run()
    assert len(test.exception) == 1
    assert not test.error


def test_a_fragment_shows_its_errors_and_the_page_continues() -> None:
    def page_with_fragment() -> None:
        import streamlit as st

        from emotion.errors import LibraryError
        from ui.common.errors import fragment

        @fragment()
        def part(words: str) -> None:
            st.write(words)
            raise LibraryError("expected a disk that answers; got silence")

        part("Before it.")
        st.write("After it.")

    test = AppTest.from_function(page_with_fragment, default_timeout=60).run()
    assert [words.value for words in test.markdown] == ["Before it.", "After it."]
    assert test.error[0].value == "Expected a disk that answers; got silence"
    assert not test.exception
