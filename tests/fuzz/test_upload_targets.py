"""Uploaded files: valid ones are read, broken ones refused with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stress.fuzz.search import FINDS
from tests.stress.fuzz.seeds import damaged, read_seeds
from tests.stress.fuzz.targets import TARGETS, attempt

FOUND = sorted(path for path in FINDS.glob("*/*") if path.parent.name in TARGETS)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """The valid files that a search starts from, by target."""
    return read_seeds(tmp_path_factory.mktemp("seeds"))


@pytest.mark.slow
def test_every_target_accepts_its_seeds(seeds):
    assert seeds.keys() == TARGETS.keys()
    for target, contents in seeds.items():
        assert contents, target
        assert [attempt(target, content) for content in contents] == [None] * len(contents), target


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_files_that_once_broke_a_reader_are_read_or_refused(path: Path):
    attempt(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_empty_files_are_refused_in_one_sentence(target):
    assert attempt(target, b"")
    assert attempt(target, b"\0" * 100)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_file_cut_off_or_overwritten_is_read_or_refused(target, seeds, data):
    attempt(target, damaged(data.draw, seeds[target]))
