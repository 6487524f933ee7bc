"""The page for pictures: uploads, camera shots, their faces."""
