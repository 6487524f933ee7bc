"""Pictures: upload photos, take one or try the sample, and see the expression of every face."""

from collections.abc import Sequence

import streamlit as st

from emotion.samples import SAMPLE_NAME
from emotion.vision.decode.formats import ENDINGS
from ui.common import uploads
from ui.common.plain import plain
from ui.common.resources import analyzer_or_stop, sample_png
from ui.common.widgets import CONSENT, hints
from ui.pictures import session
from ui.pictures.face_facts import choose_layers
from ui.pictures.gallery import found, show_gallery
from ui.pictures.session import Picture, Unreadable
from ui.pictures.view import show_picture
from ui.shell.notice import show_notice, show_purpose
from ui.shell.page import ensure_app

UPLOAD, CAMERA = "Upload", "Take a photo"
MENU = "add_pictures"
IN_MEMORY = "Pictures stay in this session's memory."
TYPES = sorted(ending.removeprefix(".") for ending in ENDINGS)

WHAT_YOU_GET = (
    (":material/select_all:", "Boxes", "Finds and numbers every face, in groups and at odd angles too."),
    (
        ":material/face:",
        "Features",
        "Mesh, key points, brows, eyes, nose, mouth and head direction, drawn over the faces.",
    ),
    (":material/bar_chart:", "Bars", "The probability of each expression, for every face."),
    (":material/download:", "Files", "The picture with its boxes, and all values as CSV or JSON."),
)


def take(name: str) -> None:
    uploads.close_menu(MENU)
    session.pending_pictures().extend((upload.name, upload.getvalue()) for upload in uploads.take_uploads(name))


def take_sample() -> None:
    uploads.close_menu(MENU)
    session.pending_pictures().append((f"{SAMPLE_NAME}.png", sample_png()))


def choose_pictures() -> None:
    source = st.segmented_control(
        "Source", [UPLOAD, CAMERA], default=UPLOAD, required=True, label_visibility="collapsed"
    )
    if source == CAMERA:
        st.camera_input("Photo", key=uploads.uploader_key("camera"), on_change=take, args=("camera",), width=480)
    else:
        st.file_uploader(
            "Pictures",
            TYPES,
            accept_multiple_files=True,
            key=uploads.uploader_key("pictures_upload"),
            on_change=take,
            args=("pictures_upload",),
            label_visibility="collapsed",
        )
    st.button("Try the sample", icon=":material/auto_awesome:", on_click=take_sample)


def show_start() -> None:
    """Show title, rules and uploader, before there is a result."""
    st.title("Pictures", anchor=False)
    st.caption(f"Finds every face and measures its expression. {CONSENT} {IN_MEMORY}")
    show_purpose()
    choose_pictures()


def show_bar(shown: Sequence[Picture | Unreadable]) -> None:
    """Show title and uploader in one row, above the results."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Pictures", anchor=False, width="content")
        st.caption(plain(found(shown)), width="stretch", help=f"{CONSENT} {IN_MEMORY}")
        with st.popover("Add pictures", icon=":material/add_photo_alternate:", key=MENU, on_change="rerun"):
            choose_pictures()
            show_purpose()
        st.button("Clear all", icon=":material/delete:", on_click=session.clear_pictures)


def analyse_pending() -> None:
    pending = session.pending_pictures()
    if not pending:
        return
    total = len(pending)
    # The sample ships with the app and needs no consent.
    if any(content != sample_png() for _, content in pending) and not show_notice():
        st.button("Discard", icon=":material/delete:", on_click=pending.clear)
        return
    analyzer = analyzer_or_stop()
    with st.status(f"Analysing {total:,} picture{'s' if total > 1 else ''} …") as status:
        while session.analyse_next(analyzer):
            status.update(label=f"{total - len(pending)} of {total} done")
    st.rerun()


ensure_app("pages/image.py")
shown = session.pictures()
if shown:
    show_bar(shown)
else:
    show_start()
analyse_pending()

if sum(isinstance(picture, Picture) for picture in shown) > 1:
    show_gallery(shown)
elif shown:
    layers = choose_layers()
    for number, picture in enumerate(shown):
        show_picture(picture, str(number), layers)
elif not session.pending_pictures():
    hints(WHAT_YOU_GET)
