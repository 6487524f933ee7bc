"""The page of one video: upload, queue, player, people, episodes, events, exports."""
