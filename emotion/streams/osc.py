"""OSC over UDP: one bundle per frame, with the frame's time as its time tag.

``/emotion/frame`` has frame number, time in the stream and number of faces; ``/emotion/person/1/present`` is 0 or 1;
``/emotion/person/1/p_happiness`` and so on have the values. Unknown values are left out, because many programs cannot
handle NaN.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from emotion.errors import LiveError
from emotion.streams.hub import SinkStatus
from emotion.streams.samples import Channel, Person, Sample
from emotion.streams.stream_clock import unix_time

_SKIPPED = {"track_id", "frame_index"}


class OscSink:
    """Sends to one address.

    Args:
        channels: The channels to send.
        host: Name or IP address of the receiver.
        port: UDP port.

    Raises:
        LiveError: python-osc is not installed, or the address is unknown.
    """

    def __init__(self, channels: Sequence[Channel], host: str, port: int) -> None:
        try:
            from pythonosc import osc_bundle_builder, osc_message_builder  # noqa: PLC0415 – an extra
        except ImportError as error:
            raise LiveError("expected the package python-osc; install the extra streams") from error
        # python-osc's annotations are narrower than what it accepts.
        self._bundle: Any = osc_bundle_builder.OscBundleBuilder
        self._message: Any = osc_message_builder.OscMessageBuilder
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
            raise LiveError(f"expected a known host for OSC; got {host}") from error
        self._address: Any = found[4]
        self._socket = socket.socket(found[0], found[1])
        self._socket.setblocking(False)
        self._names = [channel.name for channel in channels]
        self._target, self._sent, self._left_out, self._problem = f"{host}:{port}", 0, 0, ""

    def send(self, sample: Sample) -> None:
        """Send one bundle as a UDP datagram; receivers do not confirm it."""
        bundle = self._bundle(unix_time(sample.clock_s))
        bundle.add_content(
            self._built("/emotion/frame", (sample.frame_index, "i"), (sample.time_s, "d"), (sample.faces, "i"))
        )
        for slot, person in enumerate(sample.people, start=1):
            bundle.add_content(self._built(f"/emotion/person/{slot}/present", (int(person is not None), "i")))
            if person is not None:
                self._add(bundle, person)
        try:
            self._socket.sendto(bundle.build().dgram, self._address)
            self._sent, self._problem = self._sent + 1, ""
        except OSError as error:  # no program listens on this machine, or the network is down
            self._left_out, self._problem = self._left_out + 1, error.strerror or type(error).__name__

    def status(self) -> SinkStatus:
        """Return the state, with the number of bundles sent."""
        return SinkStatus("OSC", self._target, None, self._sent, self._left_out, self._problem)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _add(self, bundle: Any, person: Person) -> None:
        start = f"/emotion/person/{person.slot}"
        bundle.add_content(self._built(f"{start}/track_id", (person.track_id, "i")))
        for name, value in zip(self._names, person.values.tolist(), strict=True):
            if name not in _SKIPPED and value == value:  # noqa: PLR0124 – not NaN
                bundle.add_content(self._built(f"{start}/{name}", (value, "f")))

    def _built(self, address: str, *arguments: tuple[float, str]) -> Any:
        message = self._message(address)
        for value, kind in arguments:
            message.add_arg(value, kind)
        return message.build()
