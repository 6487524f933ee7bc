"""Text from files and people is shown literally, never as Markdown, HTML, an icon or a link."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator
from streamlit.testing.v1 import AppTest

from bench.common.chromium import served, settle
from emotion.analytics.edits import Edits, Event, Span
from emotion.telemetry.one_line import one_line
from tests.conftest import ROOT
from tests.library.libraries import put
from tests.pages.test_pages import PNG, page
from tests.security.hostile_texts import FILE_NAME, TEXTS
from tests.security.shown_text import unsafe_texts
from ui.common.plain import code, plain

REVIEWED = {
    ("ui/about/tokens.py", "WHAT.format(address=address) + ('' if needs_token() else f' {OPTIONAL}')"): "this server",
    ("ui/about/tokens.py", "f'expires {day_text(token.expires_at)} · {used}'"): "dates",
    (
        "ui/live/streams_panel.py",
        "f':material/flag: **Markers** from {streams} streams · {count:,} received'",
    ): "numbers",
    ("pages/home.py", "text"): "the cards of the page",
    (
        "pages/help.py",
        "'\\n'.join((f'- **{term}**: {meaning}' for term, meaning in terms.items()))",
    ): "words of the page",
    ("pages/video.py", "date_text(entry)"): "a date",
    ("pages/live.py", "f'**{obstacle.title}** {obstacle.advice}'"): "OBSTACLES, written in ui/live/messages.py",
    ("ui/common/charts.py", r"'\n\n'.join((text for text in paragraphs if text))"): "its callers escape names",
    ("ui/common/widgets.py", "f'{icon} **{title}**'"): "hints, written in the pages",
    ("ui/common/widgets.py", "text"): "hints, written in the pages",
    ("ui/common/widgets.py", "label"): "names of pages, written by those who link to them",
    ("ui/common/widgets.py", "_LEGEND"): "names are escaped, colours are written in the program",
    ("ui/lab/data.py", "_as_text(counts_table(facts).map('{:,}'.format))"): "_as_text escapes every cell",
    ("ui/lab/data.py", "_as_text(pd.DataFrame(rows).T)"): "_as_text escapes every cell",
    ("ui/lab/missing.py", "how"): "commands, written in the lab's modules",
    ("ui/live/controls.py", "label"): "buttons of this module",
    ("ui/live/controls.py", "hint"): "buttons of this module",
    ("ui/pictures/face_facts.py", "offered"): "members of Layer",
    ("ui/pictures/face_facts.py", "_LEGEND"): "PART_COLOURS, written in the program",
    ("ui/pictures/view.py", "label"): "buttons of this module",
    ("ui/shell/notice.py", "consent"): "sentences of the pages",
    (
        "ui/studies/results.py",
        "'\\n'.join((f'- `{name}`: {about}' for name, about in FILES.items()))",
    ): "FILES, written here",
    ("ui/studies/results.py", "path"): "writes a file, shows nothing",
    ("ui/studies/view.py", "completeness(saved, states)"): "numbers",
    ("ui/video/downloads.py", "chosen.about"): "sentences of FORMATS, written in the program",
    ("ui/video/downloads.py", "f'**{plain(chosen.title)}** · {_progress_text(job.progress, chosen.steps)}'"): "numbers",
    ("ui/common/widgets.py", "titles"): "titles of tabs, written in the program",
    ("ui/video/tabs/insight.py", "f'{_SMOOTHING[chosen].format(window_s)} {_ONLY_HERE}'"): "sentences of this module",
    ("ui/shell/notice.py", "f'{next_step} {_asked_once_text()}'"): "sentences of the pages",
    ("ui/video/pending_uploads.py", "_model_help()"): "OFFERS, written in emotion/models/offered.py",
    ("ui/video/queue.py", "f'**{plain(entry.title)}** · {_place(place)}'"): "a place in the queue",
    ("ui/video/downloads.py", "titles.__getitem__"): "titles of FORMATS, written in the program",
    ("ui/video/downloads.py", "Path(folder) / 'export'"): "writes a file, shows nothing",
    ("ui/video/tabs/overview.py", "label"): "figures of this module",
    ("ui/video/tabs/overview.py", "meaning"): "figures of this module",
}
"""Texts without content from files or people, which the source does not show: reviewed, with the reason."""

CHECKED = [*sorted((ROOT / "ui").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py")), ROOT / "streamlit_app.py"]


def kind_of(text: str) -> str:
    return "_LEGEND" if text.startswith("f'<div style") else text


@pytest.mark.slow
def test_every_text_in_a_streamlit_call_is_plain() -> None:
    found = [one for path in CHECKED for one in unsafe_texts(path, ROOT)]
    unknown = [f"{one.place}:{one.line} {one.text}" for one in found if (one.place, kind_of(one.text)) not in REVIEWED]
    assert unknown == [], "expected plain(…) around text that this program did not write"
    assert {(one.place, kind_of(one.text)) for one in found} == set(REVIEWED), "reviewed texts that no longer exist"


def test_lists_and_tables_get_texts_without_backslashes() -> None:
    """Streamlit shows options of these lists and titles of columns as they are."""
    escaped = []
    for path in CHECKED:
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in {"selectbox", "multiselect"}:
                shown = [each.value for each in call.keywords if each.arg == "format_func"]
            else:
                shown = call.args[:1] if name.endswith("Column") or name in {"number", "_number", "text"} else []
            found = {node.id for one in shown for node in ast.walk(one) if isinstance(node, ast.Name)}
            escaped += [f"{path.name}:{call.lineno}"] if "plain" in found else []
    assert escaped == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(name):\n    st.markdown(f'**{name}**')", ["f'**{name}**'"]),
        ("def f(name):\n    st.markdown(f'**{plain(name)}** {len(name)}')", []),
        ("def f(error):\n    column.error(str(error))", ["str(error)"]),
        ("def f(n):\n    st.caption(f'{n:,} of {n:.1%}')", []),
        ("def f(n):\n    st.caption(f'{n:>9}')", ["f'{n:>9}'"]),
        ("def f(x):\n    label = 'a' if x else 'b'\n    st.button(label, help=x)", ["x"]),
        ("def f(x):\n    label = 'a'\n    label += x\n    st.button(label)", ["label"]),
        ("def f(good, text):\n    (st.success if good else st.error)(text)", ["text"]),
        ("def g(x):\n    return f'{x}'\ndef f(x):\n    st.write(g(x))", ["g(x)"]),
        ("def f(names):\n    st.radio('Which', names)", ["names"]),
        ("def f(share, name):\n    bar.progress(share, name)", ["name"]),
    ],
)
def test_the_search_finds_texts_that_are_not(tmp_path: Path, source: str, expected: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert [one.text for one in unsafe_texts(module, tmp_path)] == expected


def hostile_markdown(test: AppTest) -> list[str]:
    """Return the Markdown of a page in which a hostile name has an effect."""
    kinds = ("markdown", "caption", "subheader", "info", "warning", "error", "success", "toast")
    shown = [str(element.value) for kind in kinds for element in test.get(kind)]
    shown += [button.label for button in test.button]
    return [text for text in shown if re.search(r"(?<!\\)(!|\[x|:red|<img)", text)]


def shows(test: AppTest, escaped: str) -> bool:
    kinds = ("markdown", "caption", "subheader", "error")
    return any(escaped in str(element.value) for kind in kinds for element in test.get(kind))


@pytest.mark.slow
def test_a_hostile_picture_is_named_plainly(analyzer) -> None:
    test = page("image")
    test.file_uploader[0].set_value(
        [(FILE_NAME + ".png", PNG, "image/png"), (FILE_NAME + ".jpg", b"no picture", "image/jpeg")]
    )
    test.run()
    assert not test.exception
    assert hostile_markdown(test) == []
    assert shows(test, plain(FILE_NAME))


@pytest.mark.slow
def test_a_hostile_analysis_is_named_plainly(repository, video) -> None:
    entry = put(repository, video, FILE_NAME, tags=[FILE_NAME])
    repository.rename(entry.id, FILE_NAME)
    repository.add(video, "clip.mp4", title=FILE_NAME)  # queued
    event = Event(FILE_NAME, Span(0.0, 0.1))
    repository.save_edits(entry.id, Edits(names={1: FILE_NAME}, events=(event,)))
    library = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=60).run()
    assert not library.exception
    assert hostile_markdown(library) == []
    assert shows(library, plain(FILE_NAME))
    video_page = AppTest.from_file(str(ROOT / "pages" / "video.py"), default_timeout=60)
    video_page.query_params["analysis"] = entry.id
    video_page.run()
    assert not video_page.exception
    assert hostile_markdown(video_page) == []
    assert shows(video_page, plain(FILE_NAME))


def test_control_characters_and_reversed_text_are_left_out() -> None:
    assert one_line("a\r\n\x1b[2J\tb\u202egpj\udcff\x00") == "a [2J bgpj"
    assert plain("1. a\n# b") == r"1\. a \# b"
    assert code("a`b``c") == "``` a`b``c ```"


@pytest.fixture(scope="module")
def shown(browser: Browser):
    with served("tests/security/hostile_text_page.py") as url:
        tab = browser.new_page()
        tab.goto(url)
        tab.get_by_text("Everything is shown.").wait_for(timeout=60_000)
        settle(tab)
        yield tab


def tags_of(element: Locator) -> set[str]:
    """Return the names of the HTML elements in a text, except its paragraph."""
    return set(element.evaluate("e => [...e.querySelectorAll('*')].map(each => each.localName)")) - {"p", "div"}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "expected"), [("plain", set()), ("bold", {"strong"}), ("code", {"code"}), ("button", set())]
)
def test_a_browser_shows_the_text_itself(shown, kind: str, expected: set[str]) -> None:
    for number, text in enumerate(TEXTS):
        element = shown.locator(f".st-key-{kind}{number} [data-testid=stMarkdownContainer]").first
        words = element.inner_text().replace("\u2060", "").removesuffix(" · after").strip()
        assert (tags_of(element), words) == (expected, one_line(text).strip()), text
