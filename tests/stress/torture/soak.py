"""Soak test: ten signed-in visitors analyse clips on one server, each in their own browser window."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bench.common.chromium import OPTIONS, chromium_path
from bench.common.postgres import Server as Postgres
from bench.common.postgres import running_postgres
from bench.common.process import free_port
from bench.live.server import Server
from emotion.library import Library, State
from emotion.vision.decode.video import read_video
from emotion.vision.encode import write_video
from tests.signed_in import AUTH, claims, signed_cookies, toml
from tests.stress.torture.samples import ALLOWED_COUNT, ALLOWED_SHARE, Sampler, flatness
from ui.access.rules import owner_of
from ui.shell.notice import CONSENT_LABEL, PURPOSES

VISITORS, TOGETHER = 10, 4
CLIP, FRAMES, FPS, WIDTH_PX = "portrait_d6.mp4", 12, 12.0, 320
EVERY_S = 3.0
_TIMEOUT_MS = 600_000
_DATABASE = "soak"
_IS_IDLE = """() => {
    const idle = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning";
    const now = performance.now();
    window.idleSince = idle ? window.idleSince ?? now : undefined;
    return idle && now - window.idleSince > 300;
}"""


@dataclass(frozen=True, slots=True)
class Setup:
    """A server and its library.

    Attributes:
        origin: Address of the server.
        environment: Environment variables of the server.
        library: The library, opened by this process.
    """

    origin: str
    environment: dict[str, str]
    library: Library


def measure_soak(clips: Path, analyses: int, visitors: int = VISITORS) -> dict[str, dict[str, Any]]:
    """Return the server's figures in two quarters of the run, and the outcome of the analyses.

    Args:
        clips: Folder of the shared clips.
        analyses: Number of analyses of all visitors together.
        visitors: Number of visitors.
    """
    folder = Path(tempfile.mkdtemp(prefix="emotion-soak-"))
    try:
        clip = tiny_clip(clips / CLIP, folder / "tiny.mp4").read_bytes()
        with running_postgres() as postgres:
            setup = _set_up(folder, postgres)
            server = Server("server.py", setup.environment, int(setup.origin.rpartition(":")[2]))
            try:
                with Sampler(server.process.pid, lambda: _connections(postgres), EVERY_S) as sampler:
                    began = time.monotonic()
                    lost = asyncio.run(_visit_all(setup.origin, clip, analyses, visitors))
                    minutes = (time.monotonic() - began) / 60
            finally:
                log = server.end()
            print(log[-2000:] if lost else "", flush=True)
            outcome = _outcome(setup.library, visitors)
            setup.library.close()
    finally:
        shutil.rmtree(folder)
    course = {
        "visitors": visitors, "analyses": analyses, "minutes": minutes, "clip_s": FRAMES / FPS, "lost": lost,
        "samples": len(sampler.samples), "sample_s": EVERY_S,
        "allowed_share": ALLOWED_SHARE, "allowed_count": ALLOWED_COUNT,
    }  # fmt: skip
    return {"course": course | outcome} | flatness(sampler.samples)


def tiny_clip(source: Path, target: Path) -> Path:
    """Write a small clip of a face, one second long, which is fast to analyse."""
    pictures = []
    for frame in itertools.islice(read_video(source), 0, FRAMES * 2, 2):
        height = round(frame.height * WIDTH_PX / frame.width / 2) * 2
        pictures.append(np.asarray(cv2.resize(frame.rgb(), (WIDTH_PX, height), interpolation=cv2.INTER_AREA), np.uint8))
    return write_video(target, pictures, FPS)


def _set_up(folder: Path, postgres: Postgres) -> Setup:
    origin = f"http://127.0.0.1:{free_port()}"
    secrets = folder / "secrets.toml"
    secrets.write_text(toml(AUTH | {"redirect_uri": f"{origin}/oauth2callback"}), encoding="utf-8")
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {_DATABASE}")
    environment = {
        "EMOTION_LIBRARY": str(folder / "library"),
        "EMOTION_DATABASE_URL": postgres.url(_DATABASE),
        "EMOTION_NOTICE": "on",
        "STREAMLIT_SECRETS_FILES": str(secrets),
    }
    library = Library.open(postgres.url(_DATABASE) + "&application_name=observer", str(folder / "library" / "analyses"))
    return Setup(origin, environment, library)


def _connections(postgres: Postgres) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name <> 'observer'"
    with postgres.connect() as connection:
        row = connection.execute(query, (_DATABASE,)).fetchone()
    return int(row[0]) if row else 0


def _subject(visitor: int) -> str:
    return f"visitor-{visitor}"


async def _visit_all(origin: str, clip: bytes, analyses: int, visitors: int) -> int:
    """Run all visits at the same time, and return the number of those that failed."""
    shares = [analyses // visitors + (number < analyses % visitors) for number in range(visitors)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=OPTIONS)
        visits = [_visit(browser, origin, clip, number, share) for number, share in enumerate(shares)]
        ends = await asyncio.gather(*visits, return_exceptions=True)
        await browser.close()
    for number, end in enumerate(ends):
        if isinstance(end, BaseException):
            print(f"{_subject(number)} failed: {end}", flush=True)
    return sum(isinstance(end, BaseException) for end in ends)


async def _visit(browser: Browser, origin: str, clip: bytes, number: int, analyses: int) -> None:
    """Analyse several clips together, then a single one and open its result, until all are analysed."""
    context = await _signed_in(browser, origin, _subject(number))
    page = await context.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    await page.goto(f"{origin}/video")
    names = [f"{_subject(number)} {turn}" for turn in range(analyses)]
    for turn, upload in enumerate(_uploads(names)):
        await _analyse(page, upload, clip, first=turn == 0)
        await (_wait_for_result(page, upload[0]) if len(upload) == 1 else _wait_for_all(page))
        await _settle(page)
        await page.get_by_role("button", name="Clear", exact=True).click()
        await expect(page.get_by_role("button", name="Clear", exact=True)).to_have_count(0, timeout=_TIMEOUT_MS)
        print(f"{upload[-1]} is done", flush=True)
    await context.close()


def _uploads(names: list[str]) -> list[list[str]]:
    """Return the uploads: in turn several clips together, and a single one."""
    turns = []
    for start in range(0, len(names), TOGETHER + 1):
        some = names[start : start + TOGETHER + 1]
        turns += [some[:-1], some[-1:]] if len(some) > 1 else [some]
    return turns


async def _signed_in(browser: Browser, origin: str, subject: str) -> BrowserContext:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    cookies = signed_cookies(claims(subject), origin=origin)
    await context.add_cookies([{"name": name, "value": value, "url": origin} for name, value in cookies.items()])
    return context


async def _analyse(page: Page, names: list[str], clip: bytes, *, first: bool) -> None:
    """Upload clips and start their analysis."""
    await _settle(page)
    files = [{"name": f"{name}.mp4", "mimeType": "video/mp4", "buffer": clip} for name in names]
    await page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    label = "Analyse" if len(names) == 1 else f"Analyse {len(names)} videos"
    button = page.get_by_role("button", name=label, exact=True)
    await expect(button).to_be_visible(timeout=_TIMEOUT_MS)
    if first:
        await _accept_notice(page)
    await expect(button).to_be_enabled(timeout=_TIMEOUT_MS)
    await _settle(page)
    await button.click()


async def _wait_for_result(page: Page, name: str) -> None:
    """Wait for the result of a single clip, with its charts."""
    await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=_TIMEOUT_MS)
    await expect(page.get_by_text("Smile index").first).to_be_visible(timeout=_TIMEOUT_MS)


async def _wait_for_all(page: Page) -> None:
    """Wait until all of several clips are analysed."""
    await expect(page.get_by_text("Videos of this session")).to_be_visible(timeout=_TIMEOUT_MS)
    await expect(page.get_by_role("button", name=re.compile("^(Stop|Remove)$"))).to_have_count(0, timeout=_TIMEOUT_MS)


async def _accept_notice(page: Page) -> None:
    await _settle(page)
    await page.get_by_test_id("stButtonGroup").get_by_text(PURPOSES["trial"], exact=True).click()
    await _settle(page)
    await page.get_by_test_id("stCheckbox").filter(has_text=re.compile(re.escape(CONSENT_LABEL))).click()


async def _settle(page: Page) -> None:
    """Wait until the page's script has been idle for 0.3 s, so that elements are not replaced any more."""
    await page.wait_for_function(_IS_IDLE, polling=50, timeout=_TIMEOUT_MS)
    await page.evaluate("() => { window.idleSince = undefined; }")


def _outcome(library: Library, visitors: int) -> dict[str, int]:
    """Return the number of completed analyses, and of those in another visitor's library."""
    done = strays = 0
    for number in range(visitors):
        found = library.for_owner(owner_of(str(claims("")["iss"]), _subject(number))).search(limit=10_000)
        done += sum(entry.state is State.DONE for entry in found.entries)
        strays += sum(not entry.source.startswith(f"{_subject(number)} ") for entry in found.entries)
    return {"done": done, "strays": strays}
