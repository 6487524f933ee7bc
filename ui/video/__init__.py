"""The video page: uploads, queue, player, people, episodes, events, exports."""
