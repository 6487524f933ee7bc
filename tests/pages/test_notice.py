"""The notice before the first analysis: what it locks, and when it appears again."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import emotion
from emotion.errors import SettingsError
from emotion.library import LOCAL
from emotion.library.owners.consent import load_consent, save_consent
from emotion.samples import make_clip
from tests.conftest import ROOT
from tests.pages.test_lab_trial import zipped
from tests.pages.test_pages import PNG, page, press, texts
from ui.access import Visitor
from ui.shell import notice
from ui.shell.notice import CONSENT_LABEL, PURPOSES, VERSION, is_on
from ui.shell.remember import NAME
from ui.video.video_source import VideoSource

pytestmark = pytest.mark.slow

ASKED = "Before the first analysis"


@pytest.fixture(autouse=True)
def notice_on(monkeypatch):
    monkeypatch.setenv("EMOTION_NOTICE", "on")


def is_asked(test: AppTest) -> bool:
    return ASKED in texts(test)


def answer(test: AppTest, purpose: str = "research", key: str = "notice") -> AppTest:
    test.pills(key=f"{key}_purpose").set_value(purpose).run()
    test.checkbox(key=key).check().run()
    assert not test.exception
    return test


def pictures() -> AppTest:
    test = page("image")
    test.file_uploader[0].set_value([("a.png", PNG, "image/png")]).run()
    assert not test.exception
    return test


def test_the_sample_needs_no_consent(analyzer):
    test = page("image")
    assert not is_asked(test), "the notice appears only when it is needed"
    test = press(test, "Try the sample")
    assert not is_asked(test)
    assert test.subheader[0].value == "astronaut.png"


def test_a_picture_is_analysed_after_consent(analyzer):
    test = pictures()
    assert is_asked(test)
    assert not test.subheader
    # The law is in a popover, which these tests do not open.
    words = texts(test) + " ".join(notice.LAW.split())
    for part in (
        "Article 50(3), since 2 August 2026",
        "Article 5(1)(f)",
        "GDPR",
        "not legal advice",
        "Choose a purpose and confirm consent",
    ):
        assert part in words
    test.checkbox(key="notice").check().run()
    assert not test.subheader, "a purpose must be selected"
    test.checkbox(key="notice").uncheck().run()
    test.pills(key="notice_purpose").set_value("research").run()
    assert not test.subheader, "the checkbox must be ticked"
    test.checkbox(key="notice").check().run()
    assert not is_asked(test)
    assert test.subheader[0].value == "a.png"
    assert "Research, with consent" in texts(test)


def test_pending_pictures_can_be_discarded(analyzer):
    test = press(pictures(), "Discard")
    assert not is_asked(test)
    assert test.session_state["pending_pictures"] == []


def test_work_and_education_stay_locked(analyzer):
    test = answer(pictures(), "work")
    assert is_asked(test)
    assert not test.subheader
    assert "this is prohibited" in test.error[0].value
    test.pills(key="notice_purpose").set_value("medical").run()
    assert test.subheader[0].value == "a.png"


def test_consent_lasts_for_the_visit_and_can_be_changed(analyzer):
    test = answer(pictures())
    test.file_uploader[0].set_value([("b.png", PNG, "image/png")]).run()
    assert "2 pictures" in texts(test)
    test = press(test, "Change")
    test.file_uploader[0].set_value([("c.png", PNG, "image/png")]).run()
    assert is_asked(test)
    assert not test.checkbox(key="notice").value


def test_analyse_is_locked_until_consent(repository, tmp_path):
    test = AppTest.from_file(str(ROOT / "pages" / "video.py"), default_timeout=60)
    clip = make_clip(tmp_path / "clip.mp4")
    test.session_state["pending_videos"] = [VideoSource("clip.mp4", io.BytesIO(clip.read_bytes()))]
    test.run()
    analyse = next(button for button in test.button if button.label == "Analyse")
    assert (analyse.disabled, is_asked(test)) == (True, True)
    test = press(answer(test), "Analyse")
    assert repository.search().total == 1
    assert not is_asked(test)


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_the_live_pages_check_box_counts_as_consent(library, monkeypatch):
    calls: list[dict] = []
    monkeypatch.setattr("ui.live.camera.webrtc_streamer", lambda **options: calls.append(options))
    test = page("live")
    assert is_asked(test)
    assert test.checkbox(key="live_consent").label.startswith("Everyone in front of the camera")
    test.checkbox(key="live_consent").check().run()
    assert calls == []
    test.pills(key="live_consent_purpose").set_value("private").run()
    assert not test.exception
    assert not is_asked(test)
    assert len(calls) == 1


def test_consent_of_signed_in_visitors_is_stored_per_version(library, analyzer, monkeypatch):
    martha = Visitor("owner-1", "Martha", "martha@example.org")
    for place in ("ui.shell.notice.find_visitor", "ui.access.library.visitor_or_stop"):
        monkeypatch.setattr(place, lambda: martha)
    answer(pictures())
    stored = load_consent(library.for_owner("owner-1"))
    assert stored is not None
    assert (stored.purpose, stored.version) == ("research", VERSION)
    assert not is_asked(pictures()), "another session"
    save_consent(library.for_owner("owner-1"), "research", "older words")
    assert is_asked(pictures())
    assert load_consent(library.for_owner(LOCAL)) is None


def test_the_setting_hides_the_notice(analyzer, monkeypatch):
    monkeypatch.setenv("EMOTION_NOTICE", "off")
    test = pictures()
    assert not is_asked(test)
    assert test.subheader[0].value == "a.png"
    monkeypatch.setenv("EMOTION_NOTICE", "maybe")
    with pytest.raises(SettingsError, match="expected EMOTION_NOTICE to be one of on, off; got 'maybe'"):
        is_on()


def test_a_browser_is_asked_once(analyzer, monkeypatch):
    kept: list[dict] = []
    monkeypatch.setattr("ui.shell.remember._mount", lambda key, data: kept.append(data))
    monkeypatch.setattr("ui.shell.remember.st.context", SimpleNamespace(cookies={}))
    notice.forget_answer()
    notice.keep_answer()
    assert kept == [], "nothing to forget"
    st.session_state["notice_given_purpose"] = "research"
    notice.keep_answer()
    assert kept[0] == {"name": NAME, "value": f"{VERSION}/research", "path": "/", "days": 365}

    monkeypatch.setattr("ui.shell.remember.st.context", SimpleNamespace(cookies={NAME: kept[0]["value"]}))
    del st.session_state["notice_given_purpose"]
    assert notice.may_analyse(), "another session of this browser"
    notice.keep_answer()
    assert len(kept) == 1, "the browser already has the cookie"
    notice.forget_answer()
    notice.keep_answer()
    assert kept[1]["value"] == ""


@pytest.mark.parametrize(
    "cookie", ["", "/", "research", f"{VERSION}/", f"{VERSION}/work", f"{VERSION}/x", "1/research"]
)
def test_only_a_lawful_answer_to_this_notice_is_taken_from_a_browser(monkeypatch, cookie):
    monkeypatch.setattr("ui.shell.remember.st.context", SimpleNamespace(cookies={NAME: cookie}))
    st.session_state.pop("notice_given_purpose", None)
    assert not notice.may_analyse()


def test_every_purpose_has_a_label():
    assert all(PURPOSES.values())
    assert CONSENT_LABEL.endswith("agrees.")


@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_a_zip_in_the_lab_waits_for_consent():
    test = page("model_test")
    uploader = next(one for one in test.file_uploader if one.label == "Zip of class folders")
    uploader.set_value(("faces.zip", zipped({"happy/1.png": PNG, "sad/2.png": PNG}), "application/zip")).run()
    assert is_asked(test)
    assert not test.session_state["trial_job"].started
    answer(test, key="lab_trial_notice")
    assert test.session_state["trial_job"].started
    test.session_state["trial_job"].wait(60)
    assert not test.run().exception
    assert "0 of 2 pictures evaluated" in texts(test), "the pictures show no face"


@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_a_photo_in_the_lab_waits_for_consent_but_the_sample_does_not():
    test = press(page("model_test"), "Try the sample")
    assert not is_asked(test)
    uploader = next(one for one in test.file_uploader if one.label == "Photograph")
    uploader.set_value(("a.png", PNG, "image/png")).run()
    assert is_asked(test)
    answer(test, key="lab_try_notice")
    assert "No face was found" in texts(test)
