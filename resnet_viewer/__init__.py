"""ResNet Viewer: see what residual connections do.

For notebooks: `build`, `load`, `probe`, `explain`, `evaluate`, `study`.

Example:
    >>> import resnet_viewer
    >>> model = resnet_viewer.load("cifar-resnet-56")
    >>> intact = resnet_viewer.probe("horse.png", model)
    >>> severed = resnet_viewer.probe("horse.png", model, cut="all", target=intact.target)
    >>> severed.layers[0].gradient_norm / intact.layers[0].gradient_norm
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnet_viewer.notebook import (
        Evaluation,
        Explanation,
        Model,
        Study,
        UntrainedWarning,
        build,
        evaluate,
        explain,
        load,
        probe,
        study,
    )

__all__ = [
    "Evaluation", "Explanation", "Model", "Study", "UntrainedWarning", "build", "evaluate", "explain", "load", "probe",
    "study",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import torch when one of these is first used, not with the package."""
    if name in __all__:
        from resnet_viewer import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
