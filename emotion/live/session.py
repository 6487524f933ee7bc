"""One visitor's stream: analyses each frame and returns it with the overlay."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, overload

import av
import numpy as np
from numpy.typing import ArrayLike

from emotion.engine.analyzer import Analyzer
from emotion.engine.stage_costs import EYES, MOVEMENTS
from emotion.errors import LiveError
from emotion.library import Repository
from emotion.live.adaptive_quality import WINDOW_S, AdaptiveQuality
from emotion.live.admission import Seats
from emotion.live.baseline import Baselines
from emotion.live.canvas import Canvas, planar
from emotion.live.face_masking import FaceMask
from emotion.live.face_signals import FaceSignals
from emotion.live.frame_analyzer import FrameAnalyzer, Seen
from emotion.live.gaze_calibration import GazeCalibrator
from emotion.live.history import History
from emotion.live.meter import Meter
from emotion.live.overlay import Overlay, Said, warm_overlay
from emotion.live.recorder import Recorder, begin
from emotion.live.settings import LiveSettings
from emotion.live.snapshot import Load, Snapshot
from emotion.live.stream_time import StreamTime
from emotion.live.timeline_writer import RecordingInfo
from emotion.types import FrameResult, Image
from emotion.vision.decode.sampling import Sampling

OnResult = Callable[[FrameResult, float], None]
"""Called with each analysed frame's result and the moment when the frame arrived (``time.perf_counter``), seconds."""


class LiveSession:
    """Analyses one visitor's pictures as they come; every method may be called from any thread.

    Args:
        analyzer: Model and detector; one for all sessions of a process.
        settings: How the returned picture looks.
        seats: Takes a seat from here; None for no limit.
        clock: Returns seconds, for load figures and for frames without a time.

    Attributes:
        settings: May be replaced at any time.

    Raises:
        LiveError: All seats are taken.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        settings: LiveSettings | None = None,
        *,
        seats: Seats | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings or LiveSettings()
        self._analyzer, self._clock = analyzer, clock
        self._seat = None if seats is None else seats.take(self)
        # Held while a picture is analysed; while figures change or are read; while a recording begins or ends.
        self._turn, self._facts, self._recording = threading.Lock(), threading.Lock(), threading.Lock()
        self._analyze, self._mask = FrameAnalyzer(analyzer), FaceMask()
        self._time = StreamTime()
        self._meter, self._quality = Meter(clock()), AdaptiveQuality()
        self._history = History(analyzer.labels, analyzer.abstain_below)
        self._baselines, self._signals = Baselines(analyzer.labels), FaceSignals(analyzer.labels)
        self._gaze = GazeCalibrator()
        self._recorder: Recorder | None = None
        self._listeners: tuple[OnResult, ...] = ()
        self._held_at_s: float | None = None
        self._size: tuple[int, int] | None = None
        self._closed = False

    def warm(self) -> None:
        """Run every model once, to avoid a delay at the first frame."""
        self._analyzer.warm()
        warm_overlay()

    @overload
    def process(
        self, picture: av.VideoFrame, time_s: float | None = None, *, skipped: int = 0, arrived_s: float | None = None
    ) -> av.VideoFrame: ...

    @overload
    def process(
        self, picture: Image, time_s: float | None = None, *, skipped: int = 0, arrived_s: float | None = None
    ) -> Image: ...

    def process(
        self,
        picture: av.VideoFrame | Image,
        time_s: float | None = None,
        *,
        skipped: int = 0,
        arrived_s: float | None = None,
    ) -> av.VideoFrame | Image:
        """Analyse a picture and return the one to show, of the same kind, size, timestamp and time base.

        Args:
            picture: A decoded ``av.VideoFrame`` (4:2:0 as WebRTC gives it is fastest), or ``(H, W, 3)`` uint8 RGB. It
                stays as it is.
            time_s: Its time in seconds; None for the frame's own timestamp. It may jump.
            skipped: How many pictures came since the last one and were left out for this newer one.
            arrived_s: ``time.perf_counter`` when it arrived, for those who :meth:`listen`; None for now.

        Raises:
            LiveError: The session is closed, or its seat was given to somebody else.
        """
        arrived_s = time.perf_counter() if arrived_s is None else arrived_s
        if isinstance(picture, av.VideoFrame):
            return self._process(picture, picture.time if time_s is None else time_s, skipped, arrived_s)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        return np.asarray(self._process(frame, time_s, skipped, arrived_s).to_ndarray(format="rgb24"), np.uint8)

    def snapshot(self) -> Snapshot:
        """Return the current state; cheap."""
        with self._facts:
            now_s = self._time.now_s if self._held_at_s is None else self._held_at_s
            recorder = self._recorder
            return Snapshot(
                time_s=now_s,
                labels=self._analyzer.labels,
                abstain_below=self._analyzer.abstain_below,
                size=self._size,
                people=tuple(
                    replace(person, face=self._signals.now(person.track_id))
                    for person in self._history.people(now_s, self._baselines.means)
                ),
                load=self._load(),
                held=self._held_at_s is not None,
                baseline=self._baselines.now(),
                recording=None if recorder is None else recorder.now(),
                closed=self._closed,
                gaze_calibration=self._gaze.now(),
            )

    def listen(self, on_result: OnResult) -> None:
        """Call a function with every result from now on, on the thread of :meth:`process`; it must not wait."""
        with self._facts:
            self._listeners += (on_result,)

    def unlisten(self, on_result: OnResult) -> None:
        """Call a function no more."""
        with self._facts:
            self._listeners = tuple(each for each in self._listeners if each != on_result)

    def mark(self, label: str, time_s: float) -> None:
        """Add a moment to the recording as an event; without a recording, nothing happens.

        Args:
            label: What is noted.
            time_s: When, in the stream's time, seconds.
        """
        with self._facts:
            if self._recorder is not None and self._recorder.is_running:
                self._recorder.mark(label, time_s)

    def hold(self) -> None:
        """Freeze values and recording; frames are still processed."""
        with self._facts:
            if self._held_at_s is None:
                self._held_at_s = self._time.now_s
                if self._recorder is not None:
                    self._recorder.hold()

    def resume(self) -> None:
        """Go on after :meth:`hold`."""
        with self._facts:
            self._held_at_s = None

    def take_baseline(self, seconds: float = 3.0) -> None:
        """Take what each person shows during the next seconds as their neutral; what was taken before goes.

        Raises:
            LiveError: Not a number of seconds above 0.
        """
        with self._facts:
            self._baselines.take(seconds)

    def clear_baseline(self) -> None:
        """Forget the baselines, and stop one that is being taken."""
        with self._facts:
            self._baselines.clear()
            self._signals.clear_rest()

    def calibrate_gaze(self, targets_deg: ArrayLike) -> None:
        """Take the looks of the coming seconds as looks at dots, two seconds each, and fit a map of the gaze to them.

        From then on, snapshots, recordings and listeners get the calibrated gaze, until the session ends.

        Args:
            targets_deg: ``(k, 2)`` yaw and pitch of the dots in order, five or more
                (:func:`emotion.analytics.behaviour.gaze_calibration.dot_angles`).

        Raises:
            LiveError: Too few dots, or a recording runs: its gaze would change in the middle.
        """
        with self._facts:
            if self._recorder is not None and self._recorder.is_running:
                raise LiveError("Stop the recording before calibrating the gaze.")
            self._gaze.start(targets_deg)

    def clear_gaze_calibration(self) -> None:
        """Forget the calibration, and stop one that is being taken."""
        with self._facts:
            self._gaze.clear()

    def record(self, repository: Repository, title: str, *, record_clip: bool = False) -> str:
        """Begin to write the timeline to the library, and return the id of its analysis there.

        Args:
            repository: Where to: an owner's part of a library (:meth:`emotion.library.Library.for_owner`).
            title: For people.
            record_clip: Whether the pictures are kept as well, as a video that the full pipeline analyses afterwards.

        Raises:
            LiveError: It is being recorded already, or the session is closed.
            LibraryError: The library does not answer.
        """
        with self._recording:
            self._expect_open()
            if self._recorder is not None and self._recorder.is_running:
                raise LiveError("This session is being recorded already.")
            about = RecordingInfo(self._analyzer.model, self._analyzer.labels, self._measured())
            recorder = begin(repository, title, about, with_clip=record_clip)
            # A session that is not closed ends its recording when it is garbage-collected.
            weakref.finalize(self, recorder.let_go)
            with self._facts:
                self._recorder = recorder
                if self._held_at_s is not None:
                    recorder.hold()
            return recorder.entry_id

    def stop_recording(self) -> str | None:
        """End the recording, merge its parts and return the id of its analysis; None if nothing was being recorded."""
        with self._recording:
            if self._recorder is None or not self._recorder.is_running:
                return None
            self._recorder.stop()
            return self._recorder.entry_id

    def close(self) -> None:
        """End the recording and free the seat; further calls do nothing."""
        self._closed = True
        if self._seat is not None:
            self._seat.release()
        with self._recording:
            if self._recorder is not None:
                self._recorder.stop()

    def _measured(self) -> dict[str, Any]:
        """Return the analyzer's settings, less what this session does not measure, with the gaze's calibration."""
        own, wanted = self._analyzer.settings(Sampling(), ""), self.settings
        measured = {"eyes": own["eyes"] and wanted.eyes, "movements": own["movements"] and wanted.movements}
        return own | measured | self._gaze.settings

    def _process(self, picture: av.VideoFrame, stamp_s: float | None, skipped: int, arrived_s: float) -> av.VideoFrame:
        with self._turn:
            started_s = self._clock()
            self._expect_open()
            if self._seat is not None:
                self._seat.refresh()
            time_s = self._begin(stamp_s, started_s)
            picture, settings = planar(picture), self.settings
            hides, held = settings.hide != "nothing", self._held_at_s is not None
            self._analyze.measure(eyes=settings.eyes, movements=settings.movements)
            seen = self._analyze(picture, time_s, self._quality.now, search_often=hides, recognise=not held)
            with self._facts:
                result = self._take_in(picture, time_s, seen, settings.smoothing_s)
                said = self._said(seen) if settings.draw != "nothing" else {}
            if result is not None:
                for listener in self._listeners:
                    listener(result, arrived_s)
            shown = self._show(picture, time_s, seen, said, settings)
            with self._facts:
                self._count(started_s, seen, skipped)
            return shown

    def _begin(self, stamp_s: float | None, clock_s: float) -> float:
        """Return the time of a picture that has just come."""
        with self._facts:
            if self._time.is_new:
                # Load counts from the first frame.
                self._meter, self._quality = Meter(clock_s), AdaptiveQuality(since_s=clock_s)
            return self._time(clock_s if stamp_s is None else stamp_s, clock_s)

    def _take_in(self, picture: av.VideoFrame, time_s: float, seen: Seen, smoothing_s: float) -> FrameResult | None:
        """Update values and recording, and return the result with the calibrated gaze; None if nothing is taken in."""
        self._size = picture.width, picture.height
        recorder = self._recorder
        if recorder is not None:
            recorder.keep()
        if self._held_at_s is not None:
            return None
        if recorder is not None:
            recorder.see(picture, time_s)
        if seen.result is None:
            return None
        result = self._gaze.see(seen.result)
        self._history.see(result, smoothing_s)
        self._signals.see(result)
        taken_s = self._baselines.see(result)
        if taken_s is not None:
            self._signals.take_rest(taken_s)
        if recorder is not None:
            recorder.add(result)
            if taken_s is not None:
                recorder.mark_baseline(tuple(self._baselines.means), taken_s)
        return result

    def _said(self, seen: Seen) -> dict[int, Said]:
        """Return what the overlay says about each tracked face."""
        tracks = [face.track_id for face in seen.faces if face.track_id]
        history, notes = self._history, self._signals.notes
        return {track: Said(history.leading(track), history.current(track) or {}, notes(track)) for track in tracks}

    def _show(
        self, picture: av.VideoFrame, time_s: float, seen: Seen, said: dict[int, Said], settings: LiveSettings
    ) -> av.VideoFrame:
        canvas = Canvas(picture, mirror=settings.mirror)
        self._mask.update(seen.faces, time_s)
        self._mask.apply(canvas, settings.hide, mirror=settings.mirror)
        if settings.draw != "nothing":
            Overlay(canvas, mirror=settings.mirror).draw(seen.faces, said, mesh=settings.draw == "mesh")
        return canvas.frame

    def _count(self, started_s: float, seen: Seen, skipped: int) -> None:
        now_s = self._clock()
        self._meter.add(now_s, (now_s - started_s) * 1000, analysed=seen.analysed, skipped=skipped)
        self._quality = self._quality.after(self._meter.strain(now_s, WINDOW_S), now_s)

    def _load(self) -> Load:
        figures = self._meter.figures(self._clock())
        costs, unknown = self._analyze.costs_ms, float("nan")
        return Load(
            **asdict(figures),
            quality=self._quality.level,
            quality_words=self._quality.now.words,
            eyes_ms=costs.get(EYES, unknown),
            movements_ms=costs.get(MOVEMENTS, unknown),
        )

    def _expect_open(self) -> None:
        if self._closed:
            raise LiveError("This session is closed; start a new one.")
