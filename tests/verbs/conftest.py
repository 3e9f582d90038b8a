"""Pictures and folders that the verbs work on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fabricated import picture


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture file of 48 × 32 pixels."""
    path = tmp_path / "photo.png"
    Image.fromarray(picture().pixels).save(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of two classes that a network learns at once: dark and bright pictures."""
    random = np.random.default_rng(0)
    for part, count in (("train", 24), ("test", 8)):
        for name, brightness in (("bright", 200), ("dark", 20)):
            folder = tmp_path / "data" / part / name
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(0, 50, (32, 32, 3)) + brightness
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    return tmp_path / "data"


@pytest.fixture
def blank_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that reads the numbers of `probe` alone: its figures are thought out, not drawn."""
    monkeypatch.setattr("resnet_viewer.figures.probe_files.render", lambda *_args, **_named: b"")
