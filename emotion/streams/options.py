"""The outputs of a session: their options, and opening them if the settings allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion.errors import LiveError
from emotion.settings import read_settings
from emotion.streams.hub import Sink, StreamHub
from emotion.streams.lsl import LslSink
from emotion.streams.osc import OscSink
from emotion.streams.samples import channels_of
from emotion.streams.websocket import WebSocketSink
from emotion.web.hosts import is_loopback

OFF, LOCAL, NETWORK = "off", "local", "network"
MOST_PEOPLE = 8


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The outputs of one session.

    Attributes:
        lsl: Whether there are LSL outlets.
        osc: Hosts and ports of the OSC receivers.
        websocket: Port of the WebSocket server, 0 for any; None for none.
        websocket_address: Host or IP address on which it listens.
        people: Number of slots, 1–8.
    """

    lsl: bool = False
    osc: tuple[tuple[str, int], ...] = ()
    websocket: int | None = None
    websocket_address: str = "127.0.0.1"
    people: int = 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing is sent."""
        return not (self.lsl or self.osc or self.websocket is not None)


def open_hub(options: StreamOptions, labels: Sequence[str], about: dict[str, str]) -> StreamHub:
    """Open the outputs.

    Args:
        options: The outputs.
        labels: Labels of the model.
        about: Metadata for the streams' headers.

    Raises:
        LiveError: The settings forbid an output, or it cannot be opened.
    """
    _expect_allowed(options)
    channels, sinks = channels_of(labels), list[Sink]()
    try:
        if options.lsl:
            sinks.append(LslSink(channels, options.people, about, network=allows_network()))
        sinks += [OscSink(channels, host, port) for host, port in options.osc]
        if options.websocket is not None:
            token = read_settings().streams_token
            where = options.websocket_address, options.websocket
            sinks.append(WebSocketSink(channels, options.people, *where, token=token, about=about))
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return StreamHub(sinks, options.people)


def allows_network() -> bool:
    """Return whether values may leave this machine."""
    return read_settings().streams == NETWORK


def _expect_allowed(options: StreamOptions) -> None:
    allowed = read_settings().streams
    if allowed == OFF and not options.is_empty:
        raise LiveError("live values are not sent, as EMOTION_STREAMS is off")
    if not 1 <= options.people <= MOST_PEOPLE:
        raise LiveError(f"expected 1 to {MOST_PEOPLE} people; got {options.people}")
    hosts = [host for host, _ in options.osc]
    if options.websocket is not None:
        hosts.append(options.websocket_address)
    if allowed != NETWORK and (away := next((host for host in hosts if not is_loopback(host)), None)):
        raise LiveError(f"expected an address of this machine; {away} needs EMOTION_STREAMS=network")
