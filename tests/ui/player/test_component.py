from __future__ import annotations

import re

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from emotion.analytics.edits import Edits, Span
from emotion.errors import InputError
from tests.conftest import make_analysis
from ui.player import component
from ui.player.component import _Memory, player_module, show_player
from ui.player.serve import video_url


def event(number: int, start_s: float = 1.0, end_s: float = 2.0) -> dict:
    return {"id": f"visit-{number}", "start_s": start_s, "end_s": end_s}


def test_a_repeated_event_is_reported_once():
    memory = _Memory("key", "digest")
    first = memory.receive([event(1)])
    assert [(marked.id, marked.span) for marked in first] == [("visit-1", Span(1.0, 2.0))]
    assert [marked.id for marked in memory.receive([event(1), event(2), event(3)])] == ["visit-2", "visit-3"]
    assert memory.receive([event(1), event(2), event(3)]) == ()


def test_an_event_is_reported_again_once_it_has_a_name():
    memory = _Memory("key", "digest")
    memory.receive([event(1)])
    named = event(1) | {"label": " a\n joke "}
    assert [(mark.id, mark.label) for mark in memory.receive([named])] == [("visit-1", "a joke")]
    assert memory.receive([named]) == ()


def test_an_event_of_a_stopped_run_is_reported_by_the_next_one(monkeypatch):
    def stop(**_arguments) -> None:
        raise StopException

    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(component, "data_url", lambda *_arguments: "")
    analysis, edits = make_analysis([["neutral"]] * 3), Edits()
    monkeypatch.setattr(component, "_mount", lambda **_arguments: None)
    show_player(None, analysis, edits=edits, key="player")
    st.session_state[st.session_state["player_memory"].key] = {"events": [event(1)]}
    monkeypatch.setattr(component, "_mount", stop)
    with pytest.raises(StopException):
        show_player(None, analysis, edits=edits, key="player")
    monkeypatch.setattr(component, "_mount", lambda **_arguments: None)
    assert [mark.id for mark in show_player(None, analysis, edits=edits, key="player").events] == ["visit-1"]
    assert show_player(None, analysis, edits=edits, key="player").events == ()


def test_the_player_seeks_only_on_a_new_request():
    memory = _Memory("key", "digest")
    assert memory.position(None, None) == {"move": 0, "time_s": None}
    assert memory.position(5.0, None) == {"move": 1, "time_s": 5.0}
    assert memory.position(None, {"count": 1, "move": 0, "time_s": 0.0}) == {"move": 1, "time_s": 5.0}
    rest = {"count": 2, "move": 1, "time_s": 7.5}
    assert memory.position(None, rest) == {"move": 1, "time_s": 7.5}
    assert memory.position(3.0, rest) == {"move": 2, "time_s": 3.0}
    assert memory.position(None, rest) == {"move": 2, "time_s": 3.0}
    # The same time again is news too, because the player was elsewhere in between.
    assert memory.position(None, {"count": 3, "move": 2, "time_s": 7.5}) == {"move": 2, "time_s": 7.5}


def test_bundled_scripts_have_no_imports_and_one_export():
    text = player_module()
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == [
        "export default function show({parentElement, data, setStateValue}) {"
    ]
    names = re.findall(r"^(?:class|function|const) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))


def test_an_empty_video_is_refused(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(InputError, match=r"expected a video; got an empty file, empty\.mp4"):
        video_url(path, "place")


def page() -> None:
    import streamlit as st

    from emotion.analytics.edits import Edits
    from tests.conftest import make_analysis
    from ui.player import show_player

    shown = st.session_state.get("shown", [["happiness"]] * 4)
    state = show_player(None, make_analysis(shown), edits=Edits(), key="p", time_s=st.session_state.pop("order", None))
    st.text(state.time_s)


def test_a_page_sets_and_reads_the_position():
    test = AppTest.from_function(page, default_timeout=60).run()
    assert not test.exception
    assert test.text[0].value == "None"
    test.session_state["order"] = 0.2
    assert test.run().text[0].value == "0.2"
    assert test.run().text[0].value == "0.2"


def test_another_analysis_resets_the_player():
    test = AppTest.from_function(page, default_timeout=60).run()
    test.session_state["order"] = 0.2
    assert test.run().text[0].value == "0.2"
    test.session_state["shown"] = [["anger"]] * 9
    assert test.run().text[0].value == "None"
