"""The synced player: a video with what its timeline knows drawn over it, and a chart whose cursor runs along."""

from __future__ import annotations

from ui.player.component import Marked, PlayerState, forget_player, show_player

__all__ = ["Marked", "PlayerState", "forget_player", "show_player"]
