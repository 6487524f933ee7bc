"""From faces to insight: timeline → smooth → summary → charts, draw. Pure functions over one table."""
