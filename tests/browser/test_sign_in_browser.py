"""Sign-in with a real OpenID Connect provider: visitors see only their own data."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import emotion
from bench.common.chromium import served, settle
from bench.common.process import free_port
from emotion.samples import sample_image
from emotion.vision.encode import write_video
from tests.browser.conftest import assert_fits_a_phone
from tests.browser.test_app import assert_plays, go_to, upload
from tests.signed_in import AUTH, toml

pytestmark = pytest.mark.browser

OpenBrowser = Callable[[], Page]
ADMIN = "boss@example.org"


@dataclass(frozen=True)
class Place:
    """An app and its sign-in provider."""

    app: str
    provider: str

    def person(self, name: str, email: str = "") -> str:
        """Register a new person with the provider, and return their subject."""
        subject = f"{name}-{secrets.token_hex(4)}"
        identity = {"name": name.capitalize(), "email": email or f"{subject}@example.org", "email_verified": True}
        content, kind = json.dumps(identity).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.provider}/users/{subject}", content, kind, method="PUT")
        with urllib.request.urlopen(request, timeout=30):
            return subject


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if not emotion.list_models():
        pytest.skip("expected a model for the browser tests; none is installed")
    folder = tmp_path_factory.mktemp("signed in")
    with running_provider() as provider:
        auth = AUTH | {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "server_metadata_url": f"{provider}/.well-known/openid-configuration",
        }
        # Its path must have no space, which separates paths in this variable.
        text = folder.parent / f"{folder.name.replace(' ', '-')}.toml"
        text.write_text(toml(auth, allowed=["@example.org"], admins=[ADMIN]), encoding="utf-8")
        with served("server.py", STREAMLIT_SECRETS_FILES=str(text), EMOTION_LIBRARY=str(folder)) as app:
            yield Place(app, provider)


class running_provider:  # noqa: N801 – used as a block
    """Run the provider until the block ends."""

    def __enter__(self) -> str:
        port = free_port()
        command = [str(Path(sys.executable).with_name("oidc-provider-mock")), "--port", str(port)]
        assert shutil.which(command[0]), "expected the development requirements to be installed"
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        for _ in range(150):
            assert self._process.poll() is None, "the provider ended while starting"
            try:
                with urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=1):
                    return url
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.2)
        return pytest.fail("the provider does not answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def at_a_browser(browser: Browser, place: Place) -> Iterator[OpenBrowser]:
    """A function that opens a separate browser context for each person."""
    contexts: list[BrowserContext] = []

    def opened() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        contexts.append(context)
        # The provider's pages request a style sheet from another host.
        context.route(lambda url: not url.startswith("http://127.0.0.1:"), lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(place.app)
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in(page: Page, subject: str) -> None:
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def enter(page: Page, subject: str) -> None:
    sign_in(page, subject)
    expect(page.get_by_role("heading", name="See what faces show")).to_be_visible()
    expect(page.get_by_test_id("stPopoverButton")).to_contain_text(subject.partition("-")[0].capitalize())


def sign_out(page: Page) -> None:
    settle(page)
    page.get_by_test_id("stPopoverButton").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="End session", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def statuses(page: Page, place: Place, addresses: Iterable[str]) -> list[int]:
    """Return the server's status for each address, requested with this browser's cookies."""
    return [page.request.get(f"{place.app}{address}").status for address in addresses]


def analyse(page: Page, place: Place, tmp_path: Path) -> set[str]:
    """Analyse a short video that the library keeps, and return the URL of its data."""
    heard: set[str] = set()
    page.on("response", lambda answer: heard.add(answer.url.removeprefix(place.app)))
    clip = write_video(tmp_path / "moment.mp4", [sample_image()[:360, :480]] * 5, fps=25)
    go_to(page, "Video")
    upload(page, clip)
    page.get_by_text("Keep the video in the library").click()
    settle(page)
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page.get_by_text("Smile index").first).to_be_visible(timeout=120_000)
    assert_plays(page)
    settle(page)
    return {address for address in heard if address.startswith(("/media/", "/video-files/"))}


def download_of(page: Page, place: Place, folder: Path) -> str:
    """Download the timeline, and return its URL."""
    page.get_by_role("tab", name="Downloads").click()
    settle(page)
    with page.expect_download() as started:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download").first.click()
    started.value.save_as(folder / "timeline.csv")
    assert (folder / "timeline.csv").read_text(encoding="utf-8-sig").startswith("frame_index")
    return started.value.url.removeprefix(place.app)


def assert_only_for(mine: Page, other: Page, place: Place, addresses: set[str]) -> None:
    """Assert that one browser gets the video and the data, and the other does not."""
    # A rerun of the page replaces its files, and the old addresses end for everybody.
    before = {each for each in addresses if statuses(mine, place, [each]) == [200]}
    assert set(statuses(other, place, addresses)) == {404}
    after = {each for each in before if statuses(mine, place, [each]) == [200]}
    assert {each.split("/")[1] for each in after} == {"media", "video-files"}


def test_visitors_see_only_their_own_data_and_urls_are_private(place: Place, at_a_browser: OpenBrowser, tmp_path: Path):
    ada, bob = place.person("ada"), place.person("bob")
    hers = at_a_browser()
    expect(hers.get_by_role("link", name="Library", exact=True)).to_have_count(0)
    enter(hers, ada)
    addresses = analyse(hers, place, tmp_path)
    analysis = hers.url.partition("analysis=")[2]
    assert len(analysis) == 32

    # Ada and then Bob use the same computer.
    shared = at_a_browser()
    assert_only_for(hers, shared, place, addresses)
    enter(shared, ada)
    assert 200 in statuses(shared, place, addresses)
    sign_out(shared)
    assert_only_for(hers, shared, place, addresses)
    enter(shared, bob)
    go_to(shared, "Library")
    expect(shared.get_by_text("No video was analysed yet.")).to_be_visible()
    settle(shared)
    assert_only_for(hers, shared, place, addresses)
    timeline = download_of(hers, place, tmp_path)
    assert [statuses(one, place, [timeline]) for one in (shared, hers)] == [[404], [200]]

    alerts = []
    for one in (analysis, "0" * 32):
        shared.goto(f"{place.app}/video?analysis={one}")
        expect(shared.get_by_text(f"there is no analysis '{one}' in this library")).to_be_visible()
        alerts.append(shared.get_by_test_id("stAlert").inner_text().replace(one, "…"))
    assert alerts[0] == alerts[1]

    # A link from a message opens its page after sign-in.
    linked = at_a_browser()
    linked.goto(f"{place.app}/video?analysis={analysis}")
    sign_in(linked, ada)
    expect(linked.get_by_text("Smile index").first).to_be_visible()
    assert linked.url == f"{place.app}/video?analysis={analysis}"


def test_only_administrators_see_everyones_usage(place: Place, at_a_browser: OpenBrowser):
    ada, boss, eve = place.person("ada"), place.person("boss", ADMIN), place.person("eve", "eve@elsewhere.test")
    hers = at_a_browser()
    enter(hers, ada)
    go_to(hers, "Library")
    hers.goto(f"{place.app}/admin")
    expect(hers.get_by_role("heading", name="People", level=1)).to_have_count(0)
    expect(hers.get_by_text("Page not found")).to_be_visible()

    his = at_a_browser()
    enter(his, boss)
    go_to(his, "People")
    choice = his.get_by_role("combobox", name="Delete the library of")
    choice.fill(ada)
    his.get_by_role("option", name=f"{ada}@example.org").click()
    settle(his)
    expect(his.get_by_text(f"{ada}@\u2060example.org: 0 analyses")).to_be_visible()
    settle(his)
    his.get_by_role("button", name="Delete this library").click()
    expect(his.get_by_text("The library was deleted.")).to_be_visible()
    settle(his)
    assert_fits_a_phone(his)

    theirs = at_a_browser()
    sign_in(theirs, eve)
    expect(theirs.get_by_role("heading", name="No access")).to_be_visible()
    expect(theirs.get_by_role("link", name="Library", exact=True)).to_have_count(0)
    theirs.goto(f"{place.app}/library")
    expect(theirs.get_by_role("heading", name="No access")).to_be_visible()
    assert_fits_a_phone(theirs)
