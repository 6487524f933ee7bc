"""Lab Streaming Layer: one outlet per slot, created at the start, so that recorders find it before anyone is in view.

Timestamps use LSL's clock and are as regular as the camera's. The declared rate is irregular, because frames may be
skipped under load. While a slot is empty, all channels but ``frame_index`` are NaN.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np

from emotion.errors import LiveError
from emotion.streams.hub import SinkStatus
from emotion.streams.samples import Channel, Sample

KIND = "Expressions"
"""Type of the streams."""
_LOCAL = "[ports]\nIPv6 = disable\n[multicast]\nResolveScope = machine\nListenAddress = 127.0.0.1\n[log]\nlevel = -2\n"
"""Discovery answers on loopback only. LSL has no setting for the data ports, which accept any IPv4 address."""
_NETWORK = "[multicast]\nResolveScope = site\n[log]\nlevel = -2\n"
_configured: list[str] = []


def load_pylsl(*, network: bool) -> Any:
    """Return the module ``pylsl``.

    Args:
        network: Whether other machines may find the streams. The first call in a process decides this for all, unless
            the user has an LSL configuration (``LSLAPICFG``).

    Raises:
        LiveError: It is not installed, or its library cannot be loaded.
    """
    try:
        import pylsl  # noqa: PLC0415 – an extra
    except (ImportError, RuntimeError, OSError) as error:
        raise LiveError("expected the package pylsl; install the extra streams") from error
    wanted = _NETWORK if network else _LOCAL
    if not _configured and "LSLAPICFG" not in os.environ:
        pylsl.set_config_content(wanted)
        _configured.append(wanted)
    return pylsl


class LslSink:
    """Outlets for the people of one session.

    Args:
        channels: The channels to send.
        people: Number of slots.
        about: Metadata for the streams' headers, such as ``{"model": "everyface"}``.
        network: Whether other machines may find the streams.

    Raises:
        LiveError: LSL is not installed.
    """

    def __init__(
        self, channels: Sequence[Channel], people: int, about: dict[str, str] | None = None, *, network: bool = False
    ) -> None:
        self._pylsl = load_pylsl(network=network)
        self._frame_channel = [channel.name for channel in channels].index("frame_index")
        self._nobody = np.full(len(channels), np.nan, np.float32)
        self._network, self._sent = network, 0
        session = uuid.uuid4().hex[:12]
        self._outlets = [self._open(channels, slot, session, about or {}) for slot in range(1, people + 1)]

    def send(self, sample: Sample) -> None:
        """Push one sample to every outlet."""
        # Both clocks are monotonic, but need not have the same origin on every system.
        stamp_s = sample.clock_s + self._pylsl.local_clock() - time.perf_counter()
        for outlet, person in zip(self._outlets, sample.people, strict=True):
            values = self._nobody.copy() if person is None else person.values
            values[self._frame_channel] = sample.frame_index
            outlet.push_sample(values, stamp_s)
        self._sent += 1

    def status(self) -> SinkStatus:
        """Return the state, with the number of outlets that have receivers."""
        listening = sum(bool(outlet.have_consumers()) for outlet in self._outlets)
        where = "the network" if self._network else "this machine"
        return SinkStatus("LSL", f"programs on {where}", listening, self._sent)

    def close(self) -> None:
        """Close the outlets."""
        self._outlets.clear()

    def _open(self, channels: Sequence[Channel], slot: int, session: str, about: dict[str, str]) -> Any:
        info = self._pylsl.StreamInfo(
            f"Facial expressions {slot}", KIND, len(channels), self._pylsl.IRREGULAR_RATE, "float32",
            f"emotion-{session}-{slot}",
        )  # fmt: skip
        listed = info.desc().append_child("channels")
        for channel in channels:
            one = listed.append_child("channel")
            for key, value in (("label", channel.name), ("unit", channel.unit), ("type", channel.kind)):
                one.append_child_value(key, value)
        acquisition = info.desc().append_child("acquisition")
        for key, value in {"manufacturer": "Facial-expression analytics", "slot": str(slot), **about}.items():
            acquisition.append_child_value(key, value)
        return self._pylsl.StreamOutlet(info)
