"""Measures the live page as the parts of ``python -m bench live``: ``speed``, ``large``, ``crowd``, ``faults``."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

import emotion
from bench.live.camera import Camera, make_camera
from bench.live.crowd import measure_crowd
from bench.live.faults import measure_faults, measure_stopped
from bench.live.server import running
from bench.live.speed import APP, ECHO, clip_in, measure_large, measure_speed

PARTS = ("speed", "large", "crowd", "faults")
SMALL, LARGE = (640, 480), (1280, 720)
PLAIN, WIDE = "portrait_d6.mp4", "one_face_720p.mp4"
DIFFERENT = ("portrait_d6.mp4", "crying_to_laughing_360p.mp4", "one_face_720p.mp4")
"""Three clips of one person each; their clearest parts show different expressions."""
CAMERA_S = 6.0
SECONDS = 60.0
"""Length of the run for ``speed``; other runs take a third of it."""


def measure_live(clips: Path, parts: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each part.

    Args:
        clips: Folder of the shared clips.
        parts: Some of :data:`PARTS`.
    """
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, analyzer = Path(name), emotion.Analyzer()

        def camera(clip: str, size: tuple[int, int]) -> Camera:
            return make_camera(analyzer, clip_in(clips, clip), folder, size, CAMERA_S)

        library = str(folder / "library")
        if "speed" in parts:
            with running(APP, EMOTION_LIBRARY=library) as server:
                found["speed"] = measure_speed(playwright, server, camera(PLAIN, SMALL), SECONDS)
        if "large" in parts:
            with running(APP, EMOTION_LIBRARY=library) as live, running(ECHO) as echo:
                found["large"] = measure_large(playwright, live, echo, camera(WIDE, LARGE), SECONDS / 3)
        if "crowd" in parts:
            with running(APP, EMOTION_LIBRARY=library, EMOTION_LIVE_VISITORS=str(len(DIFFERENT))) as server:
                cameras = [camera(clip, SMALL) for clip in DIFFERENT]
                found["crowd"] = measure_crowd(playwright, server, cameras, SECONDS / 3)
        if "faults" in parts:
            found["faults"] = _faults(playwright, folder, camera(PLAIN, SMALL))
    return found


def _faults(playwright: Playwright, folder: Path, camera: Camera) -> dict[str, Any]:
    with running(APP, EMOTION_LIBRARY=str(folder / "library")) as server:
        found = measure_faults(playwright, server, camera)
    for how in (signal.SIGTERM, signal.SIGKILL):
        found[f"server ended by {how.name}"] = measure_stopped(playwright, folder, camera, how)
    return found
