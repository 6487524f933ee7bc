"""Tokens on the About page."""

from __future__ import annotations

import pytest

from emotion.library import LOCAL, Library
from emotion.library.owners.tokens import find_token, list_tokens
from tests.pages.test_pages import page, press, texts

pytestmark = pytest.mark.slow


def test_a_token_is_made_shown_once_and_deleted(library: Library, analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_NOTICE", "off")
    test = page("about")
    assert "You have no tokens." in texts(test)
    press(test, "Create token")
    assert "expected a name for the token; it is empty" in [error.value for error in test.error]
    test.text_input[0].set_value("Lab *computer*")
    press(test, "Create token")
    text, example = (code.value for code in test.code)
    found = find_token(library, text)
    assert found is not None
    assert (found.owner, found.name) == (LOCAL, "Lab *computer*")
    assert f"Bearer {text}" in example
    assert "Lab *computer*" in texts(test)
    test.run()
    assert [code.value for code in test.code] == [text, example], "another run does not take it away"
    press(test, "I have copied it")
    assert not test.code, "shown once"
    press(test, "Delete")
    assert list_tokens(library.for_owner(LOCAL)) == []


def test_the_notice_comes_before_the_first_token(library: Library, analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_NOTICE", "on")
    test = page("about")
    assert not [button for button in test.button if button.label == "Create token"]
    test.pills[0].set_value("research")
    test.checkbox[0].check()
    test.run()
    assert [button for button in test.button if button.label == "Create token"]
