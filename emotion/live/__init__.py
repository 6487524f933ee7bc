"""Analyses a camera stream frame by frame, independent of browser and web framework.

>>> from emotion.live import LiveSession, LiveSettings, SEATS
>>> analyzer = Analyzer()                                    # once per process, for all sessions  # doctest: +SKIP
>>> session = LiveSession(analyzer, LiveSettings(draw="boxes", mirror=True), seats=SEATS)  # doctest: +SKIP
>>> session.warm()                                           # before the first picture  # doctest: +SKIP
>>> shown = session.process(frame, skipped=2)                # av.VideoFrame in, av.VideoFrame out  # doctest: +SKIP
>>> session.snapshot().people                                # from any thread, a dozen times a second  # doctest: +SKIP
>>> session.close()                                          # or drop the last reference  # doctest: +SKIP

**The stream** (:class:`LiveSession`): ``warm``, ``process``, ``settings`` (assignable at any time), ``snapshot``,
``hold``/``resume``, ``take_baseline``/``clear_baseline``, ``calibrate_gaze``/``clear_gaze_calibration``,
``record``/``stop_recording``, ``close``. All methods are thread-safe; pictures are processed one at a time.

**Results**: the picture to send back, with its own results drawn on it, and a :class:`Snapshot`: people with their last
30 seconds, load figures, the quality level in words, and the progress of a baseline and a recording.

**Seats** (:class:`Seats`, :data:`SEATS` for the whole process): the limit of concurrent sessions;
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
