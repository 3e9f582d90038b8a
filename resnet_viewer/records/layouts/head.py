"""What follows the blocks: pooling over the whole map, and the classifier."""

from __future__ import annotations

from typing import Literal

from resnet_viewer.records.layers import GlobalPooling, Shape, Steps, linear
from resnet_viewer.records.network import NetworkSpec


def head(spec: NetworkSpec, shape: Shape, ending: Steps = ()) -> Steps:
    """`ending`, global average pooling and one linear layer `fc`; without classes the pooling that is asked for."""
    if spec.has_classifier:
        return (*ending, *pooled("average"), linear("fc", shape[0], spec.classes))
    if spec.top_pooling == "none":
        return ending
    return (*ending, *pooled(spec.top_pooling))


def pooled(kind: Literal["average", "maximum"]) -> Steps:
    """One number for each channel."""
    return GlobalPooling("avgpool" if kind == "average" else "globalmaxpool", kind), "flatten"
