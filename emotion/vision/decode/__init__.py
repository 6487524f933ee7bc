"""Pictures and videos as people see them: upright, 8-bit, at the right time."""
