"""What is dropped: weight files are told from pictures by their endings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from resnet_viewer.core.weights.sources import SUFFIXES
from resnet_viewer.ui.incoming import WEIGHT_SUFFIXES, sort_incoming


def test_every_weight_file_that_core_reads_counts_as_one() -> None:
    assert WEIGHT_SUFFIXES == SUFFIXES
    for name in ("a.pth", "A.PT", "last.ckpt", "model_best.pth.tar", "a.safetensors", "resnet50.weights.h5"):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(f"/somewhere/{name}"), QUrl.fromLocalFile("/somewhere/cat.png")])
        found = sort_incoming(mime)
        assert found.weights is not None
        assert (found.weights.name, found.pictures) == (name, (Path("/somewhere/cat.png"),))
