"""Dates as people read them: one form everywhere, ``3 February 2023, 21:18``."""

from __future__ import annotations

import datetime as dt

MOMENT_FORMAT = "D MMMM YYYY, HH:mm"
"""The same for Streamlit's tables, which format with Moment.js."""


def day_text(moment: dt.date) -> str:
    """Return a day without its time: ``3 February 2023``."""
    return f"{moment.day} {moment:%B %Y}"


def moment_text(moment: dt.datetime) -> str:
    """Return a moment, in its own zone, to the minute: ``3 February 2023, 21:18``."""
    return f"{day_text(moment)}, {moment:%H:%M}"
