"""Finds texts in Streamlit calls that may contain Markdown from outside.

A text is safe if the source shows that it is: a constant, a number with a format that only numbers take, a call of
:func:`ui.common.plain.plain`, or something composed of these in the same module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARKDOWN = frozenset(
    [
        "badge",
        "button",
        "camera_input",
        "caption",
        "checkbox",
        "chat_message",
        "date_input",
        "dialog",
        "download_button",
        "error",
        "expander",
        "feedback",
        "file_uploader",
        "form_submit_button",
        "header",
        "image",
        "info",
        "link_button",
        "markdown",
        "metric",
        "multiselect",
        "number_input",
        "page_link",
        "pills",
        "popover",
        "progress",
        "radio",
        "segmented_control",
        "selectbox",
        "select_slider",
        "slider",
        "spinner",
        "status",
        "subheader",
        "success",
        "table",
        "tabs",
        "text_area",
        "text_input",
        "time_input",
        "title",
        "toast",
        "toggle",
        "update",
        "warning",
        "write",
    ]
)
"""Calls whose label or text Streamlit renders as Markdown."""

SECOND = frozenset({"image", "progress", "page_link"})
"""Calls whose second argument may be a text; the first one is not."""

OPTIONS = frozenset({"pills", "radio", "segmented_control"})
"""Calls whose options are Markdown too."""

TEXTS = frozenset({"body", "caption", "help", "label", "text"})
ESCAPING = frozenset({"plain", "sentence", "code", "about_file"})
NUMBERS = frozenset({"len", "round", "sum", "int", "float"})
REVIEWED = frozenset(
    {
        "access_summary",
        "colour_scheme",
        "count_text",
        "duration_text",
        "explain",
        "progress_text",
        "share_text",
        "size_text",
    }
)
"""Functions of other modules that return only text and figures of the program itself."""

_NUMBER_FORMAT = re.compile(r"[-+]?,?(\.\d+)?[df%]|,|\+?\.\d+f")
_HTML_NAMES = frozenset({"escape", "chip", "answer_chip", "section_html"})


@dataclass(frozen=True)
class Unsafe:
    """A text that the source does not show to be safe."""

    place: str
    line: int
    text: str


def unsafe_texts(path: Path, root: Path) -> Iterator[Unsafe]:
    """Find the unsafe texts of a module.

    Args:
        path: The module.
        root: The folder that places are relative to.
    """
    module = _Module(ast.parse(path.read_text(encoding="utf-8")))
    for call, function in module.calls():
        for text in _texts_of(call):
            if not module.is_safe(text, function):
                yield Unsafe(path.relative_to(root).as_posix(), text.lineno, ast.unparse(text))


def _texts_of(call: ast.Call) -> Iterator[ast.expr]:
    assert isinstance(call.func, (ast.Attribute, ast.IfExp))
    named = [call.func.body, call.func.orelse] if isinstance(call.func, ast.IfExp) else [call.func]
    names = {each.attr for each in named if isinstance(each, ast.Attribute)} & (MARKDOWN | {"html"})
    if not names or (names == {"update"} and not call.keywords):
        return
    place = 1 if names & SECOND else 0
    yield from call.args[place : place + 1]
    yield from (each.value for each in call.keywords if each.arg in TEXTS)
    if names & OPTIONS:
        shown = [each.value for each in call.keywords if each.arg == "format_func"] or call.args[1:2]
        yield from (each.body if isinstance(each, ast.Lambda) else each for each in shown)


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        self._open: set[tuple[str, str]] = set()

    def calls(self) -> Iterator[tuple[ast.Call, ast.AST]]:
        """Return every call of a method, with the innermost function around it."""
        yield from self._calls_in(self._tree, self._tree)

    def _calls_in(self, node: ast.AST, function: ast.AST) -> Iterator[tuple[ast.Call, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and isinstance(child.func, (ast.Attribute, ast.IfExp)):
                yield child, function
            yield from self._calls_in(child, child if isinstance(child, ast.FunctionDef) else function)

    def is_safe(self, node: ast.expr, function: ast.AST) -> bool:  # noqa: PLR0911
        """Return whether a text is safe.

        Args:
            node: The text.
            function: The function around it, or the module.
        """
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr(values=parts):
                return all(self._is_safe_part(part, function) for part in parts)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return all(self.is_safe(part, function) for part in parts)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
                return self.is_safe(one, function) and self.is_safe(other, function)
            case ast.Starred(value=value) | ast.Subscript(value=value):
                return self.is_safe(value, function)
            case ast.GeneratorExp(elt=value) | ast.ListComp(elt=value) | ast.DictComp(value=value):
                return self.is_safe(value, function)
            case ast.Call():
                return self._is_safe_call(node, function)
            case ast.Attribute(value=ast.Name(id=name), attr="__getitem__"):
                return self._is_safe_name(name, function)
            case ast.Name(id=name):
                return self._is_safe_name(name, function)
        return False

    def _is_safe_part(self, part: ast.expr, function: ast.AST) -> bool:
        if not isinstance(part, ast.FormattedValue):
            return True
        spec = ast.unparse(part.format_spec)[2:-1] if part.format_spec else ""
        return bool(_NUMBER_FORMAT.fullmatch(spec)) or self.is_safe(part.value, function)

    def _is_safe_call(self, call: ast.Call, function: ast.AST) -> bool:  # noqa: PLR0911
        match call.func:
            case ast.Name(id="list" | "sorted"):
                return self.is_safe(call.args[0], function)
            case ast.Name(id="map"):
                return isinstance(call.args[0], ast.Name) and call.args[0].id in ESCAPING
            case ast.Name(id=name) if name in ESCAPING | NUMBERS | REVIEWED | _HTML_NAMES:
                return True
            case ast.Name(id=name) if name in self._functions:
                return self._returns_safe(self._functions[name])
            case ast.Attribute(value=ast.Constant(), attr="join"):
                return self.is_safe(call.args[0], function)
            case ast.Attribute(value=ast.Name(id=name), attr="get") if name.strip("_").isupper():
                return all(self.is_safe(default, function) for default in call.args[1:])
            case ast.Attribute(value=value, attr="lower" | "capitalize" | "strip"):
                return self.is_safe(value, function)
        return False

    def _returns_safe(self, function: ast.FunctionDef) -> bool:
        returns = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
        return all(value is not None and self.is_safe(value, function) for value in returns)

    def _is_safe_name(self, name: str, function: ast.AST) -> bool:
        """Return whether all values that the function (or else the module) assigns to a name are safe."""
        key = (name, getattr(function, "name", ""))
        if key in self._open:  # such as ``hint += …``
            return True
        self._open.add(key)
        try:
            found = list(_assigned(function, name))
            if found:
                return all(value is not None and self.is_safe(value, function) for value in found)
            return name.strip("_").isupper()
        finally:
            self._open.discard(key)


def _assigned(function: ast.AST, name: str) -> Iterator[ast.expr | None]:  # noqa: PLR0912
    """Return the values that are assigned to a name; None for values that the source does not show."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                yield from (v for t, v in zip(targets, values, strict=True) if _is(t, name))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if _is(target, name):
                        yield value
                    elif any(_is(each, name) for each in ast.walk(target)):
                        yield None
            case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value):
                if _is(target, name):
                    yield value
            case ast.NamedExpr(target=target, value=value) if target.id == name:
                yield value
            case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
                if any(_is(each, name) for each in ast.walk(target)):
                    yield _looped(values, target, name)
            case ast.arg(arg=given) if given == name:
                yield None
            case ast.ExceptHandler(name=caught) if caught == name:
                yield None
            case ast.withitem(optional_vars=target) if target is not None and _is(target, name):
                yield None


def _looped(values: ast.expr, target: ast.expr, name: str) -> ast.expr | None:
    """Return the values of a loop variable, if they are literal."""
    if not isinstance(values, (ast.Tuple, ast.List)) or not values.elts:
        return None
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Tuple(values.elts, ast.Load()), values)
    assert isinstance(target, ast.Tuple)
    place = next(index for index, each in enumerate(target.elts) if _is(each, name))
    rows = [row for row in values.elts if isinstance(row, ast.Tuple)]
    if len(rows) < len(values.elts):
        return None
    return ast.copy_location(ast.Tuple([row.elts[place] for row in rows], ast.Load()), values)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
