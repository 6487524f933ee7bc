"""Small synthetic data sets and recipes, so that tests need no real faces and no long training."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from emotion.labels import RAFDB_LABELS, LabelSet
from training.datasets.manifest import Manifest
from training.datasets.readers.parquet import VOTE_COLUMNS
from training.preparation.prepare import PrepareOptions, prepare
from training.recipes import Recipe

ROWS = {"train": 40, "public-test": 16, "private-test": 16}


def made_faces(count: int, seed: int) -> np.ndarray:
    """Return different smooth random pictures, ``(count, 48, 48)`` uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 6, 6), np.uint8)
    return np.stack([cv2.resize(picture, (48, 48), interpolation=cv2.INTER_LINEAR) for picture in coarse])


def made_table(images: np.ndarray, seed: int) -> pd.DataFrame:
    """Return a table in the layout of FER2013; every face has a clear majority of votes."""
    rng = np.random.default_rng(seed)
    votes = np.zeros((len(images), 10), np.int8)
    top = np.arange(len(images)) % 8
    votes[np.arange(len(images)), top] = 7
    votes[np.arange(len(images)), (top + 1) % 8] = 3
    return pd.DataFrame(
        {
            "image": [{"bytes": cv2.imencode(".png", image)[1].tobytes(), "path": "made.png"} for image in images],
            "emotion": rng.integers(0, 7, len(images)).astype(np.int8),
            **dict(zip(VOTE_COLUMNS, votes.T, strict=True)),
        }
    )


@pytest.fixture(autouse=True)
def plain_arithmetic() -> None:
    """Resets the process-wide bfloat16 setting, so that it does not affect other tests."""
    if "tensorflow" in sys.modules:
        from training.fit.backend import use_bfloat16

        use_bfloat16(False)


@pytest.fixture
def eager() -> Iterator[None]:
    """Run TensorFlow's functions eagerly: tracing a large network takes many times as long as two of its steps."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="session", autouse=True)
def own_datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests out of the data sets prepared on this machine, which would be scored too: minutes for RAF-DB."""
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.datasets.readers.parquet.work_dir", lambda: folder)
        yield


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three splits; one training face is a copy of a PrivateTest face, one has no usable votes."""
    folder = tmp_path_factory.mktemp("fer2013")
    faces = {split: made_faces(count, seed) for seed, (split, count) in enumerate(ROWS.items())}
    faces["train"][5] = faces["private-test"][3]
    for seed, (split, images) in enumerate(faces.items()):
        table = made_table(images, seed)
        if split == "train":
            table.loc[7, list(VOTE_COLUMNS)] = [1, 1, 1, 0, 0, 0, 0, 0, 7, 0]
        table.to_parquet(folder / f"fer2013-{split}.parquet")
    return folder


@pytest.fixture(scope="session")
def made_rafdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of aligned faces with RAF-DB's validation and test splits; its labels are in reversed order."""
    folder = tmp_path_factory.mktemp("faces") / "rafdb"
    folder.mkdir()
    labels = LabelSet("rafdb", RAFDB_LABELS[::-1])
    for seed, (split, count) in enumerate({"validation": 21, "test": 28}.items(), start=50):
        pictures = [cv2.resize(face, (64, 64)) for face in made_faces(count, seed)]
        table = pd.DataFrame(
            {
                "image": [{"bytes": cv2.imencode(".png", one)[1].tobytes(), "path": "made.png"} for one in pictures],
                "emotion": (np.arange(count) % 7).astype(np.int8),
            }
        )
        table.to_parquet(folder / f"{split}.parquet")
    Manifest("made", "faces", labels, 64, False, {"validation": "validation.parquet"}, {}).save(folder)
    return folder.parent


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    return Recipe(name="tiny", network="vgg", epochs=2, batch_size=16)


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[..., tuple[Path, Manifest]]:
    """A function that prepares a data set in a new folder, and returns the folder and its manifest."""

    def run(format_name: str, source: Path, **options) -> tuple[Path, Manifest]:
        out = tmp_path / "prepared"
        return out, prepare(format_name, source, out, PrepareOptions(**options))

    return run
