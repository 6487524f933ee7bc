"""Provokes faults of cameras, connections and servers; records the messages, what stays open and what is saved."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

from bench.live.camera import Camera
from bench.live.server import Server
from bench.live.speed import APP
from bench.live.visitor import Visitor, visitor
from emotion.library import LOCAL, Library

RECORD_S = 8.0
_UNPLUG = "video => video.ownerDocument.defaultView.tracks.forEach(track => track.stop())"


def measure_faults(playwright: Playwright, server: Server, camera: Camera) -> dict[str, Any]:
    """Provoke the faults that happen in the browser, all on one server."""
    return {
        "refused": {"words": _message(playwright, server, None, allowed=False)},
        "no camera": {"words": _message(playwright, server, None, found=False)},
        "unplugged": _unplugged(playwright, server, camera),
        "left and reopened": _left(playwright, server, camera),
    }


def measure_stopped(playwright: Playwright, folder: Path, camera: Camera, how: signal.Signals) -> dict[str, Any]:
    """Stop a server during a recording; return the message to the visitor and what the library has saved."""
    library_dir = folder / f"library-{how.name}"
    environment = {"EMOTION_LIBRARY": str(library_dir)}
    server = Server(APP, environment)
    with visitor(playwright.chromium, server.url, camera.path) as person:
        _record(person)
        shown_s = _recorded_s(person)
        stopped = time.monotonic()
        server.end(how)
        message = _wait_for_message(person, "The server does not respond", 20)
        message_s = time.monotonic() - stopped
        again = Server(APP, environment, server.port)
        saved = _saved(library_dir)
        again.end()
    return {"words": message, "said_after_s": round(message_s, 1), "shown_s": shown_s, **saved}


def _record(person: Visitor) -> None:
    """Open the live page and record for :data:`RECORD_S` seconds."""
    person.enter()
    person.start()
    person.press("Record")
    person.page.wait_for_timeout(RECORD_S * 1000)


def _message(playwright: Playwright, server: Server, camera: Path | None, **how: bool) -> str:
    """Return the message after a visitor presses Start."""
    with visitor(playwright.chromium, server.url, camera, **how) as person:
        person.enter()
        person.start_button.click()
        return _wait_for_message(person, "", 10)


def _unplugged(playwright: Playwright, server: Server, camera: Camera) -> dict[str, Any]:
    with visitor(playwright.chromium, server.url, camera.path) as person:
        _record(person)
        person.frame.locator("video").evaluate(_UNPLUG)
        message = _wait_for_message(person, "stopped sending frames", 15)
        person.page.wait_for_timeout(3000)
        notices = person.board()["notices"]
        person.stop()
        person.page.get_by_text("Open the timeline").wait_for()
        return {"words": message, "board": notices, "kept": True}


def _left(playwright: Playwright, server: Server, camera: Camera) -> dict[str, Any]:
    """Leave the page and come back several times, then close the window; count the server's threads, files and MB."""
    counts = []
    with visitor(playwright.chromium, server.url, camera.path) as person:
        person.enter()
        for _ in range(5):
            person.start()
            person.page.wait_for_timeout(3000)
            running = _count(server)
            person.open_link("Home")
            counts.append({"running": running, "left": _settled(server)})
            person.open_link("Live")
            person.tick_consent()
    return {"counts": counts, "closed": _settled(server)}


def _count(server: Server) -> dict[str, float]:
    return {"threads": server.threads(), "files": server.files(), "memory_mb": round(server.memory_mb(), 1)}


def _settled(server: Server) -> dict[str, float]:
    """Return the counts once the number of threads has not fallen for three seconds."""
    lowest, since = server.threads(), time.monotonic()
    while time.monotonic() - since < 3:
        time.sleep(0.2)
        if server.threads() < lowest:
            lowest, since = server.threads(), time.monotonic()
    return _count(server)


def _recorded_s(person: Visitor) -> str:
    return next((text for text in person.board()["notices"] if "Recording" in text), "")


def _wait_for_message(person: Visitor, part: str, seconds: float) -> str:
    """Return the page's message on the camera once it contains ``part``; empty after ``seconds``."""
    return _wait(lambda: person.watch() if part in person.watch() else "", seconds)


def _wait(read: Callable[[], str], seconds: float) -> str:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        if found := read():
            return found
        time.sleep(0.2)
    return ""


def _saved(folder: Path) -> dict[str, Any]:
    """Return state, note and length of the only recording once the new server has completed it."""
    library = Library.open(f"sqlite:///{folder / 'library.db'}", str(folder / "analyses"))
    end_s = time.monotonic() + 60
    while not (entry := library.for_owner(LOCAL).search().entries[0]).state.is_over and time.monotonic() < end_s:
        time.sleep(0.5)
    frames = library.for_owner(LOCAL).load_analysis(entry.id).frames
    library.close()
    return {"state": str(entry.state), "note": entry.note, "kept_s": round(float(frames["time_s"].iloc[-1]), 1)}
