"""Every page checks access first and shows visitors only their own data."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui
from emotion.library import LOCAL, JobSettings
from emotion.library.owners.usage import list_usage
from tests.conftest import ROOT
from tests.library.libraries import put
from tests.pages.test_pages import press, texts
from tests.signed_in import AUTH, claims, secrets_file, toml
from tests.tflite_files import classifier
from ui.access import settings
from ui.access.rules import owner_of
from ui.access.sign_in import CLOSED, NOT_HERE

pytestmark = pytest.mark.slow

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
ADA = claims("ada", name="Ada Lovelace", is_logged_in=True)
BOSS = claims("boss", is_logged_in=True)
EVE = claims("eve", email="eve@elsewhere.test", is_logged_in=True)
NOBODY: dict[str, object] = {"is_logged_in": False}


@pytest.fixture(autouse=True)
def sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A server remembers it until it ends; here each test is a server.
    for name in ("required", "guarded"):
        monkeypatch.setitem(settings._memory, name, settings._memory[name])
    with secrets_file(tmp_path, toml(allowed=["@example.org"], admins=["boss@example.org"])):
        yield


def visit(name: str, user: dict[str, object], **asked: str) -> AppTest:
    path = ROOT / ("streamlit_app.py" if name == "streamlit_app.py" else f"pages/{name}")
    test = AppTest.from_file(str(path), default_timeout=60)
    test.user = user
    for key, value in asked.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return test


def owner(user: dict[str, object]) -> str:
    return owner_of(str(user["iss"]), str(user["sub"]))


def widgets(test: AppTest) -> list[str]:
    """Return the labels of all widgets."""
    kinds = (test.button, test.checkbox, test.text_input, test.selectbox, test.file_uploader, test.get("camera_input"))
    return [str(getattr(widget, "label", widget)) for kind in kinds for widget in kind]


def not_a_step(*_: object, **__: object) -> None:
    pytest.fail("the page ran although nobody may see it")


@pytest.fixture
def nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if the page opens a library or loads a model."""
    # A module that is imported meanwhile would keep the stand-ins.
    for module in pkgutil.walk_packages(ui.__path__, "ui."):
        importlib.import_module(module.name)
    for name in (
        "ui.access.library._opened",
        "ui.common.resources.load_analyzer",
        "ui.common.resources.demo_still",
    ):
        monkeypatch.setattr(name, not_a_step)


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("name", [*PAGES, "streamlit_app.py"])
def test_visitors_without_sign_in_see_only_the_sign_in_page(name: str):
    test = visit(name, NOBODY, analysis="0" * 32)
    assert [title.value for title in test.title] == ["Sign in"]
    assert widgets(test) == ["Sign in"]


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("name", [*PAGES, "streamlit_app.py"])
def test_visitors_not_on_the_list_see_only_the_reason(name: str):
    test = visit(name, EVE)
    assert [title.value for title in test.title] == ["No access"]
    assert "You are not on this server's list of allowed people." in texts(test)
    assert widgets(test) == ["Sign out"]


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("name", [*PAGES, "streamlit_app.py"])
def test_incomplete_sign_in_shows_nothing(name: str, tmp_path: Path):
    with secrets_file(tmp_path, toml(AUTH | {"cookie_secret": "short"})):
        test = visit(name, BOSS)
    assert [error.value for error in test.error] == [CLOSED]
    assert widgets(test) == []


@pytest.mark.usefixtures("nothing_happens")
def test_a_server_without_the_guard_refuses_everyone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(settings._memory, "guarded", False)
    assert [error.value for error in visit("library.py", BOSS).error] == [CLOSED]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_checks_access_first(name: str):
    """Code before the check would run for everyone."""
    lines = (ROOT / "pages" / name).read_text(encoding="utf-8").splitlines()
    ask = next(number for number, line in enumerate(lines) if f'ensure_app("pages/{name}")' in line)
    assert lines[ask].startswith(("ensure_app(", "visitor = ensure_app("))
    before = [line for line in lines[:ask] if line.startswith(("st.", "if ", "for ", "with ", "try", "library"))]
    assert before == []


def test_only_listed_modules_use_the_whole_library():
    """These modules name the owner, or are for administrators."""
    reach = re.compile(
        r"\.shared\b|\bshared_library_or_stop\b|^from emotion\.library.* import .*\bLibrary\b", re.MULTILINE
    )
    modules = [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in modules if reach.search(path.read_text(encoding="utf-8"))}
    known = {"ui/access/library.py", "ui/library/erase.py", "ui/live/controls.py", "ui/shell/notice.py"}
    assert found <= known | {"ui/library/users.py", "pages/admin.py"}


@pytest.mark.usefixtures("analyzer")
def test_a_link_to_an_administration_page_leads_home():
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    test.user = ADA
    # On a server that has just started, the script of the page runs first.
    test.session_state["wanted_page"] = ("pages/admin.py", {})
    test.run()
    assert not test.exception
    assert [error.value for error in test.error] == [NOT_HERE]
    assert test.title[0].value == "See what faces show"


def test_visitors_see_only_their_own_library(library, repository, video):
    hers = put(library.for_owner(owner(ADA)), video, "secret.mp4", tags=["hers"])
    put(repository, video, "before sign-in.mp4")
    mine = put(library.for_owner(owner(BOSS)), video, "mine.mp4")

    assert visit("library.py", ADA).dataframe[0].value["title"].tolist() == ["secret"]
    test = visit("library.py", BOSS)
    assert test.dataframe[0].value["title"].tolist() == ["mine"]
    assert test.multiselect(key="library_tags").options == []
    assert (mine.owner, hers.owner) == (owner(BOSS), owner(ADA))


def test_other_owners_ids_look_like_unknown_ids(library, video):
    hers = put(library.for_owner(owner(ADA)), video, "secret.mp4", settings=JobSettings(keep_video=True))
    assert "secret" in visit("video.py", ADA, analysis=hers.id).subheader[0].value
    for stranger in (BOSS, claims("ada", iss="https://other.example", is_logged_in=True)):
        errors = [visit("video.py", stranger, analysis=one).error[0].value for one in (hers.id, "0" * 32)]
        assert errors[0].replace(hers.id, "0" * 32) == errors[1]
        assert "there is no analysis" in errors[1]


def test_a_new_analysis_belongs_to_the_visitor(library, analyzer):
    press(visit("video.py", ADA), "Try the sample")
    assert library.for_owner(owner(ADA)).search().total == 1
    assert library.for_owner(LOCAL).search().total == 0


def test_owners_are_named_for_administrators(library):
    visit("library.py", ADA)
    assert [(person.owner, person.name) for person in list_usage(library)] == [(owner(ADA), "ada@example.org")]


def test_name_and_sign_out_are_on_every_page(analyzer, library):
    test = visit("streamlit_app.py", ADA)
    assert test.title[0].value == "See what faces show"
    assert "Signed in as **Ada Lovelace**" in texts(test)
    assert "ada@example.org" in texts(test)
    assert "You are an administrator of this server." not in texts(test)
    assert "Sign out" in widgets(test)
    assert "You are an administrator of this server." in texts(visit("streamlit_app.py", BOSS))


def test_administrators_have_the_people_page(library, repository, video):
    put(library.for_owner(owner(ADA)), video, "secret.mp4")
    put(repository, video)
    visit("library.py", ADA)
    refused = visit("admin.py", ADA)
    assert [error.value for error in refused.error] == [NOT_HERE]
    assert (len(refused.title), len(refused.dataframe), widgets(refused)) == (0, 0, [])

    test = visit("admin.py", BOSS)
    table = test.dataframe[0].value
    assert sorted(table["person"]) == ["Shared, from before sign-in was required", "ada@example.org"]
    assert table["analyses"].tolist() == [1, 1]
    assert "secret" not in texts(test) + table.to_string()
    assert "- @example.org" in texts(test)


def test_administrators_delete_a_library_after_confirmation(library, video):
    put(library.for_owner(owner(ADA)), video)
    kept = put(library.for_owner(owner(BOSS)), video)
    test = visit("admin.py", BOSS)
    test.selectbox(key="people_chosen").set_value(owner(ADA)).run()
    assert "1 analysis" in test.warning[0].value
    press(test, "Delete this library")
    assert test.success[0].value == "The library was deleted."
    assert [(person.owner, person.analyses) for person in list_usage(library)] == [(owner(BOSS), 1)]
    assert library.for_owner(owner(BOSS)).get(kept.id) == kept


def test_former_administrators_cannot_delete(library, video):
    """The page was rendered before the role was removed; the button is clicked afterwards."""
    put(library.for_owner(owner(ADA)), video)
    test = visit("admin.py", BOSS)
    test.selectbox(key="people_chosen").set_value(owner(ADA)).run()
    test.user = ADA
    press(test, "Delete this library")
    assert [error.value for error in test.error] == [NOT_HERE]
    assert library.for_owner(owner(ADA)).search().total == 1


def test_there_is_no_people_page_without_sign_in(library, tmp_path):
    with secrets_file(tmp_path, ""):
        assert [error.value for error in visit("admin.py", {}).error] == [NOT_HERE]


@pytest.mark.parametrize(("user", "may"), [(ADA, False), (BOSS, True)])
def test_only_administrators_add_models(user, may: bool, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    test = visit("model_lab.py", user)
    assert ("Only administrators can add and remove them." in texts(test)) is not may
    uploaders = [uploader.label for uploader in test.file_uploader]
    assert ("Model file" in uploaders) is may


def test_former_administrators_cannot_add_models(tmp_path, monkeypatch):
    """The page was rendered before the role was removed; the button is clicked afterwards."""
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    test = visit("model_lab.py", BOSS)
    place = [uploader.label for uploader in test.file_uploader].index("Model file")
    test.file_uploader[place].set_value(("mine.tflite", classifier(probabilities=True), "application/octet-stream"))
    test.run()
    test.session_state["pending_model"].wait(60)
    test.run()
    next(one for one in test.selectbox if one.label == "Order of the outputs").set_value("FER2013").run()
    test.user = ADA
    press(test, "Add")
    assert not (tmp_path / "library" / "models").exists()
    assert not test.success
