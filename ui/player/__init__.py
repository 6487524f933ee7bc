"""The video player: overlay of the analysis on the video, and a chart with a synchronised cursor."""

from __future__ import annotations

from ui.player.component import Marked, PlayerState, forget_player, show_player

__all__ = ["Marked", "PlayerState", "forget_player", "show_player"]
