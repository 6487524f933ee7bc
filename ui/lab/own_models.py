"""Model lab: models of the visitor's own, checked and described before they are listed."""

from __future__ import annotations

import streamlit as st

from emotion.errors import EmotionError, InputError, LabelError
from emotion.imported_models.importer import (
    SIZE_LIMIT_BYTES,
    CardDetails,
    ModelFacts,
    import_model,
    remove_model,
    suggest_name,
)
from emotion.labels import ORDERS, parse_labels
from emotion.models.registry import imported_models
from emotion.types import PROBABILITIES
from emotion.vision.normalise import CAFFE, STANDARDISE, SYMMETRIC, UNIT, normalisations_for
from ui.access import Visitor, find_visitor
from ui.common import uploads
from ui.common.errors import fragment
from ui.common.widgets import chip, chips, plain
from ui.lab import session
from ui.lab.model_draft import ModelDraft
from ui.lab.models import TIMES, Lab
from ui.lab.try_one import ANSWERS

_UPLOAD, _NOTE, _ASKED = "own_upload", "own_note", "own_asked"
_OTHER_ORDER = "Another order"
_PIXELS = {
    UNIT: "0 to 1",
    SYMMETRIC: "−1 to 1",
    STANDARDISE: "Mean 0 and deviation 1 in each face",
    CAFFE: "BGR less ImageNet's means",
}


def show_own(lab: Lab, visitor: Visitor) -> None:
    """Let a visitor who may do so add a .tflite file to the models, and remove what was added."""
    if visitor.may_change_models:
        _show_adding()
    else:
        st.caption("Models that were added to those that ship. Who looks after this server adds and removes them.")
    _show_added(lab, visitor)


def _show_adding() -> None:
    st.caption(
        "A `.tflite` file that reads one face and answers with two to eight expressions. A process of its own looks "
        "at it first; nothing is unpickled. Everybody who opens this app can then choose it."
    )
    st.file_uploader(
        "Model file", ["tflite"], key=uploads.uploader_key(_UPLOAD), on_change=_take_upload,
        label_visibility="collapsed", max_upload_size=SIZE_LIMIT_BYTES // 1_000_000,
    )  # fmt: skip
    _show_note()
    draft = session.model_draft()
    if draft is not None:
        if not draft.started:
            draft.start()
        if draft.running:
            _follow(draft)
        else:
            _show_draft(draft)


def _take_upload() -> None:
    for upload in uploads.take_uploads(_UPLOAD):
        try:
            session.set_model_draft(ModelDraft(upload.name, upload))
        except InputError as error:
            st.session_state[_NOTE] = (False, plain(str(error)))


def _show_note() -> None:
    """Say once what became of the last click."""
    if note := st.session_state.pop(_NOTE, None):
        good, text = note
        (st.success if good else st.error)(text, icon=":material/check_circle:" if good else ":material/error:")


@fragment(run_every=0.3)
def _follow(draft: ModelDraft) -> None:
    if not draft.running:
        st.rerun()
    with st.container(border=True):
        st.markdown(f":material/hourglass_top: Checking **{plain(draft.name)}** …")
        st.caption("A process of its own reads the file, asks it for a few answers, twice each, and times them.")


def _show_draft(draft: ModelDraft) -> None:
    if draft.facts is None:
        st.error(f"**{plain(draft.name)}** {plain(draft.error)}", icon=":material/error:")
        return
    with st.container(border=True):
        st.markdown(f"**{plain(draft.name)}**")
        _show_facts(draft.facts)
        _show_form(draft, draft.facts)


def _show_facts(facts: ModelFacts) -> None:
    answers = "probabilities" if facts.outputs == PROBABILITIES else "scores before softmax"
    kinds = " and ".join(sorted({facts.input_type, facts.output_type}))
    cost = "" if facts.multiply_adds is None else f", {facts.multiply_adds / 1e6:,.1f} M multiply–adds"
    st.markdown(
        f"- Reads {facts.input_size} × {facts.input_size} px, {facts.colour}; "
        f"answers with {facts.classes} {answers}, {kinds}\n"
        f"- {facts.parameters / 1e6:,.2f} M parameters{cost}, {facts.file_bytes / 1e6:,.2f} MB, "
        f"{facts.ms:,.2f} ms per face on this machine"
    )


def _show_form(draft: ModelDraft, facts: ModelFacts) -> None:
    left, right = st.columns(2, gap="medium")
    left.text_input(
        "Name", suggest_name(draft.name), max_chars=40, key=_key(draft, "name"),
        help="Lower-case letters, digits and dashes",
    )  # fmt: skip
    right.text_input("Title", draft.stem, max_chars=80, key=_key(draft, "title"))
    left, right = st.columns(2, gap="medium")
    with left:
        _ask_labels(draft, facts.classes)
    pixels = right.selectbox(
        "Pixels it was trained on", normalisations_for(facts.colour), index=1, format_func=_PIXELS.__getitem__,
        key=_key(draft, "pixels"),
    )  # fmt: skip
    st.text_input("Licence and source", max_chars=300, key=_key(draft, "licence"))
    described = _show_reading(draft, facts, pixels)
    with st.container(horizontal=True):
        st.button("Add", type="primary", disabled=not described, on_click=_add, args=(draft, facts), key="own_add")
        st.button("Discard", on_click=session.set_model_draft, args=(None,), key="own_discard")


def _ask_labels(draft: ModelDraft, classes: int) -> None:
    """Let the visitor choose a usual order, where one has as many labels, or name them."""
    orders = [name for name, labels in ORDERS.items() if len(labels) == classes]
    chosen: str | None = _OTHER_ORDER
    if orders:
        chosen = st.selectbox(
            "Order of the outputs", [*orders, _OTHER_ORDER], index=None, key=_key(draft, "order"),
            placeholder="Choose what the outputs mean",
        )  # fmt: skip
    if chosen == _OTHER_ORDER:
        st.text_input(
            f"{classes} labels in the order of the outputs", key=_key(draft, "labels"),
            placeholder="angry, happy, neutral, …", help="Separated by commas, in any usual spelling",
        )  # fmt: skip


def _show_reading(draft: ModelDraft, facts: ModelFacts, pixels: str) -> bool:
    """Show what the outputs mean by the form, and what they make of the sample; return whether they fit."""
    try:
        labels = _labels(draft)
    except LabelError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    if not labels:
        return False
    if len(labels) != facts.classes:
        st.error(f"expected {facts.classes} labels, one for each output; got {len(labels)}", icon=":material/error:")
        return False
    chips(labels)
    share, label = max(zip(facts.readings[pixels], labels, strict=True))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("The sample portrait, a smile, would be read as")
        st.html(chip(label, f"{label} {share:.0%}"))
    if label != "happiness":
        st.caption("Should it know a smile? Then try another order or other pixels.")
    return True


def _labels(draft: ModelDraft) -> tuple[str, ...]:
    """Return the labels that the form names so far; none before any are named.

    Raises:
        LabelError: They are not different expressions.
    """
    order = _value(draft, "order")
    if order in ORDERS:
        return ORDERS[order]
    text = _value(draft, "labels")
    return parse_labels(text) if text.strip() else ()


def _key(draft: ModelDraft, field: str) -> str:
    """Return the key of a field, which is another one for another file, so that nothing is left from the last."""
    return f"own_{field}_{draft.facts.sha256[:8] if draft.facts else ''}"


def _value(draft: ModelDraft, field: str) -> str:
    return st.session_state.get(_key(draft, field)) or ""


def _add(draft: ModelDraft, facts: ModelFacts) -> None:
    if not _may_change():
        return
    # Read here and not when the page was drawn: what was typed last arrives together with the click.
    try:
        details = CardDetails(
            name=_value(draft, "name").strip(),
            labels=_labels(draft),
            normalisation=_value(draft, "pixels"),
            title=_value(draft, "title"),
            licence=_value(draft, "licence"),
        )
        card = import_model(draft.path, details, facts)
    except EmotionError as error:
        st.session_state[_NOTE] = (False, plain(str(error)))
        return
    session.set_model_draft(None)
    _forget(card.name)
    st.session_state.setdefault(TIMES, {})[card.name] = facts.ms
    st.session_state[_NOTE] = (
        True,
        f"**{card.name}** was added: it is in the table now and answers in **Try it**.",
    )


def _show_added(lab: Lab, visitor: Visitor) -> None:
    names = imported_models()
    if not names:
        if not visitor.may_change_models:
            st.info("No model was added yet.", icon=":material/inventory_2:")
        return
    st.subheader("Added", anchor=False)
    for name in names:
        with st.container(border=True):
            if name in lab.cards:
                st.markdown(f"**{plain(lab.cards[name].title)}** · `{name}`")
                chips(lab.cards[name].labels)
            else:
                st.markdown(f"`{name}`")
            if name not in lab.evaluations:
                st.caption("Not judged yet. With a prepared data set, this fills its figures:")
                st.code(f"python -m training evaluate --model {name}", language="sh")
            if visitor.may_change_models:
                _show_removal(name)


def _show_removal(name: str) -> None:
    if st.session_state.get(_ASKED) != name:
        st.button("Remove", icon=":material/delete:", key=f"own_remove_{name}", on_click=_ask, args=(name,))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Remove it for good?")
        st.button("Yes, remove", type="primary", key="own_remove_yes", on_click=_remove, args=(name,))
        st.button("Keep", key="own_remove_no", on_click=_ask, args=(None,))


def _ask(name: str | None) -> None:
    st.session_state[_ASKED] = name


def _may_change() -> bool:
    """Return whether the visitor may still do what the page offered."""
    visitor = find_visitor()
    return visitor is not None and visitor.may_change_models


def _remove(name: str) -> None:
    _ask(None)
    if not _may_change():
        return
    try:
        remove_model(name)
    except EmotionError as error:
        st.session_state[_NOTE] = (False, plain(str(error)))
        return
    _forget(name)
    st.session_state[_NOTE] = (True, f"**{name}** was removed.")


def _forget(name: str) -> None:
    """Drop what the visit knows of a name, which another model may bear later."""
    for key in (ANSWERS, TIMES):
        st.session_state.get(key, {}).pop(name, None)
