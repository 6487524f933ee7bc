"""Receives LSL markers of other programs, and passes each to a function with its time on this machine's clock.

A sender's timestamps are on the clock of its machine; LSL measures the offset between that clock and ours.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from emotion.streams.lsl import load_pylsl

KIND = "Markers"
"""Type of the streams to receive; programs that send markers commonly use this one."""
_SEARCH_INTERVAL_S, _PULL_INTERVAL_S, _CORRECTION_S = 1.0, 0.02, 5.0
_MAX_CHARACTERS = 200

log = logging.getLogger(__name__)
OnMarker = Callable[[str, float], None]


class MarkerInlet:
    """Receives the markers of every stream of type ``Markers`` that appears.

    Args:
        on_marker: Called on another thread with the text and the time on ``time.perf_counter``, seconds.
        network: Whether to receive streams of other machines.

    Raises:
        LiveError: LSL is not installed.
    """

    def __init__(self, on_marker: OnMarker, *, network: bool = False) -> None:
        self._pylsl, self._on_marker = load_pylsl(network=network), on_marker
        self._inlets: dict[str, Any] = {}
        self.received = 0
        self._stop = threading.Event()
        self._resolver = self._pylsl.ContinuousResolver("type", KIND)
        self._thread = threading.Thread(target=self._run, name="LSL markers", daemon=True)
        self._thread.start()

    @property
    def streams(self) -> int:
        """Number of streams that are received."""
        return len(self._inlets)

    def close(self) -> None:
        """Stop receiving."""
        self._stop.set()
        self._thread.join(10)
        self._inlets.clear()

    def _run(self) -> None:
        searched_s = float("-inf")
        while not self._stop.is_set():
            if time.monotonic() - searched_s >= _SEARCH_INTERVAL_S:
                searched_s = time.monotonic()
                self._find_streams()
            for uid, inlet in list(self._inlets.items()):
                try:
                    self._pull(inlet)
                except self._pylsl.util.LostError:
                    self._inlets.pop(uid, None)
                except Exception:  # a stream of another program must not end the others
                    log.exception("a marker stream failed")
                    self._inlets.pop(uid, None)
            self._stop.wait(_PULL_INTERVAL_S)

    def _find_streams(self) -> None:
        for info in self._resolver.results():
            is_text = info.channel_format() == self._pylsl.cf_string
            if info.uid() in self._inlets or not is_text or info.channel_count() < 1:
                continue
            inlet = self._pylsl.StreamInlet(info, recover=False)
            with contextlib.suppress(self._pylsl.util.TimeoutError, self._pylsl.util.LostError):
                inlet.open_stream(_CORRECTION_S)
                inlet.time_correction(_CORRECTION_S)
                self._inlets[info.uid()] = inlet

    def _pull(self, inlet: Any) -> None:
        texts, stamps = inlet.pull_chunk(timeout=0.0)
        for text, stamp_s in zip(texts, stamps, strict=True):
            ours_s = stamp_s + inlet.time_correction(_CORRECTION_S)
            moment_s = ours_s - self._pylsl.local_clock() + time.perf_counter()
            self.received += 1
            self._on_marker(str(text[0])[:_MAX_CHARACTERS], moment_s)
