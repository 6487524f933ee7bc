"""Sends a session's values to other programs: what, how often and to whom."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from emotion.errors import LiveError
from emotion.live import LiveSession
from emotion.settings import read_settings
from emotion.streams import SinkStatus, StreamHub, StreamOptions, open_hub
from emotion.streams.markers import MarkerInlet
from emotion.streams.options import MOST_PEOPLE, OFF, allows_network
from emotion.web.addresses import EXAMPLE, LARGEST_PORT, parse_address
from ui.access import Visitor
from ui.common.errors import fragment, run_action, show_failure
from ui.common.plain import plain

TITLE = "Send values to other programs"
ABOUT = "Every analysed frame goes to the programs that you choose, until you stop or the camera ends."
POLL_INTERVAL_S = 2.0
_SENDING, _ERROR = "live_sending", "live_sending_error"
_LSL, _OSC, _WEBSOCKET, _PORT, _PEOPLE, _MARKERS = (
    f"live_send_{name}" for name in ("lsl", "osc", "ws", "port", "people", "markers")
)
_DEFAULT_PORT = 8765


class _Choice(NamedTuple):
    """What to send and receive."""

    lsl: bool
    markers: bool
    osc: str
    websocket: bool
    port: int
    people: int

    @property
    def is_something(self) -> bool:
        return self.lsl or self.markers or bool(self.osc) or self.websocket


@dataclass(eq=False)
class Sending:
    """The outputs of one session."""

    session: weakref.ref[LiveSession]
    hub: StreamHub
    markers: MarkerInlet | None = None

    def stop(self) -> None:
        """Close every output; further calls do nothing."""
        session, markers = self.session(), self.markers
        self.markers = None
        if session is not None:
            session.unlisten(self.hub.take)
        if markers is not None:
            markers.close()
        self.hub.close()

    def mark(self, text: str, moment_s: float) -> None:
        """Add another program's marker to the recording."""
        session, time_s = self.session(), self.hub.stream_time(moment_s)
        if session is not None and time_s is not None:
            session.mark(text, time_s)


def show_streams(session: LiveSession | None, visitor: Visitor) -> None:
    """Show the panel, unless the settings or the visitor's rights do not allow sending.

    Args:
        session: The running session; None before the camera starts.
        visitor: The current visitor. Outputs belong to the server, so with sign-in only administrators open them.
    """
    if read_settings().streams == OFF or not visitor.may_change_models:
        return
    with st.expander(TITLE, icon=":material/share:"):
        if session is None:
            st.caption(f"{ABOUT} Start the camera first.")
        elif (sending := _sending_of(session)) is not None:
            _show_status(sending)
            st.button("Stop sending", icon=":material/stop_circle:", on_click=_stop, key="live_send_stop")
        else:
            _show_choice(session)


def _sending_of(session: LiveSession) -> Sending | None:
    sending: Sending | None = st.session_state.get(_SENDING)
    return sending if sending is not None and sending.session() is session else None


def _show_choice(session: LiveSession) -> None:
    st.caption(ABOUT)
    lsl = st.toggle("Lab Streaming Layer", key=_LSL, persist_state="session")
    markers = st.toggle("Receive LSL markers as events of the recording", key=_MARKERS, persist_state="session")
    osc = st.text_input(
        "OSC to", key=_OSC, persist_state="session", placeholder=EXAMPLE, width=320,
        help="host:port; leave empty to send none",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        websocket = st.toggle("WebSocket on port", key=_WEBSOCKET, persist_state="session")
        port = st.number_input(
            "Port", 1024, LARGEST_PORT, _DEFAULT_PORT, key=_PORT, persist_state="session",
            label_visibility="collapsed", width=140,
        )  # fmt: skip
    people = st.number_input(
        "People", 1, MOST_PEOPLE, 1, key=_PEOPLE, persist_state="session", help="How many are sent at once", width=140
    )
    show_failure(_ERROR)
    chosen = _Choice(lsl, markers, osc.strip(), websocket, int(port), int(people))
    st.button(
        "Start sending", icon=":material/send:", type="primary", disabled=not chosen.is_something,
        key="live_send_start", on_click=_start, args=(session, chosen),
    )  # fmt: skip


def _start(session: LiveSession, chosen: _Choice) -> None:
    run_action(_ERROR, lambda: _open(session, chosen))


def _open(session: LiveSession, chosen: _Choice) -> None:
    receivers = (parse_address(chosen.osc),) if chosen.osc else ()
    port = chosen.port if chosen.websocket else None
    now = session.snapshot()
    about = {"model": session.model, "abstain_below": str(now.abstain_below)}
    hub = open_hub(StreamOptions(chosen.lsl, receivers, port, people=chosen.people), now.labels, about)
    sending = Sending(weakref.ref(session), hub)
    try:
        sending.markers = MarkerInlet(sending.mark, network=allows_network()) if chosen.markers else None
    except LiveError:
        hub.close()
        raise
    session.listen(hub.take)
    # Closing outputs takes a moment, so it must not block the thread that drops the ended session.
    weakref.finalize(session, _stop_in_background, sending)
    st.session_state[_SENDING] = sending


def _stop() -> None:
    if (sending := st.session_state.pop(_SENDING, None)) is not None:
        sending.stop()


def _stop_in_background(sending: Sending) -> None:
    threading.Thread(target=sending.stop, name="stop streams", daemon=True).start()


@fragment(run_every=POLL_INTERVAL_S)
def _show_status(sending: Sending) -> None:
    rate = sending.hub.rate()
    for status in sending.hub.statuses():
        st.markdown(status_text(status, rate))
    if sending.markers is not None:
        count, streams = sending.markers.received, sending.markers.streams
        st.markdown(f":material/flag: **Markers** from {streams} streams · {count:,} received")


def status_text(status: SinkStatus, rate: float) -> str:
    """Return one line about an output: its target, its rate and the number of samples sent.

    Args:
        status: Status of the output.
        rate: Samples per second.
    """
    parts = [f":material/send: **{plain(status.kind)}** to {plain(status.target)}", f"{rate:.0f} per second"]
    if status.receivers is not None:
        parts.append(f"{status.receivers} receiver{'' if status.receivers == 1 else 's'}")
    parts.append(f"{status.sent:,} sent")
    if status.left_out:
        parts.append(f"{status.left_out:,} left out")
    if status.problem:
        parts.append(f":red[{plain(status.problem)}]")
    return " · ".join(parts)
