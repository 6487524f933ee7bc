"""The player for coding: a video without any answer of the model, a lane per code, and keys that code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion.errors import InputError
from emotion.studies.coding import Codebook, CodedSpan, spans_from_json, spans_to_json
from ui.common.web_modules import joined_modules, keep_value
from ui.player.pack import pack_frames
from ui.player.serve import data_url, video_url

_WEB = Path(__file__).with_name("web")
_MODULES = (
    "timeline",
    "axis",
    "playback",
    "keys",
    "controls",
    "coding_spans",
    "coding_board",
    "coding_player",
    "coding_main",
)
_PLAYERS = "coding_players"

Spans = tuple[CodedSpan, ...]


def coding_module() -> str:
    """Return the modules of the player for coding joined into one."""
    return joined_modules(*(_WEB / f"{name}.js" for name in _MODULES))


_mount = st.components.v2.component(
    "coding_player",
    html=(_WEB / "coding.html").read_text(encoding="utf-8"),
    css="\n".join((_WEB / name).read_text(encoding="utf-8") for name in ("player.css", "coding.css")),
    js=coding_module(),
)


@dataclass(slots=True)
class _Memory:
    """The session's state of one player.

    Attributes:
        spans: The spans that the player has, as far as the page knows.
        heard: The visit and number of the last report that was taken.
        generation: How often the page had other spans than the player.
        open: Names of the states that were open in the last report.
    """

    spans: Spans
    heard: tuple[str, int] = ("", 0)
    generation: int = 0
    open: tuple[str, ...] = ()

    def exchange(self, said: Mapping[str, Any] | None, store: Callable[[Spans | None], Spans]) -> None:
        """Store the spans of a new report, or read the stored ones; the player takes over what differs from its own.

        If storing them fails, or a click stops the run meanwhile, the report still counts as new in the next run.

        Raises:
            InputError: The browser sent something other than spans; the report is dropped.
        """
        if not said or (heard := (str(said["session"]), int(said["count"]))) == self.heard:
            players, stored = self.spans, store(None)
        else:
            try:
                players = tuple(sorted(spans_from_json(said["spans"])))
                stored = store(players)
            except InputError:
                self.heard = heard
                raise
            self.heard = heard
            self.open = tuple(str(state["code"]) for state in said.get("open") or [])
        self.generation += stored != players
        self.spans = stored


def show_coding_player(
    source: Path,
    frame_times: NDArray[np.float64],
    codebook: Codebook,
    *,
    key: str,
    spans: Callable[[Spans | None], Spans],
    start_s: float = 0.0,
) -> tuple[str, ...]:
    """Show a video with a lane per code, and keep what is coded.

    The browser gets the video, the times of its frames, the codebook and the coder's own spans, and nothing else. The
    page or fragment reruns when something was coded and the video stands still, and every few seconds while it plays.

    Args:
        source: A video that browsers can play.
        frame_times: ``(frames + 1,)`` times of its frames and of the end of the last one, s.
        codebook: The codes.
        key: Key of the player, another one for each coder, video and codebook.
        spans: Stores all spans of the coder in this video, or reads them if it gets None; returns what is stored.
        start_s: Where the video stands at first, s.

    Returns:
        Names of the states that are still open.

    Raises:
        InputError: The video is empty, or the browser sent something else than spans.
    """
    memories: dict[str, _Memory] = st.session_state.setdefault(_PLAYERS, {})
    if key not in memories:
        memories[key] = _Memory(spans(None))
    memory = memories[key]
    memory.exchange((st.session_state.get(key) or {}).get("coded"), spans)
    data = {
        "video": video_url(source, f"{key}-video"),
        "frames": data_url(pack_frames(frame_times), f"{key}-frames"),
        "codes": codebook.to_dict()["codes"],
        "exclusive": codebook.exclusive,
        "spans": spans_to_json(memory.spans),
        "generation": memory.generation,
        "heard": {"session": memory.heard[0], "count": memory.heard[1]},
        "start_s": start_s,
    }
    _mount(key=key, data=data, on_coded_change=keep_value)
    return memory.open
