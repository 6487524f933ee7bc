"""Small widgets and text formats that pages share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer
from streamlit.errors import StreamlitAPIException

from emotion.analytics.abstention import explain
from emotion.errors import count_text
from emotion.labels import ANSWER_COLOURS, INKS, UNCLEAR, display_order, in_display_order
from emotion.types import Progress
from ui.common.plain import plain

CONSENT = "Only use pictures and videos of people who have been informed and agree."

LEAST_SHARE = 0.0005
"""Share below which an expression gets no row: it would be labelled 0.0%."""

# Text inherits the theme's colour; lines mix it with transparency.
_TABLE_STYLE = """
<style>
.shares { width: 100%; border-collapse: collapse; font-size: .95rem }
.shares th { font-weight: 600; text-align: left; opacity: .7; font-size: .85rem }
.shares td, .shares th { padding: .34rem .5rem .34rem 0; border: 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent) }
.shares td:first-child { white-space: nowrap }
.shares .figure { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; white-space: nowrap }
.shares .track { width: 45%; min-width: 4rem }
.shares .track div { height: .55rem; border-radius: .3rem }
.shares .swatch { display: inline-block; width: .75rem; height: .75rem; border-radius: .2rem; margin-right: .55rem }
</style>
"""


def chip(answer: str, text: str = "", hover: str = "") -> str:
    """Return HTML of a rounded tag in the colour of an expression, or of UNCLEAR, with stripes."""
    colour, ink = ANSWER_COLOURS[answer], INKS[answer]
    title = f' title="{escape(hover)}"' if hover else ""
    stripes = "background-image:repeating-linear-gradient(135deg,transparent 0 4px,#fff6 4px 8px);"
    return (
        f'<span{title} style="background:{colour};color:{ink};border-radius:1rem;{stripes if answer == UNCLEAR else ""}'
        f'padding:.14rem .7rem;font-size:.85rem;font-weight:600;white-space:nowrap">{escape(text or answer)}</span>'
    )


def answer_chip(answer: str, probabilities: Mapping[str, float], abstain_below: float) -> str:
    """Return HTML of a tag with a face's answer and probability; an unclear one has an explanation as tooltip."""
    if answer == UNCLEAR:
        return chip(UNCLEAR, hover=explain(abstain_below))
    return chip(answer, f"{answer} {probabilities[answer]:.0%}")


def _fill(answer: str) -> str:
    """Return the CSS background of an answer: its colour, striped for unclear."""
    colour = ANSWER_COLOURS[answer]
    stripes = f"repeating-linear-gradient(45deg,{colour} 0 3px,transparent 3px 5px)"
    return stripes if answer == UNCLEAR else colour


def chips(labels: Iterable[str]) -> None:
    """Show expressions, and UNCLEAR, as tags in their colours."""
    tags = "".join(chip(label) for label in display_order(labels))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.4rem">{tags}</div>')


def legend(colours: Mapping[str, str]) -> None:
    """Show a chart's legend above it, where it can wrap instead of taking space from the chart."""
    names = "".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:.7rem;height:.7rem;'
        f'margin-right:.35rem;border-radius:50%;background:{colour}"></span>{escape(name)}</span>'
        for name, colour in colours.items()
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.875rem">{names}</div>')


def shares_table(shares: Mapping[str, float]) -> None:
    """Show shares of time as a table with bars, in the order of every chart and legend; list those without any."""
    never = [label for label in display_order(shares) if shares[label] < LEAST_SHARE]
    rows = "".join(
        f'<tr><td><span class="swatch" style="background:{_fill(label)}"></span>{escape(label)}</td>'
        f'<td class="track"><div style="width:{share:.2%};background:{_fill(label)}"></div></td>'
        f'<td class="figure">{share:.1%}</td></tr>'
        for label, share in in_display_order(shares).items()
        if share >= LEAST_SHARE
    )
    head = '<tr><th scope="col">Expression</th><th></th><th scope="col" class="figure">Share of time</th></tr>'
    st.html(f'{_TABLE_STYLE}<table class="shares"><thead>{head}</thead><tbody>{rows}</tbody></table>')
    if never:
        st.caption(f"Never: {plain(', '.join(never))}")


def hints(steps: Iterable[tuple[str, str, str]]) -> None:
    """Show what an empty page offers: icon, title and a sentence each."""
    steps = list(steps)
    for column, (icon, title, text) in zip(st.columns(len(steps)), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"{icon} **{title}**")
            st.markdown(text)


def page_link(page: str, label: str, icon: str) -> None:
    """Link to another page; only its label if this page runs outside the app, as in tests."""
    try:
        st.page_link(page, label=label, icon=icon)
    except (StreamlitAPIException, KeyError):
        st.caption(label)


def kept_tabs(titles: Sequence[str], key: str) -> Sequence[TabContainer]:
    """Show tabs, of which the same one is open when the visitor comes back from another page.

    Args:
        titles: Titles of the tabs.
        key: Key of the tabs. A change of the open tab reruns the page.
    """
    if key not in st.session_state and (last := open_tab(key)) in titles:
        st.session_state[key] = last
    tabs = st.tabs(titles, key=key, on_change="rerun")
    st.session_state[f"{key}_last"] = st.session_state[key]
    return tabs


def open_tab(key: str) -> str:
    """Return the title of the open tab of :func:`kept_tabs`; empty if they were never shown."""
    return str(st.session_state.get(key) or st.session_state.get(f"{key}_last", ""))


def show_outcome(key: str) -> None:
    """Show the outcome of the last action once: whether it was good, and a sentence, stored under a session key."""
    if outcome := st.session_state.pop(key, None):
        good, text = outcome
        (st.success if good else st.error)(plain(text), icon=":material/check_circle:" if good else ":material/error:")


def share_text(share: float | None) -> str:
    """Return a share as a percentage; a dash if there is none."""
    return "–" if share is None else f"{share:.0%}"


def warn_unmatched(names: Sequence[str]) -> None:
    """Warn about file names that a pattern does not match, if any, and list the first five."""
    if names:
        listed = ", ".join(plain(name) for name in names[:5])
        st.warning(f"The pattern does not match {count_text(len(names), 'name')}: {listed}", icon=":material/rule:")


def duration_text(seconds: float) -> str:
    """Return a duration as ``1:02:03``, ``2:03`` or ``3.4 s``; a dash if unknown."""
    if not 0 <= seconds < float("inf"):
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size_text(size: int) -> str:
    """Return a number of bytes in decimal units, with at most three digits."""
    value, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "bytes" or value >= 100 else f"{value:.1f} {units[0]}"


def progress_text(progress: Progress | None, things: str = "frames") -> str:
    """Return progress, rate and remaining time as one line."""
    if progress is None:
        return "Opening the file …"
    return (
        f"{progress.done:,} of about {progress.total:,} {things} · {progress.rate:,.0f} {things}/s · "
        f"{duration_text(progress.remaining_s)} left"
    )


def browser_zone() -> dt.tzinfo:
    """Return the time zone of the visitor's browser."""
    return dt.timezone(dt.timedelta(minutes=-(st.context.timezone_offset or 0)))
