"""Models judged on somebody's own labelled pictures."""
