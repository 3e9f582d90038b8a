"""What is drawn of "What helps depth": test and training errors by aid and depth, seed for seed, and a table."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viewer.charts.study_panel import Panel, Scale, hue_of, names
from resnet_viewer.charts.study_rows import Rows, dots, table
from resnet_viewer.records.studies.aids import AIDS, TITLES, found, options_of
from resnet_viewer.records.study import StudyResult


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Both errors of all results, and a table of each."""
    depths = sorted({depth for result in results for depth in options_of(result).each_depth})
    keys = [(aid.name, depth) for depth in depths for aid in AIDS]
    titles = [f"{TITLES[name]}, {depth}" if len(depths) > 1 else TITLES[name] for name, depth in keys]
    rows = [
        Rows(name, hue_of(place, name), [*map(found(result).get, keys)])
        for place, (result, name) in enumerate(zip(results, names(results), strict=True))
    ]
    return (
        dots("Test error, each seed", Scale("test error (%)", is_log=True), titles, rows),
        dots(
            "Training error, each seed", Scale("training error (%)", is_log=True), titles, rows, training=True
        ),
        *(table(f"Errors: {one.name}" if one.name else "Errors", titles, one.groups) for one in rows),
    )
