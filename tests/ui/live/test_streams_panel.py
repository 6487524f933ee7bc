"""The panel that sends a session's values: its text, and that outputs end with their session."""

from __future__ import annotations

import gc
import json
import socket
import time
import weakref

import pytest
from streamlit.testing.v1 import AppTest

from emotion.streams import SinkStatus
from tests.shown import as_shown
from ui.live.streams_panel import status_text


def test_a_status_line_names_output_receivers_and_rate() -> None:
    line = status_text(SinkStatus("WebSocket", "ws://127.0.0.1:8765", 1, 1234, 5, "*odd*"), 24.8)
    assert as_shown(line).startswith(
        ":material/send: **WebSocket** to ws://127.0.0.1:8765 · 25 per second · 1 receiver"
    )
    assert "1,234 sent · 5 left out" in line
    assert "*odd*" not in line, "shown literally, not as Markdown"
    assert "receiver" not in status_text(SinkStatus("OSC", "127.0.0.1:9000", None, 0), 0)


@pytest.mark.slow
def test_outputs_end_with_the_session() -> None:
    from websockets.sync.client import connect

    from emotion.engine.analyzer import Analyzer
    from emotion.live import LiveSession
    from emotion.streams import StreamOptions, open_hub
    from tests.live.cameras import as_frame, portrait
    from ui.live.streams_panel import Sending, _stop_in_background

    session = LiveSession(Analyzer())
    hub = open_hub(StreamOptions(websocket=0), session.snapshot().labels, {})
    sending = Sending(weakref.ref(session), hub)
    session.listen(hub.take)
    weakref.finalize(session, _stop_in_background, sending)
    port = int(hub.statuses()[0].target.rpartition(":")[2])
    with connect(f"ws://127.0.0.1:{port}/") as client:
        client.recv(10)
        session.process(as_frame(portrait(), 0))
        [person] = json.loads(client.recv(10))["people"]
        assert 0.5 < person["values"]["p_happiness"] <= 1
        session.close()
        del session
        gc.collect()
        deadline_s = time.monotonic() + 20
        while hub._thread.is_alive() and time.monotonic() < deadline_s:
            time.sleep(0.05)
    assert not hub._thread.is_alive()


def panel() -> None:
    import streamlit as st

    from emotion.engine.analyzer import Analyzer
    from emotion.live import LiveSession
    from ui.access import LOCAL_VISITOR
    from ui.live import show_streams

    if "test_session" not in st.session_state:
        st.session_state["test_session"] = LiveSession(Analyzer())
    show_streams(st.session_state["test_session"], LOCAL_VISITOR)


@pytest.mark.slow
def test_an_invalid_output_is_reported_and_nothing_starts() -> None:
    page = AppTest.from_function(panel, default_timeout=60).run()
    page.text_input(key="live_send_osc").input("localhost:99999").run()
    page.button(key="live_send_start").click().run()
    [error] = page.error
    assert as_shown(error.value) == "expected host:port, such as 127.0.0.1:9000; got localhost:99999"
    page.text_input(key="live_send_osc").input("").run()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        page.number_input(key="live_send_port").set_value(taken.getsockname()[1])
        page.toggle(key="live_send_ws").set_value(True).run()
        page.button(key="live_send_start").click().run()
    [error] = page.error
    assert "cannot listen on 127" in as_shown(error.value)
    assert page.button(key="live_send_start"), "the choice is still there"
    assert not page.exception
