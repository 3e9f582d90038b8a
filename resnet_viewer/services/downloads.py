"""Fetching weights, on a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.requests import DownloadWeights


class DownloadService:
    """Fetches torchvision's weights."""

    def answer(self, request: object) -> Iterator[object]:
        """Yield Progress, then the network with its weights.

        Raises:
            UserError: they did not arrive.
        """
        assert isinstance(request, DownloadWeights)
        from resnet_viewer.core.weights import catalog
        from resnet_viewer.core.weights import sources as weights
        from resnet_viewer.core.weights.opened import described

        spec = request.spec or catalog.spec(request.name)
        refs = [ref for ref in (spec.weights, *weights.available(spec)) if ref.source == "torchvision"]
        if not refs:
            raise UserError(f"torchvision has no weights for {spec.title}; open a weight file instead.")
        yield from weights.download(refs[0], spec)
        yield described(replace(spec, weights=refs[0]))
