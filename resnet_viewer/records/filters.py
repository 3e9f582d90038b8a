"""The filters of a convolution, its weights: as they are asked for, and found."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.layers import LayerSpec
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.probe import Array
from resnet_viewer.records.question import Request


@dataclass(frozen=True)
class WeightsOf(Request, newest_only=True):
    """Of low priority: the weights of a layer, by its name. Answered by LayerWeights."""

    network: NetworkSpec
    layer: str


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """What a layer computes with: of a convolution (outputs, inputs / groups, kernel, kernel), read-only."""

    request: WeightsOf
    values: Array
    is_complete: bool = True

    @property
    def nbytes(self) -> int:
        """Memory that it keeps alive, in bytes."""
        return self.values.nbytes


def filter_layer(plan: Blueprint, name: str) -> LayerSpec:
    """The convolution whose filters belong to what `plan.map_names()` lists: the layer itself, the stem's last one, or
    of a block the last one of its residual branch.

    Raises:
        KeyError: it has no feature maps.
    """
    if name == "stem":
        return plan.stem_layers[-1]
    if (layer := plan.layer(name)) is not None:
        return layer
    if (block := plan.block_named(name)) is not None:
        return block.branch_layers[-1]
    raise KeyError(name)


def weights_question(plan: Blueprint, name: str) -> WeightsOf:
    """What to ask for the filters beside these maps; raises as `filter_layer`."""
    return WeightsOf(plan.spec, filter_layer(plan, name).name)
