"""Opens the demo that ships with the app, as an analysis like any other."""

from __future__ import annotations

from emotion.library.jobs.finished import open_finished
from emotion.samples.demo import DEMO_TIMELINE, DEMO_TITLE, DEMO_VIDEO
from ui.access.library import library_or_stop
from ui.video.session import open_analysis

LABEL = "See a demo"


def open_demo() -> None:
    """Add the demo to the visitor's library unless it is there, and switch to it.

    Raises:
        EmotionError: It cannot be stored.
    """
    entry = open_finished(library_or_stop(), DEMO_VIDEO, DEMO_TIMELINE, DEMO_TITLE)
    open_analysis(entry.id)
