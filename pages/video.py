"""Video: upload videos or try the sample, follow the queue, and see who showed which expression when."""

import logging

import streamlit as st

from emotion.bad_file import sentence_for
from emotion.errors import EmotionError
from emotion.library import Entry
from ui.access.library import library_or_stop
from ui.common import uploads
from ui.common.plain import about_file, plain
from ui.common.widgets import CONSENT, hints
from ui.shell.notice import show_notice, show_purpose
from ui.shell.page import ensure_app
from ui.video import session
from ui.video.demo import show_demo_button
from ui.video.open_analysis import choose_another, date_text, find_open, show_open
from ui.video.pending_uploads import VIDEO_TYPES, forget_settings, show_pending_uploads
from ui.video.queue import show_queue
from ui.video.sample import begin_sample
from ui.video.video_source import VideoSource

log = logging.getLogger("pages.video")

MENU = "add_videos"
RULES = (
    f"{CONSENT} The timeline goes to the library; the video is deleted when you clear it or leave, unless you keep it."
)

WHAT_YOU_GET = (
    (":material/timeline:", "A timeline", "Who shows which expression when, in sync with the video."),
    (":material/groups:", "People and events", "Name people, mark moments, compare before and after."),
    (":material/description:", "Reports", "Tables, captions, the video with boxes, and a report to share."),
)


def take_uploads() -> None:
    uploads.close_menu(MENU)
    # Taken from the session first, because a click during a long copy stops this run at its next use.
    waiting, refused = session.pending_uploads(), session.refusals()
    refused.clear()
    for upload in uploads.take_uploads("video_upload"):
        try:
            waiting.append(VideoSource(upload.name, upload))
        except Exception as error:  # a full disk, or whatever a library raises for this file
            log.exception("cannot store an upload")
            refused.append((upload.name, sentence_for(error, upload.name, "a video")))


def take_sample() -> None:
    uploads.close_menu(MENU)
    begin_sample(library)


def choose_videos() -> None:
    st.file_uploader(
        "Videos", VIDEO_TYPES, accept_multiple_files=True, label_visibility="collapsed",
        key=uploads.uploader_key("video_upload"), on_change=take_uploads,
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button("Try the sample", icon=":material/auto_awesome:", on_click=take_sample)
        show_demo_button()


def show_start() -> None:
    """Show title, rules and uploader, before there is a result."""
    st.title("Video", anchor=False)
    st.caption(f"Follows every face, frame by frame. {RULES}")
    show_purpose()
    choose_videos()


def show_bar(entry: Entry | None) -> None:
    """Show the open analysis and all buttons in one row above the result."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Video", anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="stretch", key="bar_title"):
            if entry is not None:
                st.subheader(plain(entry.title), anchor=False, width="content")
                st.caption(date_text(entry), width="content")
        choose_another(library)
        with st.popover("Add videos", icon=":material/video_call:", help=RULES, key=MENU, on_change="rerun"):
            choose_videos()
            show_purpose()
        st.button("Clear", icon=":material/delete:", help="Analyses stay in the library", on_click=session.clear)


def show_refusals() -> None:
    """Show why videos were refused, until the visitor dismisses it: the page also reruns by itself."""
    refused = session.refusals()
    for name, reason in refused:
        st.error(about_file(reason, name), icon=":material/broken_image:")
    if refused:
        st.button("Dismiss", icon=":material/close:", on_click=refused.clear)


def open_entry() -> Entry | None:
    """Return the open analysis; None if there is none, with an error if it cannot be opened."""
    try:
        return find_open(library)
    except EmotionError as error:
        st.error(plain(error), icon=":material/broken_image:")
        return None


def show_result(entry: Entry) -> None:
    try:
        show_open(library, entry)
    except EmotionError as error:
        st.error(plain(error), icon=":material/broken_image:")


ensure_app("pages/video.py")
head = st.container()
library = library_or_stop()
entry = open_entry()
with head:
    if session.has_begun() or session.shown():
        show_bar(entry)
    else:
        show_start()
if session.pending_uploads():
    show_pending_uploads(library, ready=show_notice("Choose a purpose and confirm consent, then press *Analyse*."))
else:
    forget_settings()
show_refusals()
show_queue(library)
if entry is not None:
    show_result(entry)
elif not session.has_begun() and not session.pending_uploads():
    hints(WHAT_YOU_GET)
