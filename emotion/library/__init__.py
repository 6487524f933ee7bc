"""The library of saved analyses: rows in a database, timelines and videos in file storage.

:mod:`emotion.settings` sets their locations; :mod:`emotion.library.jobs` has the queue, workers and dispatcher.

>>> from emotion.library import LOCAL, JobSettings, Library
>>> from emotion.library.jobs import Dispatcher
>>> library = Library.open()                                   # doctest: +SKIP
>>> Dispatcher(library).start()                                # doctest: +SKIP
>>> mine = library.for_owner(LOCAL)                            # doctest: +SKIP
>>> entry = mine.add(upload, "talk.mp4", JobSettings(fps=5, start_s=60, keep_video=True))  # doctest: +SKIP
>>> mine.get(entry.id).state, mine.get(entry.id).share         # doctest: +SKIP
>>> mine.load_analysis(entry.id).timeline                      # doctest: +SKIP

A video is deleted after its analysis unless ``JobSettings.keep_video`` is set; that of an interrupted analysis is kept
until it is resumed or deleted.
"""

from emotion.library.calendar import Day, days
from emotion.library.entries import LOCAL, Entry, JobSettings, SavedEdits, State
from emotion.library.library import Library
from emotion.library.repository import Repository
from emotion.library.search import SORTS, Page

__all__ = [
    "LOCAL",
    "SORTS",
    "Day",
    "Entry",
    "JobSettings",
    "Library",
    "Page",
    "Repository",
    "SavedEdits",
    "State",
    "days",
]
