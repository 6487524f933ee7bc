"""Sources of ``emotion live``: a looped file, MPEG-TS over UDP, and unusable ones."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from emotion.errors import LiveError, VideoError
from emotion.live.camera_source import PROTOCOLS, Captured, read_camera, read_file, read_url
from emotion.samples import CLIP_FPS, clip_frames, make_clip
from emotion.vision.encode import write_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.mark.slow
def test_a_looped_file_plays_on_at_its_own_speed(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "second.mp4", islice(clip_frames(), 25), CLIP_FPS)
    began_s = time.perf_counter()
    frames = list(read_file(clip, loops=2))
    took_s = time.perf_counter() - began_s
    assert len(frames) == 2 * 25
    times = [frame.time_s for frame in frames]
    assert [later - earlier for earlier, later in pairwise(times)] == pytest.approx([1 / CLIP_FPS] * 49, abs=1e-3)
    assert took_s > times[-1] - 0.05, "not faster than real time"
    assert all(frame.arrived_s >= began_s + frame.time_s - 0.01 for frame in frames)


def test_a_file_without_end_is_stopped(clip: Path) -> None:
    stop = threading.Event()
    frames = read_file(clip, loops=0, stop=stop)
    for _ in range(3):
        next(frames)
    stop.set()
    assert sum(1 for _ in frames) <= 1


def test_a_film_is_played_and_not_its_cover(tmp_path: Path) -> None:
    covered = write_with_cover(tmp_path / "covered.mp4", [np.zeros((64, 128, 3), np.uint8)] * 3)
    assert [one.frame.width for one in read_file(covered)] == [128] * 3


def write_h264(path: Path, count: int, aspect: Fraction = Fraction(1), **options: str) -> Path:
    """Write grey frames of 64 × 96 stored px at 25 frames per second."""
    with av.open(str(path), "w", **options) as container:
        film = container.add_stream("libx264", rate=25)
        film.width, film.height, film.pix_fmt = 64, 96, "yuv420p"
        film.codec_context.sample_aspect_ratio = aspect
        for _ in range(count):
            container.mux(film.encode(av.VideoFrame.from_ndarray(np.full((96, 64, 3), 99, np.uint8), format="rgb24")))
        container.mux(film.encode())
    return path


def test_pixels_that_are_not_square_are_stretched_as_in_the_analysis_of_a_file(tmp_path: Path) -> None:
    (captured,) = read_file(write_h264(tmp_path / "wide.mp4", 1, Fraction(3, 1)))
    assert (captured.frame.width, captured.frame.height) == (192, 96)


def test_a_file_without_time_stamps_plays_at_its_rate(tmp_path: Path) -> None:
    began_s = time.perf_counter()
    times = [one.time_s for one in read_file(write_h264(tmp_path / "raw.h264", 10, format="h264"))]
    assert times == pytest.approx([index / 25 for index in range(10)])
    assert time.perf_counter() - began_s > times[-1]


class MotionJpeg(http.server.BaseHTTPRequestHandler):
    """Sends pictures like a web camera with 10 frames per second, which have no time stamps."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        picture = cv2.imencode(".jpg", np.full((96, 128, 3), 99, np.uint8))[1].tobytes()
        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(head + picture + b"\r\n")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.slow
def test_frames_without_time_stamps_have_the_time_of_their_arrival() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), MotionJpeg) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stop = threading.Event()
        received = list(islice(read_url(f"http://127.0.0.1:{server.server_address[1]}/", stop), 8))
        stop.set()
        server.shutdown()
    assert [one.time_s for one in received] == [one.arrived_s for one in received]
    assert received[-1].time_s - received[0].time_s > 0.6


def write_with_cover(path: Path, pictures: Sequence[np.ndarray]) -> Path:
    """Write frames after a cover of 32 × 32 px, which is the first stream."""
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        film = container.add_stream("libx264", rate=25)
        film.height, film.width = pictures[0].shape[:2]
        film.pix_fmt = "yuv420p"
        container.mux(cover.encode(av.VideoFrame(32, 32, "yuvj420p")))
        container.mux(cover.encode())
        for picture in pictures:
            container.mux(film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(film.encode())
    return path


def send_mpegts(clip: Path, address: str, stop: threading.Event, pause: tuple[int, float] = (-1, 0.0)) -> None:
    """Send a clip repeatedly over UDP, as an encoder in a laboratory would; pause once, at a frame for some seconds."""
    with av.open(address, "w", format="mpegts") as output:
        stream = output.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 640, 480, "yuv420p", 5
        start_s, index = time.perf_counter(), 0
        while not stop.is_set():
            with av.open(str(clip)) as source:
                for frame in source.decode(video=0):
                    if stop.wait(max(start_s + index / 25 - time.perf_counter(), 0)):
                        return
                    if index == pause[0]:
                        start_s += pause[1]
                        time.sleep(pause[1])
                    shown = frame.reformat(640, 480, "yuv420p")
                    shown.pts, shown.time_base = index, Fraction(1, 25)
                    output.mux(stream.encode(shown))
                    index += 1


def test_a_source_that_ends_leaves_no_thread() -> None:
    """A camera that is away for a night is opened again every two seconds."""
    before = set(threading.enumerate())
    for _ in range(3):
        with pytest.raises(LiveError):
            next(read_camera(99, threading.Event()))
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_a_pause_of_a_stream_that_numbers_its_frames_evenly_is_kept(clip: Path, port: int) -> None:
    stop, received = threading.Event(), list[Captured]()
    address = f"udp://127.0.0.1:{port}?pkt_size=1316"
    sender = threading.Thread(target=send_mpegts, args=(clip, address, stop, (75, 2.5)))
    sender.start()
    try:
        for captured in read_url(f"udp://127.0.0.1:{port}?timeout=10000000", stop):
            received.append(captured)
            if captured.time_s - received[0].time_s > 6:
                break
    finally:
        stop.set()
        sender.join()
    steps = [later.time_s - earlier.time_s for earlier, later in pairwise(received)]
    assert max(steps) == pytest.approx(2.5, abs=0.5)
    assert sum(step > 0.5 for step in steps) == 1
    passed_s = received[-1].arrived_s - received[0].arrived_s
    assert received[-1].time_s - received[0].time_s == pytest.approx(passed_s, abs=1)


@pytest.mark.slow
def test_mpegts_over_udp_gives_the_newest_frames(clip: Path, port: int) -> None:
    stop, received = threading.Event(), list[Captured]()
    sender = threading.Thread(target=send_mpegts, args=(clip, f"udp://127.0.0.1:{port}?pkt_size=1316", stop))
    sender.start()
    try:
        for captured in read_url(f"udp://127.0.0.1:{port}?timeout=10000000", stop):
            received.append(captured)
            time.sleep(0.1)  # a slow analysis, so that frames are skipped
            if len(received) == 10:
                break
    finally:
        stop.set()
        sender.join()
    assert {(one.frame.width, one.frame.height) for one in received} == {(640, 480)}
    times = [one.time_s for one in received]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert sum(one.skipped for one in received) > 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_accepted_protocol_is_in_the_installed_ffmpeg(protocol: str) -> None:
    with pytest.raises((av.error.FFmpegError, OSError)) as failed:
        av.open(f"{protocol}127.0.0.1:9/stream", timeout=0.2)
    assert not isinstance(failed.value, av.error.ProtocolNotFoundError)


def test_unusable_sources_are_named(tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(LiveError, match="video77"):
        next(read_camera(77, stop))
    with pytest.raises(LiveError, match="begins with one of"):
        next(read_url("file:///etc/passwd", stop))
    with pytest.raises(LiveError, match="cannot be read"):
        next(read_url("http://127.0.0.1:9/stream", stop))
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError, match=r"text\.mp4"):
        next(read_file(tmp_path / "text.mp4"))
    with pytest.raises(VideoError):
        next(read_file(tmp_path / "missing.mp4"))
