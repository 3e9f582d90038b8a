"""What is drawn of "Layer responses": deviations by layer, in the order of the forward pass and sorted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viewer.charts.study_panel import Colour, LinesPanel, Panel, Scale, Series, hue_of, names
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.studies.responses import deviations, places_of
from resnet_viewer.records.study import StudyResult

_DEVIATION = Scale("standard deviation", least=0.0)


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Two, of all results; plain networks are dashed."""
    named = tuple(zip(results, names(results), strict=True))
    hues = [hue_of(place, name) for place, (_, name) in enumerate(named)]
    both = [_series(result, name, hue) for (result, name), hue in zip(named, hues, strict=True)]
    return (
        LinesPanel(
            "Responses, in the order of the layers",
            Scale("layer", is_whole=True),
            _DEVIATION,
            tuple(in_order for in_order, _ in both),
        ),
        LinesPanel(
            "Responses, sorted by size",
            Scale("layer, by the size of its response", is_whole=True),
            _DEVIATION,
            tuple(by_size for _, by_size in both),
        ),
    )


def _series(result: StudyResult, name: str, hue: Colour) -> tuple[Series, Series]:
    found, state = deviations(result), result.order.state
    plan = blueprint(state.network, state.preprocessing.crop)
    numbers = {place.layer.name: number for number, place in enumerate(places_of(result), 1)}
    is_dashed = not state.network.has_shortcuts
    words = {
        layer: " · ".join(filter(None, (name, plan.describe(layer), f"deviation {value:.3g}")))
        for layer, value in found.items()
    }
    ranked = sorted(found, key=found.__getitem__, reverse=True)
    return (
        Series(
            name,
            np.array([numbers[layer] for layer in found], np.float64),
            np.array([*found.values()], np.float64),
            colour=hue,
            is_dashed=is_dashed,
            words=tuple(words.values()),
        ),
        Series(
            name,
            np.arange(1, len(found) + 1, dtype=np.float64),
            np.array([found[layer] for layer in ranked], np.float64),
            colour=hue,
            is_dashed=is_dashed,
            words=tuple(words[layer] for layer in ranked),
        ),
    )
