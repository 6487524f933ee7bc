"""Sends live values to other programs while they are measured, and receives their markers.

Lab Streaming Layer (``lsl.py``), OSC (``osc.py``) and WebSocket (``websocket.py``) get the same samples from a
:class:`StreamHub`; ``markers.py`` receives other programs' LSL markers. The libraries are the extra ``streams``.
See ``docs/live-streams.md``.
"""

from emotion.streams.hub import SinkStatus, StreamHub
from emotion.streams.options import StreamOptions, open_hub
from emotion.streams.samples import Channel, Sample, channels_of

__all__ = ["Channel", "Sample", "SinkStatus", "StreamHub", "StreamOptions", "channels_of", "open_hub"]
