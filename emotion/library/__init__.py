"""The library: analyses that are kept, and the background jobs that make them.

>>> from emotion.library import Dispatcher, JobSettings, Library, cancel, days, resume
>>> library = Library.open()                                   # doctest: +SKIP
>>> Dispatcher(library).start()                                # doctest: +SKIP
>>> entry = library.add(upload, "talk.mp4", JobSettings(fps=5, start_s=60, keep_video=True))  # doctest: +SKIP
>>> library.get(entry.id).state, library.get(entry.id).share   # doctest: +SKIP
>>> library.load_analysis(entry.id).timeline                   # doctest: +SKIP

**Keeping** (:class:`Library`): ``open``, ``add``, ``get``, ``search``, ``tags``, ``rename``, ``tag``, ``save_edits``,
``load_analysis``, ``video_path``, ``drop_video``, ``delete``, ``used_bytes``, ``retention_days``,
``set_retention_days``, ``sweep_expired``. What comes out is an :class:`Entry` or a :class:`Page` of them. The list is
in a database, timelines and videos lie beside it; :mod:`emotion.library.settings` says where. All take the owner.

**Working**: a :class:`Dispatcher` in any server process starts a worker process for each analysis, so many at once as
the settings say; the workers outlive it. :func:`cancel` keeps what is done, :func:`resume` goes on with what broke off,
:func:`place_in_queue` tells a waiting one's place. A worker writes a part of the timeline every few seconds
(:mod:`emotion.library.parts`) with the state from which :mod:`emotion.library.analyse` goes on exactly.

**Many owners**: an :class:`OwnLibrary` is the library as one of them sees it, which is what the app's pages are given;
:mod:`emotion.library.people` tells who has how much.

**Looking back**: :func:`days` sums up what was shown, day by day.

A video is deleted when its analysis is over unless ``JobSettings.keep_video`` says otherwise; one that broke off keeps
it until it is resumed or deleted.
"""

from emotion.library.calendar import Day, days
from emotion.library.dispatch import Dispatcher
from emotion.library.entries import LOCAL, Entry, JobSettings, State
from emotion.library.jobs import cancel, place_in_queue, resume
from emotion.library.own import OwnLibrary
from emotion.library.search import SORTS, Page
from emotion.library.store import Library

__all__ = [
    "LOCAL",
    "SORTS",
    "Day",
    "Dispatcher",
    "Entry",
    "JobSettings",
    "Library",
    "OwnLibrary",
    "Page",
    "State",
    "cancel",
    "days",
    "place_in_queue",
    "resume",
]
