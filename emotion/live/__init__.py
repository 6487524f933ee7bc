"""Analyses a camera stream frame by frame, independent of browser and web framework.

>>> from emotion.live import LiveSession, LiveSettings, SEATS
>>> analyzer = Analyzer()                                    # once per process, for all sessions  # doctest: +SKIP
>>> session = LiveSession(analyzer, LiveSettings(draw="boxes", mirror=True), seats=SEATS)  # doctest: +SKIP
>>> session.warm()                                           # before the first picture  # doctest: +SKIP
>>> shown = session.process(frame, skipped=2)                # av.VideoFrame in, av.VideoFrame out  # doctest: +SKIP
>>> session.snapshot().people                                # from any thread, a dozen times a second  # doctest: +SKIP
>>> session.close()                                          # or let go of it  # doctest: +SKIP

**The stream** (:class:`LiveSession`): ``warm``, ``process``, ``settings`` (assignable in mid-run), ``snapshot``,
``hold``/``resume``, ``take_baseline``/``clear_baseline``, ``calibrate_gaze``/``clear_gaze_calibration``,
``record``/``stop_recording``, ``close``. Every method may be called from any thread; pictures are taken in one at a
time.

**What comes out**: the picture to send back, drawn on that very frame, and a :class:`Snapshot`: people with their last
30 seconds, load figures, the quality level in words, how far a baseline and a recording are.

**Seats** (:class:`Seats`, :data:`SEATS` for the whole process): how many sessions may run at once;
``EMOTION_LIVE_VISITORS`` sets it. A session beyond the limit gets a :class:`emotion.errors.LiveError`.
"""

from emotion.live.admission import SEATS, Seats
from emotion.live.session import LiveSession
from emotion.live.settings import DRAW, HIDE, LiveSettings
from emotion.live.snapshot import (
    BaselineNow,
    FaceNow,
    GazeCalibrationNow,
    Load,
    PersonNow,
    RecordingNow,
    Series,
    Snapshot,
)

__all__ = [
    "DRAW",
    "HIDE",
    "SEATS",
    "BaselineNow",
    "FaceNow",
    "GazeCalibrationNow",
    "LiveSession",
    "LiveSettings",
    "Load",
    "PersonNow",
    "RecordingNow",
    "Seats",
    "Series",
    "Snapshot",
]
