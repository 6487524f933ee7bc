"""The player for coding: the data that it accepts from the browser, and that it sends no answers of the model."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from emotion.errors import InputError, LibraryError
from emotion.labels import EMOTIONS
from emotion.studies.coding import CodedSpan, spans_to_json
from ui.player.coding import Spans, _Memory, coding_module
from ui.player.pack import pack_frames

ONE, OTHER = CodedSpan(0.04, 0.4, "fear"), CodedSpan(1.0, 1.0, "blink")
WEB = Path(__file__).resolve().parents[3] / "ui" / "player" / "web"


def report(count: int, *spans: CodedSpan, session: str = "visit") -> dict:
    return {"session": session, "count": count, "spans": spans_to_json(spans), "open": [{"code": "fear", "start_s": 2}]}


class Store:
    """A store of spans that records what it was asked to store."""

    def __init__(self, *spans: CodedSpan) -> None:
        self.spans, self.asked = spans, []

    def __call__(self, coded: Spans | None) -> Spans:
        self.asked.append(coded)
        self.spans = self.spans if coded is None else coded
        return self.spans


def test_a_report_is_taken_once() -> None:
    memory, store = _Memory(()), Store()
    memory.exchange(None, store)
    memory.exchange(report(1, OTHER, ONE), store)
    assert memory.open == ("fear",)
    memory.exchange(report(1, OTHER, ONE), store)
    memory.exchange(report(2, ONE), store)
    memory.exchange(report(1, session="after a reload"), store)
    assert store.asked == [None, (ONE, OTHER), None, (ONE,), ()]


def test_only_spans_that_the_player_does_not_have_are_a_new_generation() -> None:
    memory, store = _Memory((ONE,)), Store(ONE)
    memory.exchange(None, store)
    memory.exchange(report(1, ONE, OTHER), store)
    assert memory.generation == 0
    store.spans = (OTHER,)
    memory.exchange(report(1, ONE, OTHER), store)
    assert (memory.generation, memory.spans) == (1, (OTHER,))


@pytest.mark.parametrize("reason", [LibraryError("another program has locked it"), StopException()])
def test_what_could_not_be_stored_is_stored_by_the_next_run(reason: BaseException) -> None:
    def fail(_coded: Spans | None) -> Spans:
        raise reason

    memory, store = _Memory(()), Store()
    with pytest.raises(type(reason)):
        memory.exchange(report(1, ONE), fail)
    memory.exchange(report(1, ONE), store)
    assert (store.spans, memory.generation) == ((ONE,), 0)


def test_strange_spans_of_a_browser_are_refused() -> None:
    memory, strange = _Memory(()), report(1) | {"spans": [{"code": "fear"}]}
    with pytest.raises(InputError, match="they cannot be read"):
        memory.exchange(strange, Store())
    memory.exchange(strange, Store())


def test_the_browser_gets_exact_times_and_nothing_else() -> None:
    times = np.array([0, 1 / 30, 0.1234567890123, 1.0])
    packed = pack_frames(times)
    (length,) = struct.unpack_from("<I", packed)
    head = json.loads(packed[4 : 4 + length])
    assert set(head) == {"end_s", "duration_s", "units", "arrays"}
    assert set(head["arrays"]) == {"ticks"}
    assert (4 + length) % 8 == 0, "a Float64Array begins at a multiple of 8"
    np.testing.assert_array_equal(np.frombuffer(packed[4 + length :], "<f8"), times[:-1])
    assert (head["end_s"], head["units"]["tick_s"]) == (1.0, 1.0)


def test_bundled_scripts_have_one_export_and_know_no_expression() -> None:
    text = coding_module()
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == [
        "export default function show({parentElement, data, setStateValue}) {"
    ]
    names = re.findall(r"^(?:class|function|const) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))
    assert not [one for one in EMOTIONS if one in text + (WEB / "coding.html").read_text(encoding="utf-8")]


def page() -> None:
    import os
    from pathlib import Path

    import numpy as np
    import streamlit as st

    from emotion.studies.coding import DEFAULT_CODEBOOK
    from ui.player.coding import show_coding_player

    def store(coded):
        if coded is not None:
            st.session_state["stored"] = coded
        return st.session_state.get("stored", ())

    open_states = show_coding_player(
        Path(os.environ["CODED_CLIP"]), np.array([0.0, 0.04, 0.08]), DEFAULT_CODEBOOK, key="coding", spans=store
    )
    st.text(", ".join(open_states))


def test_a_page_shows_the_player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"any bytes")
    monkeypatch.setenv("CODED_CLIP", str(path))
    test = AppTest.from_function(page, default_timeout=60).run()
    assert not test.exception
    assert test.text[0].value == "", "no state is open"
