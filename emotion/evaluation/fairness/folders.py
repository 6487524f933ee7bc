"""Labelled pictures in folders, each with the group of people that it belongs to."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from emotion.errors import DatasetError, InputError, LabelError
from emotion.evaluation.trial.zip_folders import LabelledFile, Unread, label_of
from emotion.input_files import is_litter
from emotion.labels import EMOTIONS, LabelSet, label_set_of, parse_class
from emotion.vision.decode.formats import ENDINGS

FILE_COLUMNS = ("file", "path", "filename", "picture", "image")
"""How the column may be called that names the picture."""


class GroupFolders:
    """Pictures below a folder: the innermost folder that names an expression is their label.

    Without a table, the folder above that one is the group: ``group/class/picture``.

    Attributes:
        label_set: The labels that occur.
        unlabelled: Paths of pictures outside every class folder.
        ungrouped: Paths of pictures without a group.

    Args:
        root: The folder.
        groups: Path of a picture below the folder → its group; None if folders say so.
        codes: Whose numbers name the classes, if numbers do.

    Raises:
        DatasetError: Fewer than two expressions, or fewer than two groups.
    """

    def __init__(self, root: Path, groups: Mapping[str, str] | None = None, codes: str | None = None) -> None:
        if not root.is_dir():
            raise InputError(f"expected a folder of labelled pictures; there is none at {root}")
        self._root = root
        names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if _is_picture(path, root)]
        labels = {name: label_of(name, codes) for name in names}
        self.unlabelled = [name for name, label in labels.items() if label is None]
        found = {name: group_of(name, codes) if groups is None else groups.get(name) for name in names}
        self.ungrouped = [name for name in names if labels[name] and not found[name]]
        self.groups = {name: group for name, group in found.items() if group and labels[name]}
        self._labelled = [(name, label) for name, label in labels.items() if label and name in self.groups]
        self._expect_some(groups is None)
        self.label_set = _label_set({label for _, label in self._labelled})

    def __len__(self) -> int:
        """Number of pictures with a label and a group."""
        return len(self._labelled)

    def __iter__(self) -> Iterator[LabelledFile | Unread]:
        """Yield them, in the order of their paths."""
        for name, label in self._labelled:
            try:
                yield LabelledFile(name, label, (self._root / name).read_bytes())
            except OSError as error:
                yield Unread(name, f"it cannot be read ({error.strerror})")

    def _expect_some(self, by_folders: bool) -> None:
        if len(found := sorted(set(self.groups.values()))) < 2:
            layout = "group/class/picture" if by_folders else "a table that names two groups of these pictures or more"
            raise DatasetError(f"expected {layout}; got {_listed(found)} for {len(self.groups):,} labelled pictures")


def group_of(name: str, codes: str | None = None) -> str | None:
    """Return the folder above the innermost one that names an expression; None if there is none.

    Args:
        name: Such as ``"older/happy/1.png"``.
        codes: Whose numbers name classes, or None if only words do.
    """
    folders = PurePosixPath(name.replace("\\", "/")).parts[:-1]
    for place in range(len(folders) - 1, -1, -1):
        try:
            parse_class(folders[place], codes)
        except LabelError:
            continue
        return folders[place - 1] if place else None
    return None


def read_groups(table: Path, root: Path, column: str | None = None) -> dict[str, str]:
    """Read which group each picture belongs to.

    Args:
        table: A CSV file: a column that names pictures, by their path below the folder or by their name alone where
            only one is called so, and a column of groups.
        root: The folder.
        column: Which column has the groups (default: the first that does not name pictures).

    Returns:
        Path below the folder → group; pictures without one are left out.

    Raises:
        DatasetError: The table has no such columns, or names a picture by a name that several have.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            files, groups = _columns(list(rows.fieldnames or []), column, table)
            told = [(row[files] or "", (row[groups] or "").strip()) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"expected {table.name} to be a CSV file in UTF-8; {error}") from error
    by_name: dict[str, list[str]] = {}
    for path in root.rglob("*"):
        if _is_picture(path, root):
            by_name.setdefault(path.name, []).append(path.relative_to(root).as_posix())
    paths = {path for same in by_name.values() for path in same}
    return {_path_of(name, by_name, paths): group for name, group in told if group}


def _path_of(name: str, by_name: Mapping[str, list[str]], paths: set[str]) -> str:
    given = PurePosixPath(name.replace("\\", "/")).as_posix()
    if given in paths:
        return given
    same = by_name.get(given, [])
    if len(same) > 1:
        raise DatasetError(f"expected paths below the folder in the table; {len(same)} pictures are called {given}")
    return same[0] if same else given


def _columns(names: list[str], wanted: str | None, table: Path) -> tuple[str, str]:
    files = next((name for name in names if name.strip().lower() in FILE_COLUMNS), None)
    others = [name for name in names if name != files]
    groups = wanted if wanted is not None else next(iter(others), None)
    if files is None or groups not in others:
        what = f"a column {wanted!r}" if wanted is not None else "a column of groups"
        raise DatasetError(f"expected a column 'file' and {what} in {table.name}; got {_listed(names)}")
    return files, groups


def _is_picture(path: Path, root: Path) -> bool:
    inside = path.relative_to(root).as_posix()
    return path.suffix.lower() in ENDINGS and not is_litter(inside) and path.is_file()


def _label_set(labels: set[str]) -> LabelSet:
    try:
        return label_set_of(labels)
    except LabelError as error:
        known = ", ".join(EMOTIONS)
        raise DatasetError(
            f"expected folders named like at least two expressions ({known}); got {_listed(sorted(labels))}"
        ) from error


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
