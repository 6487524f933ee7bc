"""Models that users import: checked in a sandbox, then listed beside the shipped ones."""
