"""Dates have one form."""

from __future__ import annotations

import datetime as dt

from emotion.dates import day_text, moment_text


def test_dates_have_no_leading_zero_and_24_hours() -> None:
    moment = dt.datetime(2023, 2, 3, 21, 18, 44, tzinfo=dt.UTC)
    assert moment_text(moment) == "3 February 2023, 21:18"
    assert day_text(moment) == "3 February 2023"
