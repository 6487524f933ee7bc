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
from emotion.live.overlay import FaceText, Overlay, warm_overlay
from emotion.live.recorder import Recorder, begin
from emotion.live.settings import LiveSettings
from emotion.live.snapshot import Load, Snapshot
from emotion.live.stream_time import StreamTime
from emotion.live.timeline_writer import RecordingInfo
from emotion.types import FrameResult, Image
from emotion.vision.decode.sampling import Sampling

OnResult = Callable[[FrameResult, float], None]
"""Called with the result of each analysed frame and the frame's arrival time (``time.perf_counter``), seconds."""


class LiveSession:
    """Analyses one visitor's stream; all methods are thread-safe.

    Args:
        analyzer: Model and detector; one for all sessions of a process.
        settings: How the returned picture looks.
        seats: Limits the number of sessions; None for no limit.
        clock: Returns monotonic seconds, for load figures and frames without a time.

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
        # The first lock is held while a picture is analysed, the second while figures are changed or read, the third
        # while a recording begins or ends.
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

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._analyzer.model

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
        """Analyse a picture and return the one to show, with the same type, size and timestamp.

        Args:
            picture: A decoded ``av.VideoFrame`` (4:2:0 as WebRTC gives it is fastest), or ``(H, W, 3)`` uint8 RGB. It
                is not changed.
            time_s: Its time in seconds, which may jump; None for the frame's own timestamp.
            skipped: Number of pictures that were skipped since the last one.
            arrived_s: Arrival time (``time.perf_counter``), passed on to listeners; None for now.

        Raises:
            LiveError: The session is closed, or its seat was given to another one.
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
        """Call a function with each result, on the thread of :meth:`process`; it must not block."""
        with self._facts:
            self._listeners += (on_result,)

    def unlisten(self, on_result: OnResult) -> None:
        """Stop calling a function."""
        with self._facts:
            self._listeners = tuple(each for each in self._listeners if each != on_result)

    def mark(self, label: str, time_s: float) -> None:
        """Add a moment to the recording as an event; ignored without a recording.

        Args:
            label: Label of the event.
            time_s: Time in the stream, seconds.
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
        """Continue after :meth:`hold`."""
        with self._facts:
            self._held_at_s = None

    def take_baseline(self, seconds: float = 3.0) -> None:
        """Use the next seconds as each person's neutral baseline, replacing the previous ones.

        Raises:
            LiveError: The number of seconds is not above 0.
        """
        with self._facts:
            self._baselines.take(seconds)

    def clear_baseline(self) -> None:
        """Forget the baselines, and stop a running one."""
        with self._facts:
            self._baselines.clear()
            self._signals.clear_rest()

    def calibrate_gaze(self, targets_deg: ArrayLike) -> None:
        """Calibrate the gaze from now on, while the person looks at one dot after another for two seconds each.

        From then on, snapshots, recordings and listeners get the calibrated gaze, until the session ends.

        Args:
            targets_deg: ``(k, 2)`` yaw and pitch of the dots in order, five or more
                (:func:`emotion.analytics.behaviour.gaze_calibration.dot_angles`).

        Raises:
            LiveError: Too few dots, or a recording runs: its gaze would change in the middle.
        """
        with self._facts:
            self._expect_no_recording()
            self._gaze.start(targets_deg)

    def clear_gaze_calibration(self) -> None:
        """Forget the calibration, and stop a running one.

        Raises:
            LiveError: A recording runs, likewise.
        """
        with self._facts:
            self._expect_no_recording()
            self._gaze.clear()

    def record(self, repository: Repository, title: str, *, record_clip: bool = False) -> str:
        """Start recording the timeline to the library, and return the ID of the analysis.

        Args:
            repository: An owner's repository (:meth:`emotion.library.Library.for_owner`).
            title: Display title.
            record_clip: Whether the pictures are kept as well, as a video that the full pipeline analyses afterwards.

        Raises:
            LiveError: The session is already being recorded, is closed, or a gaze calibration runs.
            LibraryError: The library does not respond.
        """
        with self._recording:
            self._expect_open()
            if self._recorder is not None and self._recorder.is_running:
                raise LiveError("This session is being recorded already.")
            with self._facts:
                if self._gaze.is_running:
                    raise LiveError("Finish or cancel the calibration of the gaze before recording.")
                measured = self._measured()
                wanted = {name: measured[name] for name in ("eyes", "movements")}
                baseline = self._baselines.frames(self._history.tracks, **wanted)
                if baseline is not None:
                    # The gaze may have been calibrated since.
                    baseline = replace(baseline, results=tuple(map(self._gaze.calibrated, baseline.results)))
            about = RecordingInfo(self._analyzer.model, self._analyzer.labels, measured)
            recorder = begin(repository, title, about, with_clip=record_clip, baseline=baseline)
            # A session that is not closed ends its recording when it is garbage-collected.
            weakref.finalize(self, recorder.request_stop)
            with self._facts:
                self._recorder = recorder
                if self._held_at_s is not None:
                    recorder.hold()
            return recorder.entry_id

    def stop_recording(self) -> str | None:
        """End the recording, merge its parts and return the analysis' ID; None without a recording."""
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

    def _measures(self, settings: LiveSettings) -> dict[str, bool]:
        """Return whether to measure eyes and movements; a recording keeps what it began with."""
        recorder = self._recorder
        if recorder is not None and recorder.is_running:
            return recorder.measures
        return {"eyes": settings.eyes, "movements": settings.movements}

    def _measured(self) -> dict[str, Any]:
        """Return the settings to save: the analyzer's, without what is not measured here, and the gaze calibration."""
        own = self._analyzer.settings(Sampling(), "")
        measured = {name: own[name] and wanted for name, wanted in self._measures(self.settings).items()}
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
            self._analyze.measure(**self._measures(settings))
            seen = self._analyze(picture, time_s, self._quality.now, search_often=hides, recognise=not held)
            with self._facts:
                result = self._update(picture, time_s, seen, settings.smoothing_s)
                texts = self._texts(seen) if settings.draw != "nothing" else {}
            if result is not None:
                for listener in self._listeners:
                    listener(result, arrived_s)
            shown = self._show(picture, time_s, seen, texts, settings)
            with self._facts:
                self._count(started_s, seen, skipped)
            return shown

    def _begin(self, stamp_s: float | None, clock_s: float) -> float:
        """Return the time of a new picture."""
        with self._facts:
            if self._time.is_new:
                # Load counts from the first frame.
                self._meter, self._quality = Meter(clock_s), AdaptiveQuality(since_s=clock_s)
            return self._time(clock_s if stamp_s is None else stamp_s, clock_s)

    def _update(self, picture: av.VideoFrame, time_s: float, seen: Seen, smoothing_s: float) -> FrameResult | None:
        """Update values and recording; return the result with the calibrated gaze, None if on hold or not analysed."""
        self._size = picture.width, picture.height
        recorder = self._recorder
        if recorder is not None:
            recorder.keep_alive()
        if self._held_at_s is not None:
            return None
        if recorder is not None:
            recorder.add_picture(picture, time_s)
        if seen.result is None:
            return None
        result = self._gaze.add(seen.result)
        self._history.add(result, smoothing_s)
        self._signals.add(result)
        baseline = self._baselines.add(seen.result)
        if baseline is not None:
            self._signals.take_rest(baseline.first_s)
        if recorder is not None:
            recorder.add(result)
            if baseline is not None:
                recorder.mark_baseline(baseline)
        return result

    def _texts(self, seen: Seen) -> dict[int, FaceText]:
        """Return the overlay's text for each tracked face."""
        tracks = [face.track_id for face in seen.faces if face.track_id]
        history, notes = self._history, self._signals.notes
        return {track: FaceText(history.leading(track), history.current(track) or {}, notes(track)) for track in tracks}

    def _show(
        self, picture: av.VideoFrame, time_s: float, seen: Seen, texts: dict[int, FaceText], settings: LiveSettings
    ) -> av.VideoFrame:
        canvas = Canvas(picture, mirror=settings.mirror)
        self._mask.update(seen.faces, time_s)
        self._mask.apply(canvas, settings.hide, mirror=settings.mirror)
        if settings.draw != "nothing":
            Overlay(canvas, mirror=settings.mirror).draw(seen.faces, texts, mesh=settings.draw == "mesh")
        return canvas.frame

    def _count(self, started_s: float, seen: Seen, skipped: int) -> None:
        now_s = self._clock()
        self._meter.add(now_s, (now_s - started_s) * 1000, analysed=seen.analysed, skipped=skipped)
        self._quality = self._quality.after(self._meter.thread_load(now_s, WINDOW_S), now_s)

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

    def _expect_no_recording(self) -> None:
        if self._recorder is not None and self._recorder.is_running:
            raise LiveError("Stop the recording before calibrating the gaze.")

    def _expect_open(self) -> None:
        if self._closed:
            raise LiveError("This session is closed; start a new one.")
