"""The downloads of an analysis."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from emotion.report.formats import FORMATS


def page(keep_video: bool = True) -> None:
    import tempfile
    from pathlib import Path

    import streamlit as st

    from emotion.analytics.edits import Edits
    from emotion.samples import make_clip
    from tests.conftest import make_analysis
    from ui.video.downloads import show_downloads

    if "shown" not in st.session_state:
        folder = tempfile.TemporaryDirectory()
        video = make_clip(Path(folder.name) / "clip.mp4") if keep_video else None
        st.session_state["shown"] = (make_analysis([["happiness"]] * 20), video, folder)
    analysis, video, _ = st.session_state["shown"]
    show_downloads(analysis, Edits(names={1: "Ada"}), video, "My talk")


@pytest.fixture
def shown():
    def run(**arguments) -> AppTest:
        return AppTest.from_function(page, kwargs=arguments, default_timeout=60).run()

    return run


def choose(app: AppTest, name: str) -> AppTest:
    return app.button_group(key="downloads_format").set_value(name).run()


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button] + [button.label for button in app.get("download_button")]


@pytest.mark.slow
@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_every_format_has_its_button(shown, known):
    app = choose(shown(keep_video=known.needs_video), known.name)
    assert not app.exception
    assert app.caption[0].value == known.about
    assert buttons(app) == (["Prepare"] if known.slow else ["Download"])


@pytest.mark.slow
def test_a_slow_export_is_prepared_then_offered(shown):
    app = choose(shown(), "xlsx")
    app.button[0].click().run()
    for _ in range(100):
        if buttons(app) == ["Download"]:
            break
        time.sleep(0.1)
        app.run()
    assert buttons(app) == ["Download"]
    assert choose(app, "html").button[0].label == "Prepare"
    assert buttons(choose(app, "xlsx")) == ["Download"], "the prepared file is still offered"


@pytest.mark.slow
def test_exports_that_need_the_video_say_so(shown):
    app = choose(shown(keep_video=False), "mp4")
    assert "not kept" in app.info[0].value
    assert buttons(app) == []


def test_an_invalid_name_is_refused(shown):
    app = shown(keep_video=False)
    app.text_input[0].set_value("   ").run()
    assert "expected a name" in app.error[0].value
    assert buttons(app) == []
