"""Video: upload videos or try the sample, follow the queue, and see who showed which expression when."""

import io
import logging

import streamlit as st

from emotion.bad_file import sentence_for
from emotion.library import JobSettings
from emotion.samples import SAMPLE_NAME
from ui.access.library import library_or_stop
from ui.common import uploads
from ui.common.plain import plain
from ui.common.resources import sample_clip
from ui.common.widgets import CONSENT, hints
from ui.shell.notice import show_notice, show_purpose
from ui.shell.page import ensure_app
from ui.video import session
from ui.video.open_analysis import show_open_analysis
from ui.video.pending_uploads import add, show_pending_uploads
from ui.video.queue import show_queue
from ui.video.video_source import VideoSource

log = logging.getLogger("pages.video")

RULES = (
    f"{CONSENT} The timeline goes to the library; the video is deleted when you clear it or leave, unless you keep it."
)
TYPES = ["mp4", "m4v", "mov", "avi", "mkv", "webm"]

WHAT_YOU_GET = (
    (":material/timeline:", "A timeline", "Who shows which expression when, in sync with the video."),
    (":material/groups:", "People and events", "Name people, mark moments, compare before and after."),
    (":material/description:", "Reports", "Tables, captions, the video with boxes, and a report to share."),
)


def take_uploads() -> None:
    for upload in uploads.take_uploads("video_upload"):
        try:
            session.pending_uploads().append(VideoSource(upload.name, upload))
        except Exception as error:  # a full disk, or whatever a library raises for this file
            log.exception("cannot store an upload")
            session.refuse(upload.name, sentence_for(error, upload.name, "a video"))


def take_sample() -> None:
    video_source = VideoSource(f"{SAMPLE_NAME}.mp4", io.BytesIO(sample_clip()))
    add(library, video_source, JobSettings(), title="Sample")


def choose_videos() -> None:
    st.file_uploader(
        "Videos", TYPES, accept_multiple_files=True, label_visibility="collapsed",
        key=uploads.uploader_key("video_upload"), on_change=take_uploads,
    )  # fmt: skip
    st.button("Try the sample", icon=":material/auto_awesome:", on_click=take_sample)


def show_start() -> None:
    """Show title, rules and uploader, before there is a result."""
    st.title("Video", anchor=False)
    st.caption(f"Follows every face, frame by frame. {RULES}")
    show_purpose()
    choose_videos()


def show_bar() -> None:
    """Show title and uploader in one row, above the results."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Video", anchor=False, width="stretch")
        with st.popover("Add videos", icon=":material/video_call:", help=RULES):
            choose_videos()
            show_purpose()
        st.button("Clear", icon=":material/delete:", help="Analyses stay in the library", on_click=session.forget_begun)


def show_refusals() -> None:
    while session.refusals():
        name, reason = session.refusals().pop()
        st.error(f"**{plain(name)}**: {plain(reason)}", icon=":material/broken_image:")


ensure_app("pages/video.py")
if session.has_begun() or session.shown():
    show_bar()
else:
    show_start()
library = library_or_stop()
if session.pending_uploads():
    show_pending_uploads(library, ready=show_notice("Choose a purpose and confirm consent, then press *Analyse*."))
show_refusals()
show_queue(library)
if not show_open_analysis(library) and not session.pending_uploads():
    hints(WHAT_YOU_GET)
