"""Reads labelled pictures in folders and the group of people that each belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from emotion.errors import DatasetError, InputError, LabelError
from emotion.evaluation.user_evaluation.zip_folders import LabelledFile, Unread, expressions_in, label_of
from emotion.input_files import is_litter
from emotion.labels import parse_class
from emotion.paths import unicode_name
from emotion.studies.text_tables import TableLimits, read_text_table
from emotion.vision.decode.formats import is_picture

FILE_COLUMNS = ("file", "path", "filename", "picture", "image")
"""Accepted names of the column of pictures."""
_MOST = TableLimits(rows=10_000_000)


class GroupFolders:
    """Pictures in a folder, labelled by the innermost folder that names an expression.

    Without a table, the folder above that one is the group: ``group/class/picture``.

    Attributes:
        label_set: The labels that occur.
        unlabelled: Paths of pictures outside class folders.
        others: Number of files that are not pictures, such as notes; files that operating systems add are not counted.
        ungrouped: Paths of pictures without a group.

    Args:
        root: The folder.
        groups: Path of a picture relative to the folder → group; None to take groups from folders.
        codes: Numbering of the classes, a key of ``emotion.labels.CODES``, if folders are numbered.

    Raises:
        DatasetError: Fewer than two expressions, or fewer than two groups.
    """

    def __init__(self, root: Path, groups: Mapping[str, str] | None = None, codes: str | None = None) -> None:
        if not root.is_dir():
            raise InputError(f"expected a folder of labelled pictures; there is none at {root}")
        files = {_name_below(path, root): path for path in sorted(root.rglob("*")) if path.is_file()}
        self._files = {name: path for name, path in files.items() if is_picture(name)}
        self.others = sum(not is_litter(name) for name in files) - len(self._files)
        names = list(self._files)
        labels = {name: label_of(name, codes) for name in names}
        self.unlabelled = [name for name, label in labels.items() if label is None]
        found = {name: group_of(name, codes) if groups is None else groups.get(name) for name in names}
        self.ungrouped = [name for name in names if labels[name] and not found[name]]
        self.groups = {name: group for name, group in found.items() if group and labels[name]}
        self._labelled = [(name, label) for name, label in labels.items() if label and name in self.groups]
        self._expect_some(groups is None)
        self.label_set = expressions_in({label for _, label in self._labelled})

    def __len__(self) -> int:
        """Return the number of pictures with a label and a group."""
        return len(self._labelled)

    def __iter__(self) -> Iterator[LabelledFile | Unread]:
        """Yield the pictures in the order of their paths."""
        for name, label in self._labelled:
            try:
                yield LabelledFile(name, label, self._files[name].read_bytes())
            except OSError as error:
                yield Unread(name, f"it cannot be read ({error.strerror})")

    def _expect_some(self, by_folders: bool) -> None:
        if len(found := sorted(set(self.groups.values()))) < 2:
            layout = "pictures as group/class/picture" if by_folders else "a table of these pictures"
            raise DatasetError(f"expected {layout}, with two groups or more; got groups: {_listed(found)}")


def group_of(name: str, codes: str | None = None) -> str | None:
    """Return the folder above the innermost one that names an expression, or None.

    Args:
        name: A path such as ``"older/happy/1.png"``.
        codes: Numbering of the classes; None if folders are named by words.
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
    """Read each picture's group from a table.

    Args:
        table: A CSV file with a column of pictures (paths relative to the folder, or unique file names) and a column
            of groups.
        root: The folder.
        column: The column of groups; the first one besides the pictures by default.

    Returns:
        Path relative to the folder → group; pictures without a group are left out.

    Raises:
        DatasetError: It is not a table, a column is missing, or a file name is not unique.
    """
    try:
        rows = read_text_table(table.read_bytes(), _MOST)
    except InputError as error:
        raise DatasetError(f"{table.name} cannot be read as a table of groups: {error}") from error
    files, groups = _columns([str(name) for name in rows.columns], column, table)
    pairs = zip(rows[files], rows[groups].str.strip(), strict=True)
    by_name: dict[str, list[str]] = {}
    for path in root.rglob("*"):
        if path.is_file() and is_picture(_name_below(path, root)):
            by_name.setdefault(unicode_name(path.name), []).append(_name_below(path, root))
    paths = {path for same in by_name.values() for path in same}
    return {_path_of(name, by_name, paths): group for name, group in pairs if group}


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


def _name_below(path: Path, root: Path) -> str:
    return unicode_name(path.relative_to(root).as_posix())


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
