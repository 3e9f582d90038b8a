"""Invented readings for the figures' tests, with single values replaced."""

from dataclasses import replace

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import ProbeResult
from tests.fabricated import scene, trained


def pair(
    name: str = "cifar-resnet-20", *, cut: tuple[int, ...] = (), decades: float = 12.0
) -> tuple[ProbeResult, ProbeResult]:
    """Now and its reference, asked about the same class."""
    invented = scene(spec(name), cut=cut, decades=decades)
    assert invented.now is not None
    assert invented.reference is not None
    return replace(invented.now, target=3), replace(invented.reference, target=3)


def with_norms(result: ProbeResult, norms: dict[int, float]) -> ProbeResult:
    """The reading with other gradient norms, by the layer's place from 0."""
    layers = tuple(
        replace(layer, gradient_norm=norms.get(place, layer.gradient_norm))
        for place, layer in enumerate(result.layers)
    )
    return replace(result, layers=layers)


def with_picture(result: ProbeResult, picture: Picture) -> ProbeResult:
    """The reading of another picture."""
    return replace(result, request=replace(result.request, picture=picture))


def partial(result: ProbeResult) -> ProbeResult:
    """The early reading that holds the logits alone."""
    return replace(result, layers=(), blocks=(), activations={})


def as_trained(result: ProbeResult) -> ProbeResult:
    """The reading as one of weights from a file."""
    state = replace(result.request.state, network=trained(result.request.state.network.name))
    return replace(result, request=replace(result.request, state=state))
