"""What is drawn of "Shortcuts and orders": test errors by kind, seed for seed, and a table beside the paper's."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viewer.charts.study_panel import Panel, Scale, hue_of, names
from resnet_viewer.charts.study_rows import Rows, dots, table
from resnet_viewer.records.studies.merges import KINDS, found, kinds_of, options_of
from resnet_viewer.records.study import StudyResult

_ERROR = Scale("test error (%)", is_log=True)


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """A chart of all results, and a table of each."""
    wanted = {kind.name for result in results for kind in kinds_of(options_of(result))}
    kinds = [kind for kind in KINDS if kind.name in wanted]
    titles = [kind.title for kind in kinds]
    rows = [
        Rows(name, hue_of(place, name), [*map(found(result).get, (kind.name for kind in kinds))])
        for place, (result, name) in enumerate(zip(results, names(results), strict=True))
    ]
    tables = [
        table(
            f"Errors: {one.name}" if one.name else "Errors, and the paper's of ResNet-110 on CIFAR-10",
            titles,
            one.groups,
            [kind.paper for kind in kinds],
        )
        for one in rows
    ]
    return (dots("Test error by kind, each seed", _ERROR, titles, rows), *tables)
