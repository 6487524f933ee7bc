"""Models that users bring: checked in a sandbox, then listed beside those that ship."""
