"""What follows the blocks: pooling over the whole map, and the classifier."""

from __future__ import annotations

from resnet_viewer.records.layers import GlobalPooling, Shape, Steps, linear
from resnet_viewer.records.network import NetworkSpec


def head(spec: NetworkSpec, shape: Shape, ending: Steps = ()) -> Steps:
    """`ending`, global average pooling and one linear layer `fc`; without classes the pooling that is asked for."""
    if spec.has_classifier:
        return (*ending, GlobalPooling("average"), "flatten", linear("fc", shape[0], spec.classes))
    if spec.top_pooling == "none":
        return ending
    return (*ending, GlobalPooling(spec.top_pooling), "flatten")
