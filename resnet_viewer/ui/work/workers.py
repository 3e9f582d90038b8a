"""The workers behind the window, and how they end."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.ui.train.controller import LabWorker
from resnet_viewer.ui.work.worker import Worker


@dataclass(frozen=True)
class Workers:
    """The threads behind the window, and the process that trains; each answers its own kind of request."""

    probing: Worker
    files: Worker
    downloads: Worker
    lab: LabWorker

    @property
    def all(self) -> tuple[LabWorker | Worker, ...]:
        """In the order in which they are ended: the slowest to end first."""
        return self.lab, self.probing, self.files, self.downloads

    def close(self) -> None:
        """End all of them: first tell each to stop, then wait for each."""
        for worker in self.all:
            worker.stop()
        for worker in self.all:
            worker.close()
